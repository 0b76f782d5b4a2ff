"""What it takes to run the function for arm64 on another processor: qemu runs the program, and the tests run around it."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = "aarch64-unknown-linux-gnu"
LINKER = "aarch64-linux-gnu-gcc"
QEMU = "qemu-aarch64"
# Where Debian's cross compiler has the libraries that the program loads.
LIBRARIES = Path("/usr/aarch64-linux-gnu")

BUILD = ["cargo", "build", "--locked", "--release", "--target", TARGET, "--target-dir", "target"]
VARIABLES = {"CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER": LINKER}


def missing():
    """What is missing here, each with how to install it; nothing if all is there."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    there = {
        f"Rust's library for {TARGET}: rustup target add {TARGET}": (
            Path(sysroot) / "lib" / "rustlib" / TARGET / "lib"
        ).is_dir(),
        f"the linker {LINKER}: apt-get install gcc-aarch64-linux-gnu": shutil.which(LINKER),
        f"the libraries in {LIBRARIES}: apt-get install libc6-dev-arm64-cross": LIBRARIES.is_dir(),
        f"the emulator {QEMU}: apt-get install qemu-user": qemu(),
    }
    return [what for what, is_there in there.items() if not is_there]


def qemu():
    """The emulator; Debian's statically linked one has a name of its own."""
    return shutil.which(QEMU) or shutil.which(f"{QEMU}-static")


def started_by_qemu():
    """A program that runs the function under qemu, to be used as the function."""
    script = ROOT / "target" / "tests" / "bootstrap-arm64"
    function = ROOT / "target" / TARGET / "release" / "bootstrap"
    script.write_text(f'#!/bin/sh\nexec {qemu()} -L {LIBRARIES} {function} "$@"\n', encoding="utf-8")
    os.chmod(script, 0o755)
    return script
