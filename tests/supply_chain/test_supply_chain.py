"""What the build takes from elsewhere: pinned, of known origin, under licences that allow it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The user's own, or what `make deny` installs.
CARGO_DENY = shutil.which("cargo-deny") or shutil.which(ROOT / ".tools" / "bin" / "cargo-deny")


@pytest.mark.skipif(not CARGO_DENY, reason="cargo-deny is not installed; `make deny` installs it and checks the same")
@pytest.mark.parametrize("check", ["bans", "licenses", "sources"])
def test_every_crate_of_the_binary_passes(check):
    ran = subprocess.run(
        [CARGO_DENY, "--locked", "--color", "never", "check", check], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr[-4000:]


def test_every_crate_comes_from_the_registry_with_its_checksum():
    for lock in ("Cargo.lock", "fuzz/Cargo.lock", "tests/bench/Cargo.lock"):
        packages = (ROOT / lock).read_text(encoding="utf-8").split("[[package]]")[1:]
        assert packages
        for package in packages:
            name = re.search(r'^name = "(.+)"$', package, re.M)[1]
            if name not in ("kms-alarm", "fuzz", "bench", "stand-ins"):
                assert 'source = "registry+' in package and 'checksum = "' in package, f"{lock}: {name}"


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("requirements", 10),
        ("requirements-aws", 5),
        ("requirements-bench", 5),
        ("requirements-checkov", 10),
        ("requirements-pip", 0),
        ("requirements-sam", 10),
        ("requirements-zizmor", 0),
    ],
)
def test_every_python_package_is_pinned_with_its_hash(name, least):
    text = (ROOT / "tests" / f"{name}.txt").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    requirements = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert len(requirements) > least
    for requirement in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+( ;.*)? +--hash=sha256:[0-9a-f]{64}", requirement), requirement
    asked = (ROOT / "tests" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    assert all("==" in line for line in asked if line and not line.startswith("#"))
    assert "--require-hashes" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_node_package_is_pinned_with_its_hash():
    lock = json.loads((ROOT / "tests/bench/peers/package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) > 10
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert "npm --prefix tests/bench/peers ci " in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_build_is_locked():
    for name in ("Makefile", "tests/run.py"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if re.search(r'(^|[\s@])cargo (build|test|clippy|run|install)\b|"cargo", "', line):
                assert "--locked" in line, line


def test_nothing_of_ours_runs_while_it_is_built():
    assert not list(ROOT.glob("build.rs")) + list((ROOT / "src").glob("**/build.rs"))
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert not re.search(r"^build\b|^links\b|proc-macro = true|\[build-dependencies\]|\bgit = ", manifest, re.M)
