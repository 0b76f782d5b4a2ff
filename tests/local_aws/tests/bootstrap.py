"""A Lambda function for these tests: speaks the Runtime API and does what the event asks.

Each event is printed with its time, so a test finds it in the function's log group. An event that contains
`please fail` fails; `{"please hang": FILE}` makes the file and hangs; what stands under `print` is printed. A custom resource is
answered well, or as its property `How` says.
"""

import http.client
import json
import os
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def answer(event):
    """Answer CloudFormation; one deviation at a time."""
    how = event["ResourceProperties"].get("How", "well")
    if event["RequestType"] == "Delete":
        how = "well"
    if how == "failed when updated":
        how = "well" if event["RequestType"] == "Create" else "failed"
    body = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body["Status"] = "SUCCESS"
    body["PhysicalResourceId"] = event["ResourceProperties"].get("Id", "thing")
    body["Data"] = {"Number": 7, "Text": event["ResourceProperties"].get("Text", "")}
    headers, method, times = {"Content-Type": ""}, "PUT", 1
    if how == "failed":
        body.update(Status="FAILED", Reason="no luck")
    elif how == "failed without a reason":
        body.update(Status="FAILED")
    elif how == "too long":
        body["Data"]["Text"] = "x" * 4096
    elif how == "wrong request":
        body["RequestId"] = "another"
    elif how == "no physical id":
        del body["PhysicalResourceId"]
    elif how == "typed":
        headers["Content-Type"] = "application/json"
    elif how == "posted":
        method = "POST"
    elif how == "twice":
        times = 2
    url = urllib.parse.urlsplit(event["ResponseURL"])
    target = f"{url.path}?{url.query}"
    if how == "decoded":
        target = f"{urllib.parse.unquote(url.path)}?{url.query}"
    elif how == "without the query":
        target = url.path
    data = json.dumps(body).encode()
    for _ in range(times):
        connection = http.client.HTTPConnection(url.netloc)
        if how == "chunked":
            connection.request(method, target, iter([data]), headers, encode_chunked=True)
        else:
            connection.request(method, target, data, headers)
        print("answered", connection.getresponse().status)


def handle(event):
    """One invocation."""
    text = json.dumps(event)
    print("event", time.time_ns(), text)
    if "please fail" in text:
        raise RuntimeError("as asked")
    if "print" in event:
        print(json.dumps(event["print"]))
    if "please hang" in event:
        Path(event["please hang"]).touch()
        threading.Event().wait(60)
    if "RequestType" in event:
        answer(event)


while True:
    with urllib.request.urlopen(f"{API}/next") as invocation:
        request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.load(invocation)
    outcome, result = "response", {"done": True}
    try:
        handle(event)
    except Exception as error:
        outcome, result = "error", {"errorMessage": str(error), "errorType": type(error).__name__}
    print(end="", flush=True)
    urllib.request.urlopen(f"{API}/{request_id}/{outcome}", json.dumps(result).encode()).close()
