"""Compiles the function so that every machine makes the same bytes.

The compiler, cargo-lambda and zig, which links, are pinned. Panics name the source files that they come from: folders of
this machine are replaced by fixed names, wherever the sources, Cargo and what it builds are.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from . import ROOT, Refused

TARGETS = {"x86_64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}

# All that the compiler reads. The last two because Cargo wants every package and target of the manifest.
INPUTS = ("Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "src", "tests/stand_ins", "tests/it")


def version():
    """The version, from the only place where it is written."""
    return tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]["version"]


def toolchain():
    """The compiler that is pinned."""
    return tomllib.loads((ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]


def said(*command, root=ROOT):
    """What a command prints."""
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except FileNotFoundError as error:
        raise Refused(f"{command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise Refused(f"{' '.join(command)}: {error.stderr.strip()}") from error


def targets():
    """Each of Lambda's processors, and whether its standard library is installed."""
    sysroot = Path(said("rustc", "--print", "sysroot"))
    return {name: (sysroot / "lib" / "rustlib" / target).is_dir() for name, target in TARGETS.items()}


def flags(root=ROOT, environment=os.environ):
    """RUSTFLAGS for these folders."""
    home = environment.get("CARGO_HOME") or Path(environment["HOME"]) / ".cargo"
    names = {str(home): "/cargo", str(root): "/kms-alarm"}
    built = environment.get("CARGO_TARGET_DIR")
    if built:
        names[built] = "/kms-alarm/target"
    for folder in names:
        if re.search(r"[\s=]", folder):
            raise Refused(f"{folder}: RUSTFLAGS takes no folder with a space or = in its name")
    return " ".join(f"--remap-path-prefix={folder}={name}" for folder, name in names.items())


def tools():
    """What makes the bytes, by name: the number of each. cargo-lambda finds zig through the first python3 on PATH."""
    return {
        "rustc": said("rustc", "--version").split()[1],
        "cargo-lambda": said("cargo-lambda", "lambda", "--version").split()[1],
        "ziglang": said("python3", "-m", "ziglang", "version"),
    }


def pinned_tools():
    """The same, refused unless it is what is pinned."""
    pins = re.findall(r"^(cargo-lambda|ziglang)==(\S+)", (ROOT / "tests/requirements-sam.txt").read_text(), re.MULTILINE)
    found = tools()
    for name, number in {"rustc": toolchain(), **dict(pins)}.items():
        if found[name] != number:
            raise Refused(f"{name} {found[name]} is first on PATH; a release is built with {number}")
    return ", ".join(f"{name} {number}" for name, number in found.items())


def build(architecture, root=ROOT, environment=os.environ):
    """Compile; return where the function is, until the next is compiled."""
    if not targets()[architecture]:
        raise Refused(f"to build for {architecture}: rustup target add {TARGETS[architecture]}")
    command = ["cargo", "lambda", "build", "--locked", "--release", "--bin", "bootstrap"]
    command.append("--arm64" if architecture == "arm64" else "--x86-64")
    folder = Path(environment.get("CARGO_TARGET_DIR") or root / "target")
    environment = {**environment, "CARGO_TARGET_DIR": str(folder), "RUSTFLAGS": flags(root, environment)}
    # Cargo would take these instead.
    environment.pop("CARGO_ENCODED_RUSTFLAGS", None)
    if subprocess.run(command, cwd=root, env=environment, check=False).returncode:
        raise Refused(f"the function does not build for {architecture}")
    # Where cargo-lambda puts it, whatever processor it is for.
    function = folder / "lambda" / "bootstrap" / "bootstrap"
    names_no_folder(function.read_bytes(), [root, Path(environment["HOME"])])
    return function


def names_no_folder(binary, folders):
    """Refuse a binary that holds the name of a folder of the machine that built it."""
    for folder in folders:
        if len(folder.parts) > 1 and f"{folder}/".encode() in binary:
            raise Refused(f"the binary names {folder}, a folder of this machine")


def build_elsewhere(folder):
    """Compile a copy of the sources for this machine's processor, with each folder elsewhere; return the function."""
    root, home = folder / "sources", folder / "home"
    for name in INPUTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, root / name)
    cargo = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    (home / "cargo").mkdir(parents=True)
    # The crates as they were downloaded: Cargo has checked them against Cargo.lock.
    (home / "cargo" / "registry").symlink_to(cargo / "registry")
    environment = {
        **os.environ,
        "HOME": str(home),
        "CARGO_HOME": str(home / "cargo"),
        "CARGO_TARGET_DIR": str(folder / "built"),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup"),
        "TZ": "Pacific/Auckland",
        # What this Cargo has not seen used is no rubbish.
        "CARGO_CACHE_AUTO_CLEAN_FREQUENCY": "never",
    }
    environment.pop("RUSTFLAGS", None)
    return build(here(), root, environment)


def here():
    """This machine's processor, in Lambda's words."""
    return "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"


def key():
    """What the function depends on: its sources and the tools, as one hash."""
    summed = hashlib.sha256(str(tools()).encode())
    for name in (*INPUTS, "release/build.py"):
        path = ROOT / name
        for file in sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]:
            summed.update(f"\n{file.relative_to(ROOT)} {hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
    return summed.hexdigest()
