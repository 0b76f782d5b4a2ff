"""`python3 -m release`: see `make release` and `make verify`, and .github/workflows/release.yml."""

import argparse
import sys
from pathlib import Path

from . import ROOT, Refused, build, dist, verify
from .notes import notes


def main():
    """Do what is asked for; a refusal is one sentence and exit code 1."""
    parser = argparse.ArgumentParser(prog="python3 -m release")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("write", help="write dist/kms-alarm-VERSION, from this source")
    verb.add_argument("--function", action="append", type=Path, default=[], help="a function that is built already")
    verb = verbs.add_parser("build", help="build the function for one processor, and print where it is")
    verb.add_argument("architecture", choices=build.TARGETS)
    verb = verbs.add_parser("verify", help="tell whether a folder is this source")
    verb.add_argument("folder", type=Path)
    verbs.add_parser("flags", help="print RUSTFLAGS for a build in these folders")
    verb = verbs.add_parser("notes", help="print what a tag's release says of itself")
    verb.add_argument("tag")
    arguments = parser.parse_args()
    try:
        {"write": write, "build": build_one, "verify": verify_folder, "flags": flags, "notes": print_notes}[arguments.verb](
            arguments
        )
    except Refused as refused:
        sys.exit(f"refused: {refused}")


def write(arguments):
    functions = {}
    for path in arguments.function:
        binary = path.read_bytes()
        functions[dist.elf.architecture(binary, str(path))] = binary
    if not functions:
        print("built with", build.pinned_tools(), flush=True)
        for architecture, is_installed in build.targets().items():
            if is_installed:
                functions[architecture] = build.build(architecture).read_bytes()
            else:
                print(f"without {architecture}: rustup target add {build.TARGETS[architecture]}", flush=True)
    folder = ROOT / "dist" / dist.name()
    dist.write(folder, functions)
    verify.check(folder)
    print((folder / dist.SUMS).read_text(encoding="utf-8"), end="")
    for architecture, binary in functions.items():
        print(f"{dist.digest(binary)}  bootstrap in {dist.package(architecture)}")
    print(f"{folder.relative_to(ROOT)}: deploy it with `sam deploy --guided` in it, or as its README.md says")


def build_one(arguments):
    build.pinned_tools()
    print(build.build(arguments.architecture).resolve())


def verify_folder(arguments):
    functions = verify.check(arguments.folder)
    print(f"{arguments.folder} holds together: each file fits {dist.SUMS}, each template its function", flush=True)
    print("now built from this source with", build.pinned_tools(), flush=True)
    for line in verify.compare(arguments.folder, functions):
        print(line, flush=True)
    print(f"{arguments.folder} is this source" + ("" if set(functions) == {build.here()} else ", as far as it was compared"))


def flags(_):
    print(build.flags())


def print_notes(arguments):
    print(notes(arguments.tag), end="")


if __name__ == "__main__":
    main()
