"""What is linked into the function besides its own code: the crates, with their licence texts, and the SBOM.

Only what Cargo.lock and the crates themselves say goes in, so that the same source gives the same text.
"""

import json
import re
import tomllib
from functools import cache
from pathlib import Path

from . import ROOT, build

TEXTS = re.compile(r"(?i)(un)?licen[cs]e|copying|copyright|notice")


@cache
def linked():
    """The crates that are linked in, each as Cargo's metadata has it, in order. Macros and what only builds are not."""
    metadata = json.loads(build.said("cargo", "metadata", "--locked", "--format-version", "1", root=ROOT))
    packages = {(each["name"], each["version"]): each for each in metadata["packages"]}
    names = set()
    for target in build.TARGETS.values():
        options = ["-e", "normal,no-proc-macro", "--prefix", "none", "-f", "{p}", "--target", target]
        tree = build.said("cargo", "tree", "--locked", *options, root=ROOT)
        names |= {(line.split()[0], line.split()[1].removeprefix("v")) for line in tree.splitlines() if line.strip()}
    own = ("kms-alarm", build.version())
    return [packages[name] for name in sorted(names - {own})], packages[own], metadata["resolve"]["nodes"]


def licence(package):
    """What a crate is licensed under, as an SPDX expression."""
    return (package["license"] or "NOASSERTION").replace("/", " OR ").replace("  ", " ")


def texts(package):
    """The licence texts that a crate brings."""
    folder = Path(package["manifest_path"]).parent
    files = {each for each in folder.rglob("*") if TEXTS.match(each.name)}
    files |= {each for file in files if file.is_dir() for each in file.iterdir()}
    return [file.read_text(encoding="utf-8", errors="replace").strip() for file in sorted(files) if file.is_file()]


def licences():
    """One text with the licences of all crates; each text once, after the crates that bring it."""
    packages, _, _ = linked()
    bring, without = {}, []
    for package in packages:
        name = f"{package['name']} {package['version']} ({licence(package)})"
        for text in texts(package) or without.append(name) or []:
            # Many differ in where their lines end only.
            bring.setdefault(" ".join(text.split()), (text, []))[1].append(name)
    parts = [
        "What is linked into kms-alarm besides its own code, and under which licences.\n\n"
        f"The Rust standard library {build.toolchain()} (MIT OR Apache-2.0): https://www.rust-lang.org/policies/licenses\n"
    ]
    if without:
        listed = "\n".join(without)
        parts.append(f"These crates bring no text of their own; the texts of these licences are below:\n{listed}\n")
    for text, names in bring.values():
        parts.append("\n".join(names) + f"\n\n{text}\n")
    return f"\n{'-' * 100}\n\n".join(parts)


def sbom():
    """The SBOM: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/. Without time and serial number, which would differ."""
    packages, own, nodes = linked()
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    checksums = {(each["name"], each["version"]): each.get("checksum") for each in lock}
    ids = {each["id"]: purl(each) for each in [own, *packages]}
    components = [
        {**component(each), "hashes": [{"alg": "SHA-256", "content": checksums[each["name"], each["version"]]}]}
        for each in packages
    ]
    standard = {
        "type": "library",
        "bom-ref": f"rust-std@{build.toolchain()}",
        "name": "rust-std",
        "version": build.toolchain(),
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
    }
    uses = {
        ids[node["id"]]: sorted({ids[each["pkg"]] for each in node["deps"] if each["pkg"] in ids and is_linked(each)})
        for node in nodes
        if node["id"] in ids
    }
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**component(own), "type": "application"}},
        "components": [*components, standard],
        "dependencies": [{"ref": ref, "dependsOn": uses[ref]} for ref in sorted(uses)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def is_linked(dependency):
    """Whether a dependency is one of the code, not of its build or its tests."""
    return any(kind["kind"] is None for kind in dependency["dep_kinds"])


def purl(package):
    """A crate's address: https://github.com/package-url/purl-spec."""
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package):
    """A crate as CycloneDX names it."""
    return {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
        "licenses": [{"expression": licence(package)}],
    }
