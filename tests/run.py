"""Runs every test, the Rust ones and the Python ones, and ends with the counts of both.

Compiling fills the processors, and a scenario mostly waits. So the work is cut into pieces that run side by side: the
function is built as SAM builds it while the Rust tests are compiled and run, and each scenario starts once what it needs
is there, in a process and on a local AWS of its own. What a piece writes is in target/tests, and is shown when it fails.
"""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import arm64

ROOT = Path(__file__).parents[1]
OUT = ROOT / "target" / "tests"
FUNCTION = OUT / "bootstrap"
# What the scenarios run; and the settings of the make that called us are not for those that are called here.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
ENVIRONMENT["BOOTSTRAP"] = str(FUNCTION)

# How many run at once of those that compile, and of the others.
AT_ONCE = {True: 2, False: 3}
# What compiles gives way to what waits for seconds only; and most wait for the function.
COMPILES, COMPILES_FIRST = 19, 15


@dataclass
class Piece:
    """One command. It belongs to a suite, unless it has no tests and others need it."""

    name: str
    command: list
    suite: str = None
    after: list = field(default_factory=list)
    nice: int = 0
    variables: dict = field(default_factory=dict)
    process: subprocess.Popen = None
    begun: float = 0
    written: str = ""
    failure: str = ""
    counts: dict = field(default_factory=lambda: {"passed": 0, "failed": 0, "skipped": 0})

    def start(self):
        """Start the command."""
        command = ["nice", "-n", str(self.nice), *self.command]
        with self.file().open("wb") as file:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=ENVIRONMENT | self.variables,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self.begun = time.monotonic()

    def file(self):
        """Where what it writes is kept."""
        return OUT / f"{re.sub(r'[^A-Za-z0-9_]+', '-', self.name)}.txt"

    def close(self, failure=""):
        """Count its tests, when it has ended or cannot be started."""
        if self.process:
            self.written = self.file().read_text(encoding="utf-8", errors="replace")
            failure = f"exit code {self.process.returncode}" if self.process.returncode else ""
        # Both runners close with "N passed" and "N failed" (pytest: "error" for a broken fixture).
        for line in self.written.splitlines():
            if line.startswith("test result:") or re.match(r"\d+ (passed|failed|skipped|error)", line):
                for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", line):
                    self.counts["failed" if word == "error" else word] += int(number)
        # What did not compile or crashed has counted nothing, and has failed.
        self.counts["failed"] = self.counts["failed"] or int(bool(failure))
        self.failure = failure or (self.counts["failed"] and "tests failed") or ""


def plan():
    """All the pieces, in the order in which they start when they can."""
    venv = Piece("the tests' Python", ["make", ".venv/installed"])
    checkov, aws, zizmor = (
        Piece(name, ["make", f".tools/{name}/installed"], after=[venv]) for name in ("checkov", "aws", "zizmor")
    )
    command = ["make", str(FUNCTION.relative_to(ROOT))]
    function = Piece("the function, as SAM builds it", command, after=[venv], nice=COMPILES_FIRST)
    rust = cargo_test("cargo test", "--no-fail-fast")
    # What `cargo run` and `cargo lambda watch` start.
    unoptimized = Piece("the function, unoptimized", ["cargo", "build", "--locked"], after=[rust], nice=COMPILES)
    # What measures the function has tests of its own.
    bench = cargo_test("cargo test of the bench", "--manifest-path", "tests/bench/Cargo.toml", "--target-dir", "target")
    bench.after = [unoptimized]
    # Compiles everything once more, unless the sources are those of the last time.
    elsewhere = pytest("tests/release/test_reproducible.py", function)
    elsewhere.nice = COMPILES
    special = [
        pytest("tests/scenario/test_sam.py", function),
        pytest("tests/scenario/test_release.py", function, aws),
        elsewhere,
        pytest("tests/account/test_walk.py", function),
        pytest("tests/scenario/test_the_loop.py", function, unoptimized),
        pytest("tests/papers", function, unoptimized),
        pytest("tests/template", checkov),
        pytest("tests/local_aws/tests", venv),
        pytest("tests/supply_chain", zizmor),
        pytest("tests/release/test_refused.py", venv),
        pytest("tests/alert", venv),
    ]
    known = {piece.name for piece in special}
    others = [pytest(name, function) for name in scenarios() if name not in known]
    pieces = [venv, checkov, aws, zizmor, function, rust, unoptimized, bench, *special, *others]
    return pieces + (on_arm64(venv) if os.environ.get("ARM64") else [])


