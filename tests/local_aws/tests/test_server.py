"""The process: it says when it is ready, and leaves nothing behind."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3

from local_aws import LocalAws

from .conftest import Function, eventually

TESTS = Path(__file__).parents[2]


def is_running(process_id):
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(process_id):
    """Process ids whose parent is this one."""
    stats = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stats.append((int(path.parent.name), int(path.read_text().rpartition(")")[2].split()[1])))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [child for child, parent in stats if parent == process_id]


def test_cloudwatch_and_sam_have_what_they_need():
    assert importlib.util.find_spec("cbor2")
    assert importlib.util.find_spec("samtranslator")


def test_stopping_ends_the_functions_too(tmp_path):
    busy = tmp_path / "busy"
    with LocalAws(tmp_path / "data") as aws:
        function = Function(lambda service: boto3.client(service, **aws.client()), "f")
        payload = json.dumps({"please hang": str(busy)})
        boto3.client("lambda", **aws.client()).invoke(
            FunctionName=function.name, InvocationType="Event", Payload=payload
        )
        eventually(busy.exists)
        server = aws._process.pid
        (worker,) = children(server)
    assert not is_running(server)
    eventually(lambda: not is_running(worker), seconds=2)


def test_it_prints_one_line_and_ends_when_its_parent_has_gone(tmp_path):
    command = f'"{sys.executable}" -m local_aws --data "{tmp_path}" & echo $!; read line'
    shell = subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    server = int(shell.stdout.readline())
    try:
        assert shell.stdout.readline().startswith("ready http://127.0.0.1:")
        assert is_running(server)
        shell.stdin.close()
        shell.wait()
        eventually(lambda: not is_running(server))
        assert shell.stdout.read() == ""
    finally:
        if is_running(server):
            os.kill(server, signal.SIGKILL)
        shell.stdout.close()


def test_the_region_can_be_another_for_the_links_in_mails_too(tmp_path):
    with LocalAws(tmp_path, region="eu-west-1") as aws:
        sns = boto3.client("sns", **aws.client())
        topic = sns.create_topic(Name="t")["TopicArn"]
        assert topic == "arn:aws:sns:eu-west-1:111122223333:t"
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        sns.publish(TopicArn=topic, Message="too early")
        (mail,) = aws.mails("a@example.com")
        (link,) = re.findall(r"http://\S+", mail["body"])
        urllib.request.urlopen(link).close()
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
        assert (attributes["SubscriptionsConfirmed"], attributes["SubscriptionsPending"]) == ("1", "0")


def test_a_port_that_is_taken_is_reported(aws, tmp_path):
    port = aws.endpoint.rpartition(":")[2]
    command = [sys.executable, "-m", "local_aws", "--data", str(tmp_path), "--port", port]
    answer = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(TESTS)}
    )
    assert answer.returncode != 0
    assert (answer.stdout, "in use" in answer.stderr) == ("", True)
