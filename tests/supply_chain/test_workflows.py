"""The workflows of GitHub: pinned, with the least permissions, and nothing in them that zizmor knows to be dangerous."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
ZIZMOR = ROOT / ".tools" / "zizmor" / "bin" / "zizmor"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path):
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    for action in used:
        # GitHub's and AWS's own, and nobody else's.
        assert re.fullmatch(r"(actions|aws-actions)/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_one_action_has_one_commit():
    pins = {}
    for path in WORKFLOWS:
        for name, commit in re.findall(r"uses: (\S+)@(\S+)", path.read_text(encoding="utf-8")):
            assert pins.setdefault(name, commit) == commit, name


def test_zizmor_finds_nothing():
    options = ["--offline", "--no-progress", "--persona", "regular"]
    ran = subprocess.run([ZIZMOR, *options, *WORKFLOWS], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def jobs():
    """The jobs of the release, each as it is written."""
    return dict(re.findall(r"^  ([a-z-]+):\n(.*?)(?=^  (?:#|[a-z-]+:\n)|\Z)", RELEASE.split("\njobs:\n")[1], re.M | re.S))


def test_what_may_write_runs_nothing_of_ours():
    assert list(jobs()) == ["function", "files", "release", "application-repository"]
    assert "\npermissions: {}\n" in RELEASE
    for name, job in jobs().items():
        writes = re.findall(r"^      ([a-z-]+): write", job, re.M)
        ours = re.search(r"actions/checkout|python3|\bmake\b|cargo", job) is not None
        assert ours != bool(writes), name
    assert re.findall(r"^      ([a-z-]+): write", jobs()["release"], re.M) == ["contents", "id-token", "attestations"]


def test_nothing_of_the_event_is_pasted_into_a_script():
    for path in WORKFLOWS:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "run:" in line:
                assert not re.search(r"\$\{\{ *(github|vars|inputs|secrets)\.", line), line


@pytest.mark.parametrize(
    "command",
    re.findall(r"run: (python3 -m release \w+)", RELEASE),
)
def test_the_release_knows_what_the_workflow_calls(command):
    python = shutil.which("python3") or "python3"
    ran = subprocess.run(
        [python, *command.split()[1:], "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
