"""What is deployed without a compiler: `make release` writes the folder, `make verify` tells whether one is this source.

    build.py     compiles the function, the same bytes on every machine
    elf.py       what a binary says of itself: its processor, and the system that it needs
    crates.py    what is linked in: the licence texts and the SBOM
    dist.py      the folder
    verify.py    what is refused, and the comparison with a build of this source
    notes.py     what a release says of itself: its section of CHANGELOG.md

Needs Python 3.11 and its standard library only.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Refused(Exception):
    """Something that must not be released or deployed, in one sentence."""
