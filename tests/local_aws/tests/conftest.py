"""One server for all tests, policies enforced; what a test makes has the test's name."""

import io
import itertools
import json
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import boto3
import cbor2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_aws import LocalAws

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def aws(tmp_path_factory):
    """The server."""
    with LocalAws(tmp_path_factory.mktemp("aws"), auth=True) as server:
        yield server


@pytest.fixture(scope="session")
def client(aws):
    """`client("sns")`: a client with the account's own key."""
    clients = {}
    return lambda service: clients.setdefault(service, boto3.client(service, **aws.client()))


@pytest.fixture
def name(request):
    """A name for what this test makes."""
    words = request.node.originalname.replace("_", "-").removeprefix("test-")
    return f"{words[:50]}-{next(_NUMBERS)}"


def eventually(probe, seconds=10):
    """What a probe gives once it gives something; other threads need a moment."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)
    return found


def code():
    """bootstrap.py as a deployment package."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(
            entry, f"#!{sys.executable}\n" + (Path(__file__).parent / "bootstrap.py").read_text()
        )
    return package.getvalue()


class Function:
    """A function in the local AWS."""

    def __init__(self, client, name, statements=(), may_log=True, **settings):
        self._client = client
        self.name = name
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
        role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document([trust]))["Role"]
        if may_log:
            statements = [*statements, {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]
        if statements:
            client("iam").put_role_policy(
                RoleName=name, PolicyName="all", PolicyDocument=document(statements)
            )
        self.arn = client("lambda").create_function(
            FunctionName=name,
            Role=role["Arn"],
            Runtime="provided.al2023",
            Handler="bootstrap",
            Code={"ZipFile": code()},
            **settings,
        )["FunctionArn"]

    def events(self, count):
        """The events that it was invoked with, retries included, in order, once there are so many:
        its lines appear when an invocation ends, which is after the answer that a stack waits for
        and may be after the next has ended.
        """

        def logged():
            lines = [line.split(" ", 2) for line in self.lines() if line.startswith("event ")]
            lines.sort(key=lambda line: int(line[1]))
            return len(lines) >= count and [json.loads(text) for _, _, text in lines]

        return eventually(logged)

    def lines(self):
        """What it printed."""
        logs = self._client("logs")
        group = f"/aws/lambda/{self.name}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    def listen(self, topic):
        """Subscribe it to a topic and let the topic in."""
        self._client("lambda").add_permission(
            FunctionName=self.name,
            StatementId="topic",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
        self._client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=self.arn)


def document(statements):
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Cbor:
    """CloudWatch over CBOR, the protocol of the SDKs that are not boto3."""

    def __init__(self, aws, **key):
        self._url = f"{aws.endpoint}/service/GraniteServiceVersion20100801/operation/"
        arguments = aws.client(**key)
        credentials = Credentials(arguments["aws_access_key_id"], arguments["aws_secret_access_key"])
        self._signer = SigV4Auth(credentials, "monitoring", aws.region)

    def call(self, operation, **request):
        headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
        signed = AWSRequest("POST", self._url + operation, headers, cbor2.dumps(request))
        self._signer.add_auth(signed)
        sent = urllib.request.Request(signed.url, signed.data, dict(signed.headers), method="POST")
        try:
            with urllib.request.urlopen(sent) as answer:
                return answer.status, cbor2.loads(answer.read())
        except urllib.error.HTTPError as error:
            body = error.read()
            # A refusal comes from ministack's front door, which knows no CBOR.
            return error.code, body if error.code == 403 else cbor2.loads(body)
