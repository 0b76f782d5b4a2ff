"""The account: its Region, its credentials, its clients; and what a call that was refused means, in words that say what
to do. Nothing is made before all of this is known to be right.
"""

import re

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

SERVICES = (
    "cloudformation", "cloudwatch", "iam", "kms", "lambda", "logs", "resourcegroupstaggingapi", "s3", "sns", "sqs", "sts"
)
# boto3's own word for throttling and lost connections; a walk makes thousands of calls.
CONFIG = Config(retries={"mode": "standard", "max_attempts": 8}, connect_timeout=10, read_timeout=70)
# For the first call, which tells whether there is anything to talk to.
IMPATIENT = Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=10, read_timeout=20)
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403")
TAKEN = ("BucketAlreadyExists", "BucketAlreadyOwnedByYou", "EntityAlreadyExists", "ResourceAlreadyExistsException")
BAD_CREDENTIALS = ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId")


class Refused(Exception):
    """What cannot be done, and why, for the one who started it."""


class Account:
    """The account that the credentials belong to, in a Region. `account.sns` and the like are its clients."""

    def __init__(self, region, profile=None):
        if not region:
            raise Refused("REGION is missing: make account REGION=eu-central-1 [PROFILE=...]")
        try:
            session = boto3.Session(profile_name=profile or None, region_name=region)
        except ProfileNotFound:
            known = ", ".join(boto3.Session().available_profiles) or "none"
            raise Refused(f'PROFILE: there is no profile "{profile}"; there are: {known}') from None
        check_region(session, region)
        self.session, self.region, self.profile = session, region, profile
        try:
            sts = session.client("sts", config=IMPATIENT)
            identity = sts.get_caller_identity()
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise Refused(f"there are no credentials: {error}; give PROFILE=..., or log in first") from None
        except (ClientError, BotoCoreError) as error:
            raise Refused(self.words(error)) from None
        self.number = identity["Account"]
        self.partition = identity["Arn"].split(":")[1]
        self.endpoint = sts.meta.endpoint_url

    def __getattr__(self, service):
        """A client, made when it is first used."""
        if service not in SERVICES:
            raise AttributeError(service)
        client = self.session.client(service, config=CONFIG)
        setattr(self, service, client)
        return client

    @property
    def is_real(self):
        """Whether the calls go to AWS, and not to what AWS_ENDPOINT_URL names."""
        host = self.endpoint.split("/")[2].split(":")[0]
        return not re.fullmatch(r"localhost|127\..*|\[.*", host)

    def arn(self, service, resource):
        """The ARN of something in this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.number}:{resource}"

    def words(self, error):
        """An error of boto3 as a sentence for the one who started it."""
        if isinstance(error, EndpointConnectionError):
            return f"{error} Is there a way to the network, and is {self.region} a Region of this partition?"
        if not isinstance(error, ClientError):
            return f"{type(error).__name__}: {error}"
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if is_denied(error):
            return f"the credentials lack the permission {self.action(error)}: {message}"
        if code in BAD_CREDENTIALS:
            return f"the credentials are not valid in {self.region}: {message} ({code}). Is that Region enabled?"
        if is_expired(error):
            return f"the credentials have expired: {message} ({code})"
        if code in TAKEN:
            return f"the name is taken: {message} ({self.action(error)})"
        return f"{self.action(error)}: {code}: {message}"

    def action(self, error):
        """The IAM action of the call that failed."""
        named = re.search(r"not authorized to perform: ([\w-]+:\w+)", str(error))
        if named:
            return named[1]
        for service in SERVICES:
            model = self.__dict__.get(service)
            if model and error.operation_name in model.meta.service_model.operation_names:
                name = model.meta.service_model.signing_name
                return f"{'cloudwatch' if name == 'monitoring' else name}:{error.operation_name}"
        return error.operation_name


def check_region(session, region):
    """Hold that botocore knows the Region, in whichever partition."""
    known = {
        each
        for partition in session.get_available_partitions()
        for each in session.get_available_regions("cloudformation", partition)
    }
    if region not in known:
        near = sorted(each for each in known if each.split("-")[0] == region.split("-")[0])
        raise Refused(f'REGION: there is no Region "{region}"; there are: {", ".join(near or sorted(known))}')


def is_expired(error):
    """Whether a call failed because the credentials were good for a while only."""
    if not isinstance(error, ClientError):
        return type(error).__name__ in ("TokenRetrievalError", "UnauthorizedSSOTokenError", "SSOTokenLoadError")
    return error.response["Error"]["Code"] in ("ExpiredToken", "ExpiredTokenException", "RequestExpired")


def is_denied(error):
    """Whether a call failed for want of a permission."""
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in DENIED
