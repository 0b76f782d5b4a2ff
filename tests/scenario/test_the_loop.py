"""CONTRIBUTING's loop: the function under `cargo lambda watch`, against a local AWS, given an event from a file."""

import os
import shlex
import signal
import socket
import subprocess

import pytest

from local_aws import LocalAws
from scenario import sam
from scenario.steps import DEPLOYED
from scenario.world import ROOT, World

WATCH = "cargo lambda watch --invoke-address 127.0.0.1"
INVOKE = "cargo lambda invoke --invoke-address 127.0.0.1 --data-file events/sns-alarm.json"


@pytest.fixture
def world(tmp_path):
    with LocalAws(data=tmp_path, auth=True) as aws:
        world = World(aws)
        for step in DEPLOYED:
            step.run(world)
        yield world


def free_port():
    """A port for the papers' 9000, which may be taken here."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def test_an_event_from_a_file_becomes_a_mail(world):
    port = ["--invoke-port", free_port()]
    environment = {**os.environ, **world.aws.environment(), "PATH": sam.path()}
    environment["TOPIC_ARN"] = world.stack_outputs["TopicArn"]
    watch = subprocess.Popen(
        [*shlex.split(WATCH), *port],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        # The first event starts the build.
        def invoked():
            ran = subprocess.run(
                [*shlex.split(INVOKE), *port], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
            )
            return ran.returncode == 0 and "error" not in ran.stdout.lower() or None

        world.wait("the function answers", invoked, 600)
        [mail, *_] = world.wait("the mail comes", world.alerts)
        assert "pattern1-logging-alarm" in mail["body"]
    finally:
        os.killpg(watch.pid, signal.SIGTERM)
        watch.wait(30)
