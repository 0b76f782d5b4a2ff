"""Whether a folder may be deployed, and whether it is this source."""

import io
import re
import tempfile
import zipfile
from pathlib import Path

from . import Refused, build, dist, elf


def check(folder):
    """Refuse a folder that does not hold together; return its functions by their architecture."""
    files = listed(folder)
    functions = {}
    templates = [file for file in files if re.fullmatch(r"template[\w-]*\.yaml", file)]
    if not templates:
        raise Refused(f"{folder} has no template")
    for file in sorted(templates):
        text = (folder / file).read_bytes().decode(errors="replace")
        code, architecture = says(r"^      CodeUri: (\S+)$", text, file), says(ARCHITECTURE, text, file)
        if code not in files:
            raise Refused(f"{file} deploys {code}, which is not there")
        binary = function(folder / code)
        found = elf.runs_on_lambda(binary, code)
        if found != architecture:
            raise Refused(f"{code} is for {found}, and {file} says {architecture}")
        functions[architecture] = binary
    return functions


ARCHITECTURE = r"^  Architecture:\n(?:    .*\n)*?    AllowedValues: \[(\w+)\]$"


def listed(folder):
    """The files of SHA256SUMS; refused unless these are all, and as it says."""
    if not (folder / dist.SUMS).is_file():
        raise Refused(f"{folder} has no {dist.SUMS}")
    lines = (folder / dist.SUMS).read_bytes().decode(errors="replace").splitlines()
    matches = [re.fullmatch(r"([0-9a-f]{64})  (\S+)", line) for line in lines]
    if not all(matches):
        raise Refused(f"{dist.SUMS} is not a list of SHA-256 sums and files")
    sums = {match[2]: match[1] for match in matches}
    there = {file.name for file in folder.iterdir() if file.name != dist.SUMS}
    for file in sorted(there | set(sums)):
        if file not in there:
            raise Refused(f"{file} is in {dist.SUMS} and not there")
        if file not in sums:
            raise Refused(f"{file} is not in {dist.SUMS}")
        if not (folder / file).is_file():
            raise Refused(f"{file} is no file")
        if dist.digest((folder / file).read_bytes()) != sums[file]:
            raise Refused(f"{file} is not the file that {dist.SUMS} names: its SHA-256 is another")
    return sums


def says(what, text, file):
    """The one thing that a template says of something."""
    found = re.findall(what, text, re.MULTILINE)
    if len(found) != 1:
        raise Refused(f"{file} is not a template of a release")
    return found[0]


def function(path):
    """What a zip holds, which is the function and nothing else."""
    try:
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            entries = archive.infolist()
            if [entry.filename for entry in entries] != ["bootstrap"]:
                raise Refused(f"{path.name} holds {', '.join(e.filename for e in entries) or 'nothing'}, not bootstrap alone")
            if not entries[0].external_attr >> 16 & 0o100:
                raise Refused(f"{path.name}: Lambda cannot start its bootstrap, which is not executable")
            return archive.read(entries[0])
    except zipfile.BadZipFile as error:
        raise Refused(f"{path.name} is no zip") from error


def compare(folder, functions, built=None):
    """Hold a folder against this source, built here or given; yield what is the same, and refuse what is not.

    The functions are compared as they are in their zips: another zlib may pack the same bytes in another way.
    """
    ours = {}
    for architecture, binary in functions.items():
        if not built and architecture != build.here():
            yield f"{dist.package(architecture)}: not compared, which takes a machine for {architecture}"
            ours[architecture] = binary
            continue
        mine = built[architecture] if built else build.build(architecture).read_bytes()
        if mine != binary:
            raise Refused(
                f"{dist.package(architecture)} is not this source: its function has the SHA-256 {dist.digest(binary)}, "
                f"and this source gives {dist.digest(mine)}"
            )
        ours[architecture] = mine
        yield f"the same: {dist.package(architecture)}: {dist.digest(mine)}  bootstrap"
    with tempfile.TemporaryDirectory() as temporary:
        again = Path(temporary) / "dist"
        dist.write(again, ours)
        zips = {dist.package(architecture) for architecture in ours} | {dist.SUMS}
        names = {file.name for each in (folder, again) for file in each.iterdir()} - zips
        for file in sorted(names):
            pair = [each / file for each in (folder, again)]
            if not all(each.is_file() for each in pair) or len({each.read_bytes() for each in pair}) != 1:
                raise Refused(f"{file} is not as this source has it")
            yield f"the same: {file}"
