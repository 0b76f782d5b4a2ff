"""CloudFormation's custom resources: the request, the ResponseURL, and the answer's rules.

ministack invokes the function synchronously, takes any answer at its ResponseURL and sends no
Delete after a failed Create. Here the function is invoked as CloudFormation does,
asynchronously, and the ResponseURL is as strict as the presigned S3 URL that AWS hands out:
PUT only, path and query byte for byte as given (the path has escaped characters), no
Content-Type, a Content-Length. What CloudFormation then refuses, it refuses: more than 4,096
bytes, ids that are not the request's, a missing PhysicalResourceId, FAILED without a Reason.
A failed Create is followed by a Delete, with the answered id or one made up. A second answer
gets a 403: S3 would take it and CloudFormation ignore it, but it is a bug of the function.

Texts of refusals that AWS does not document are our own.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
"""

import json
import logging
import os
import secrets
import threading
import time
import urllib.parse

from ministack.core.responses import get_region, new_uuid
from ministack.services.cloudformation import custom_resource, handlers, stacks

from . import asynchronous
from .patch import around

log = logging.getLogger("local_aws.custom_resource")

PATH = "/cloudformation-custom-resource-response-"
MAX_BYTES = 4096
_ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
_waiting = {}
_failed_creates = {}
_refused_updates = set()


class _Waiting:
    """One request's ResponseURL, until it is answered."""

    def __init__(self, url):
        self.url = url
        self.answered = threading.Event()
        self.body = b""


def receive(method, raw_url, headers, body):
    """A request to a ResponseURL: HTTP status, error code."""
    waiting = _waiting.get(raw_url)
    if method != "PUT" or waiting is None or headers.get("content-type"):
        return 403, "SignatureDoesNotMatch"
    if "transfer-encoding" in headers:
        return 501, "NotImplemented"
    if "content-length" not in headers:
        return 411, "MissingContentLength"
    if waiting.answered.is_set():
        return 403, "AlreadyAnswered"
    waiting.body = body
    waiting.answered.set()
    return 200, None


@around(custom_resource, "invoke_custom_resource")
def _invoke(
    _original,
    request_type,
    logical_id,
    properties,
    stack_name,
    stack_id,
    resource_type,
    physical_id=None,
    old_props=None,
):
    if old_props is not None and old_props.get("ServiceToken") != properties.get("ServiceToken"):
        if (stack_id, logical_id) in _refused_updates:  # its rollback: nothing was changed
            _refused_updates.remove((stack_id, logical_id))
            return physical_id, {}
        _refused_updates.add((stack_id, logical_id))
        raise RuntimeError("Modifying service token is not allowed.")
    request = {
        "RequestType": request_type,
        "ServiceToken": properties.get("ServiceToken", ""),
        "RequestId": new_uuid(),
        "StackId": stack_id,
        "LogicalResourceId": logical_id,
        "ResourceType": resource_type,
        "ResourceProperties": custom_resource._normalise_resource_properties(properties),
    }
    if physical_id is not None:
        request["PhysicalResourceId"] = physical_id
    if old_props is not None:
        request["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)
    answer = {}
    try:
        answer = _ask(request, float(properties.get("ServiceTimeout", 3600)))
        _check(answer, request)
    except Exception:
        if request_type == "Create":
            made_up = f"{stack_name}-{logical_id}-{secrets.token_hex(6).upper()}"
            given = answer.get("PhysicalResourceId")
            given = given if isinstance(given, str) and given else made_up
            _failed_creates[stack_id, logical_id] = {
                "PhysicalResourceId": given,
                "ResourceType": resource_type,
                "LogicalResourceId": logical_id,
                "Properties": properties,
            }
        raise
    return answer["PhysicalResourceId"], answer.get("Data") or {}


def _ask(request, timeout):
    identity = urllib.parse.quote(
        "|".join((request["StackId"], request["LogicalResourceId"], request["RequestId"])), safe="/"
    )
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": "7200",
        "X-Amz-Credential": f"LOCAL/{time.strftime('%Y%m%d', time.gmtime())}/{get_region()}/s3/aws4_request",
        "X-Amz-Signature": secrets.token_hex(32),
    }
    url = f"{PATH}{get_region().replace('-', '')}/{identity}?{urllib.parse.urlencode(query)}"
    waiting = _waiting[url] = _Waiting(url)
    asynchronous.invoke(request["ServiceToken"], {**request, "ResponseURL": _ENDPOINT + url})
    if not waiting.answered.wait(timeout):
        raise TimeoutError(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
            f"requestId [{request['RequestId']}]."
        )
    if len(waiting.body) > MAX_BYTES:
        raise RuntimeError("Response object is too long.")
    try:
        answer = json.loads(waiting.body)
    except ValueError as error:
        raise RuntimeError(f"Invalid response object: not JSON: {error}") from error
    if not isinstance(answer, dict):
        raise RuntimeError("Invalid response object: not a JSON object")
    return answer


def _check(answer, request):
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != request[name]:
            raise RuntimeError(f"Invalid response object: {name} must be the request's")
    if answer.get("Status") not in ("SUCCESS", "FAILED"):
        raise RuntimeError("Invalid response object: Status must be SUCCESS or FAILED")
    physical_id = answer.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not 0 < len(physical_id.encode()) <= 1024:
        raise RuntimeError("Invalid PhysicalResourceId")
    if not isinstance(answer.get("Data") or {}, dict):
        raise RuntimeError("Invalid response object: Data must be an object")
    if answer["Status"] == "FAILED":
        if not answer.get("Reason"):
            raise RuntimeError("Invalid response object: FAILED needs a Reason")
        raise RuntimeError(
            f"Received response status [FAILED] from custom resource. Message returned: {answer['Reason']} "
            f"(RequestId: {request['RequestId']})"
        )


@around(stacks, "_roll_back_operation")
async def _roll_back_operation(original, stack_name, stack_id, stack, operation, *args, **kwargs):
    logical_id = operation.get("failed_logical_id")
    failed = _failed_creates.pop((stack_id, logical_id), None)
    if failed:
        stack.setdefault("_resources", {})[logical_id] = failed
        operation["created"].append(logical_id)  # so it is the first to be deleted
    await original(stack_name, stack_id, stack, operation, *args, **kwargs)


handlers._roll_back_operation = stacks._roll_back_operation  # imported by name there
