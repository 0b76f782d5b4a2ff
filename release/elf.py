"""What an ELF file says of itself."""

import re

from . import Refused

# e_machine: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
MACHINES = {62: "x86_64", 183: "arm64"}

# Lambda's provided.al2023 has Amazon Linux 2023's.
# https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
GLIBC = (2, 34)


def architecture(binary, name):
    """Lambda's word for the processor that a binary runs on."""
    if binary[:4] != b"\x7fELF":
        raise Refused(f"{name}: not a program for Linux")
    machine = int.from_bytes(binary[18:20], "little")
    if machine not in MACHINES:
        raise Refused(f"{name}: for a processor that Lambda does not have (ELF machine {machine})")
    return MACHINES[machine]


def glibc(binary):
    """The glibc that it needs: the newest version of a symbol that it names."""
    versions = re.findall(rb"\bGLIBC_(\d+)\.(\d+)", binary)
    return max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))


def runs_on_lambda(binary, name):
    """Refuse what Lambda's system could not start; return the processor that it is for."""
    found = architecture(binary, name)
    needed = glibc(binary)
    if needed > GLIBC:
        raise Refused(f"{name}: needs glibc {needed[0]}.{needed[1]}; provided.al2023 has {GLIBC[0]}.{GLIBC[1]}")
    return found