def on_arm64(venv):
    """The demo's story with the function for arm64, under qemu."""
    function = Piece("the function for arm64", arm64.BUILD, nice=COMPILES, variables=arm64.VARIABLES)
    story = pytest("tests/scenario/test_end_to_end.py", venv, function)
    story.name, story.variables = "tests/scenario/test_end_to_end.py on arm64", {"BOOTSTRAP": str(arm64.started_by_qemu())}
    return [function, story]


def cargo_test(name, *options):
    """The tests of a crate, a suite of their own."""
    return Piece(name, ["cargo", "test", "--locked", *options], name, nice=COMPILES)


def pytest(name, *after):
    """The tests of a file or folder, in a process of their own."""
    command = [".venv/bin/python", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", name]
    return Piece(name, command, "pytest", list(after))


def scenarios():
    """Each file of tests/account, tests/release and tests/scenario, and each other folder that has tests."""
    files = (ROOT / "tests").rglob("test_*.py")
    places = {file if file.parent.name in ("account", "release", "scenario") else file.parent for file in files}
    return sorted(str(place.relative_to(ROOT)) for place in places)


def run(pieces):
    """Run them all side by side, saying which of how many has ended."""
    waiting, running, ended = list(pieces), [], []
    while len(ended) < len(pieces):
        for piece in list(waiting):
            missing = [each.name for each in piece.after if each in ended and each.failure and not each.suite]
            if missing:
                waiting.remove(piece)
                piece.close(f"not run, because this failed: {', '.join(missing)}")
                ended.append(piece)
                tell(piece, len(ended), len(pieces))
            elif all(each in ended for each in piece.after) and room(piece, running):
                waiting.remove(piece)
                piece.start()
                running.append(piece)
                print(f"            {piece.name} ...", flush=True)
        for piece in [each for each in running if each.process.poll() is not None]:
            running.remove(piece)
            piece.close()
            ended.append(piece)
            tell(piece, len(ended), len(pieces))
        time.sleep(0.1)


def room(piece, running):
    """Whether one more of its kind can run."""
    compiles = bool(piece.nice)
    return sum(bool(each.nice) == compiles for each in running) < AT_ONCE[compiles]


def tell(piece, number, total):
    """Say how a piece ended, after all that it wrote when it failed."""
    if piece.failure:
        print(f"\n{piece.written}\n{piece.name}: {piece.failure}\n")
    seconds = f"{time.monotonic() - piece.begun:.0f} s" if piece.process else "0 s"
    ending = counted([piece]) if piece.suite else "failed" if piece.failure else "there"
    print(f"[{number:2} of {total}]  {piece.name}: {ending}, {seconds}", flush=True)


def counted(pieces):
    """The counts of some pieces together."""
    passed, failed, skipped = (sum(each.counts[what] for each in pieces) for what in ("passed", "failed", "skipped"))
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def main():
    """Run everything; repeat what is not to be overlooked; end with the counts."""
    OUT.mkdir(parents=True, exist_ok=True)
    if os.environ.get("ARM64") and (missing := arm64.missing()):
        sys.exit("ARM64=1: no test was run, because this is missing:\n" + "\n".join(f"  {each}" for each in missing))
    pieces = plan()
    run(pieces)
    print()
    for line in [line for piece in pieces for line in piece.written.splitlines()]:
        if line.startswith(("matrix: ", "model: ", "SKIPPED ")):
            print(line)
    for piece in [each for each in pieces if each.failure]:
        print(f"FAILED {piece.name}: {piece.failure}")
    for suite in dict.fromkeys(piece.suite for piece in pieces if piece.suite):
        print(f"{suite}: {counted([piece for piece in pieces if piece.suite == suite])}")
    print(counted(pieces))
    sys.exit(any(piece.failure for piece in pieces))


if __name__ == "__main__":
    main()
