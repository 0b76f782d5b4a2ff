"""Runs every test, the Rust ones and the Python ones, and ends with the counts of both."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

SUITES = [
    ["cargo", "test", "--locked", "--no-fail-fast"],
    # What measures the function has tests of its own; optimized, as `make count` and `make bench` build it.
    ["cargo", "test", "--locked", "--release", "--manifest-path", "tests/bench/Cargo.toml", "--target-dir", "target/bench"],
    [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
]


def run(command):
    """Run a suite, showing its output as it comes; returns (passed, failed, lines to repeat)."""
    print(f"$ {' '.join(command)}", flush=True)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = []
    for line in process.stdout:
        print(line, end="", flush=True)
        output.append(line)
    # Both runners close with "N passed" and "N failed" (pytest: "error" for a broken fixture).
    totals = [line for line in output if line.startswith("test result:") or re.match(r"\d+ (passed|failed|error)", line)]
    count = lambda word: sum(int(n) for line in totals for n in re.findall(rf"(\d+) {word}", line))
    passed, failed = count("passed"), count("failed") + count("error")
    # A suite that did not compile or crashed has counted nothing, and has failed.
    failed = failed or int(process.wait() != 0)
    return passed, failed, [line for line in output if line.startswith("matrix: ")]


results = [run(command) for command in SUITES]
print()
for _, _, matrices in results:
    print("".join(matrices), end="")
for command, (passed, failed, _) in zip(SUITES, results):
    name = "cargo test" if command[0] == "cargo" else "pytest"
    print(f"{name}: {passed} passed, {failed} failed")
passed, failed = (sum(result[index] for result in results) for index in (0, 1))
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
