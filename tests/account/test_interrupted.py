"""A walk that is told to end, or that ends by itself, removes what it made."""

import os
import signal
import subprocess
import sys

import pytest

from account import left, world
from account.access import Account
from account.clock import FastClock
from account.run import walk
from account.steps import STEPS
from local_aws import ACCOUNT, REGION

# The first words of the line after which it is told to end.
MOMENTS = {
    "while its own things are made": "\nMaking ",
    "while the stack is made": "  CREATE_IN_PROGRESS           AlarmFunctionRole",
    "while the function sets up the alarm": "  CREATE_IN_PROGRESS           KmsAlarm",
    "while the stack is changed": "  UPDATE_IN_PROGRESS           KmsAlarm",
}


# The walk as a program, by a faster clock.
PROCESS = f"""
import functools, sys
from pathlib import Path
from account.clock import FastClock
from account.run import walk
tell = functools.partial(print, flush=True)
sys.exit(walk("{REGION}", "", True, tell=tell, ask=input, clock=FastClock(), file=Path("/dev/null")))
"""


def walk_until(words, number, file):
    """Walk, and send a signal after the line that begins with these words, and again while everything is removed."""
    lines, sent = [], []

    def tell(line):
        lines.append(line)
        if not sent and line.startswith(words) or sent == [words] and line.endswith(": removed"):
            sent.append(words)
            signal.raise_signal(number)

    arguments = {"region": REGION, "profile": "", "yes": True, "ask": None, "file": file}
    code = walk(**arguments, tell=tell, clock=FastClock(), steps=STEPS[:3])
    assert sent, f"it never told {words!r}"
    return code, lines


def what_is_left():
    account = Account(REGION)
    return left.by_name(account) + left.by_tag(account)


@pytest.mark.parametrize("words", MOMENTS.values(), ids=MOMENTS)
def test_a_signal_ends_it_and_everything_is_removed(aws, tmp_path, words):
    handler = signal.getsignal(signal.SIGINT)
    code, lines = walk_until(words, signal.SIGINT, tmp_path / "report.md")
    assert code == 130
    assert "It was interrupted (SIGINT)." in lines
    # The second one ended nothing.
    assert [line for line in lines if f"kill -9 {os.getpid()}" in line] or not any(each.endswith(": removed") for each in lines)
    assert what_is_left() == []
    assert signal.getsignal(signal.SIGINT) is handler


def test_what_held_before_is_in_the_report(aws, tmp_path):
    report = tmp_path / "report.md"
    walk_until("  two KMS errors", signal.SIGTERM, report)
    text = report.read_text(encoding="utf-8")
    assert "It was interrupted (SIGTERM)." in text
    assert "| It deploys | complete; filter and alarm are the lab's | CREATE_COMPLETE in " in text


def test_a_fault_of_the_walk_ends_it_too(aws, tmp_path, monkeypatch):
    def upload(_world, _version):
        raise KeyError(f"arn:aws:s3::{ACCOUNT}:x")

    monkeypatch.setattr(world.World, "upload", upload)
    lines = []
    arguments = {"region": REGION, "profile": "", "yes": True, "ask": None, "file": tmp_path / "report.md"}
    assert walk(**arguments, tell=lines.append, clock=FastClock(), steps=STEPS[:1]) == 1
    assert any("by a fault of the walk: KeyError('arn:aws:s3::************:x')" in line for line in lines)
    assert ACCOUNT not in "\n".join(lines)
    assert what_is_left() == []


def test_the_process_can_be_ended_like_any_other(aws):
    process = subprocess.Popen([sys.executable, "-c", PROCESS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "CREATE_IN_PROGRESS           DeadLetterQueue" in line:
            process.terminate()
    assert process.wait(60) == 143, "".join(lines)
    assert what_is_left() == []
