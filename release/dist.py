"""The folder that is deployed without a compiler.

Everything in it follows from the source and from the functions alone: no time, no user, no folder of the machine.
"""

import hashlib
import io
import re
import shutil
import zipfile

from . import ROOT, Refused, build, crates, elf

SUMS = "SHA256SUMS"
TEMPLATES = {"x86_64": "template.yaml", "arm64": "template-arm64.yaml"}


def name():
    """What the folder is called."""
    return f"kms-alarm-{build.version()}"


def package(architecture):
    """What a function's zip is called."""
    return f"bootstrap-{architecture}.zip"


def write(folder, functions):
    """Write it for functions by their architecture, instead of what is there."""
    files = {
        "README.md": (ROOT / "release" / "README.md").read_bytes(),
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "samconfig.toml": (ROOT / "samconfig.toml").read_bytes(),
        "licenses.txt": crates.licences().encode(),
        "sbom.cdx.json": crates.sbom().encode(),
    }
    for architecture, binary in functions.items():
        found = elf.runs_on_lambda(binary, f"the function for {architecture}")
        if found != architecture:
            raise Refused(f"the function for {architecture} is one for {found}")
        files[package(architecture)] = zipped(binary)
        files[TEMPLATES[architecture]] = template(architecture).encode()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file, data in files.items():
        (folder / file).write_bytes(data)
    (folder / SUMS).write_text(sums(files), encoding="utf-8")


def zipped(binary):
    """The function as Lambda takes it. The time is the earliest that a zip can have."""
    packed = io.BytesIO()
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, binary, compresslevel=9)
    return packed.getvalue()


def sums(files):
    """What `sha256sum --check` reads."""
    return "".join(f"{digest(data)}  {file}\n" for file, data in sorted(files.items()))


def digest(data):
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def template(architecture):
    """The project's template with the function's zip instead of its source, for one processor, and with the version."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    for what, instead in (
        (r"^      CodeUri: \.$", f"      CodeUri: {package(architecture)}"),
        (r"^      # sam build calls [^\n]*\n      BuildMethod: rust-cargolambda\n", ""),
        (
            r"^  Architecture:\n    Type: String\n.*?\n\n",
            "  Architecture:\n    Type: String\n"
            f"    Default: {architecture}\n"
            f"    Description: The processor the function runs on; {package(architecture)} is built for it\n"
            f"    AllowedValues: [{architecture}]\n"
            f"    ConstraintDescription: must be {architecture}, which this template's function is built for.\n\n",
        ),
        (r"^    Labels: .*$", rf"\g<0>\n    SemanticVersion: {build.version()}"),
    ):
        flags = re.MULTILINE | (re.DOTALL if r".*?" in what else 0)
        text, places = re.subn(what, instead, text, flags=flags)
        if places != 1:
            raise Refused(f"template.yaml has {places} places that look like {what!r}, and a release changes one")
    return text
