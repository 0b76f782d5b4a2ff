"""What must not be released or deployed is refused in one sentence; what is released depends on nothing but the source.

The functions are made up: a processor, and the glibc that they ask for.
"""

import json
import os
import re
import subprocess
import sys
import zipfile

import pytest

from release import ROOT, Refused, build, dist, elf, verify
from release.notes import linked, notes

MACHINES = {name: number for number, name in elf.MACHINES.items()}


def function(architecture="x86_64", glibc="2.34", says=b""):
    """A program for a processor."""
    return b"\x7fELF".ljust(18, b"\0") + MACHINES[architecture].to_bytes(2, "little") + f"\0GLIBC_{glibc}\0".encode() + says


@pytest.fixture(scope="module", name="written")
def written_fixture(tmp_path_factory):
    """A folder with both."""
    folder = tmp_path_factory.mktemp("dist") / "kms-alarm"
    dist.write(folder, {"x86_64": function(), "arm64": function("arm64")})
    return folder


@pytest.fixture(name="folder")
def folder_fixture(written, tmp_path):
    """A copy of it, to be broken."""
    copy = tmp_path / "kms-alarm"
    copy.mkdir()
    for file in written.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def signed(folder):
    """Give a changed folder the sums that fit it."""
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.name != dist.SUMS}
    (folder / dist.SUMS).write_text(dist.sums(files), encoding="utf-8")


def refusal(folder):
    with pytest.raises(Refused) as refused:
        verify.check(folder)
    return str(refused.value)


def test_a_folder_as_it_is_written_holds_together(folder):
    assert verify.check(folder) == {"x86_64": function(), "arm64": function("arm64")}
    ran = subprocess.run(["sha256sum", "--check", "--strict", dist.SUMS], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_a_zip_that_does_not_fit_its_sum(folder):
    (folder / "bootstrap-x86_64.zip").write_bytes(dist.zipped(function(says=b"another")))
    assert refusal(folder) == "bootstrap-x86_64.zip is not the file that SHA256SUMS names: its SHA-256 is another"


def test_a_template_without_its_zip(folder):
    (folder / "bootstrap-arm64.zip").unlink()
    assert refusal(folder) == "bootstrap-arm64.zip is in SHA256SUMS and not there"
    signed(folder)
    assert refusal(folder) == "template-arm64.yaml deploys bootstrap-arm64.zip, which is not there"


def test_another_processor_than_the_template_says(folder):
    (folder / "bootstrap-x86_64.zip").write_bytes(dist.zipped(function("arm64")))
    signed(folder)
    assert refusal(folder) == "bootstrap-x86_64.zip is for arm64, and template.yaml says x86_64"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"no zip", "bootstrap-x86_64.zip is no zip"),
        (dist.zipped(b"#!/bin/sh"), "bootstrap-x86_64.zip: not a program for Linux"),
        (dist.zipped(function(glibc="2.35")), "bootstrap-x86_64.zip: needs glibc 2.35; provided.al2023 has 2.34"),
        (
            dist.zipped(b"\x7fELF".ljust(18, b"\0") + b"\x28\0"),
            "bootstrap-x86_64.zip: for a processor that Lambda does not have (ELF machine 40)",
        ),
    ],
)
def test_what_lambda_could_not_start(folder, broken, said):
    (folder / "bootstrap-x86_64.zip").write_bytes(broken)
    signed(folder)
    assert refusal(folder) == said


def test_a_zip_with_something_else_in_it(folder):
    with zipfile.ZipFile(folder / "bootstrap-x86_64.zip", "a") as archive:
        archive.writestr("another", b"")
    signed(folder)
    assert refusal(folder) == "bootstrap-x86_64.zip holds bootstrap, another, not bootstrap alone"


def test_a_function_that_is_not_executable(folder):
    with zipfile.ZipFile(folder / "bootstrap-x86_64.zip", "w") as archive:
        archive.writestr("bootstrap", function())
    signed(folder)
    assert "Lambda cannot start its bootstrap" in refusal(folder)


def test_a_file_too_many_or_none(folder, tmp_path):
    (folder / "more").write_bytes(b"")
    assert refusal(folder) == "more is not in SHA256SUMS"
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").endswith("has no SHA256SUMS")


@pytest.mark.parametrize("sums", [b"<html>", b"\n", b"\xff\xfe0\0", b"0" * 64 + b" *bootstrap-x86_64.zip\n"])
def test_sums_that_are_none(folder, sums):
    (folder / dist.SUMS).write_bytes(sums)
    assert refusal(folder) == "SHA256SUMS is not a list of SHA-256 sums and files"


def test_a_folder_where_a_file_should_be(folder):
    (folder / "LICENSE").unlink()
    (folder / "LICENSE").mkdir()
    assert refusal(folder) == "LICENSE is no file"


def test_a_function_for_another_machine_is_not_compared_and_the_rest_is(folder, monkeypatch, tmp_path):
    functions = verify.check(folder)
    mine, (other,) = build.here(), set(functions) - {build.here()}
    (tmp_path / "bootstrap").write_bytes(functions[mine])
    monkeypatch.setattr(build, "build", {mine: tmp_path / "bootstrap"}.__getitem__)
    lines = list(verify.compare(folder, functions))
    assert f"{dist.package(other)}: not compared, which takes a machine for {other}" in lines
    assert sum(line.startswith("the same: ") for line in lines) == len(list(folder.iterdir())) - 2
    (tmp_path / "bootstrap").write_bytes(b"another")
    with pytest.raises(Refused, match="is not this source"):
        list(verify.compare(folder, functions))


def test_what_is_refused_is_one_line_and_no_success(folder):
    (folder / "template.yaml").write_bytes(b"")
    command = [sys.executable, "-m", "release", "verify", str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "refused: template.yaml is not the file that SHA256SUMS names: its SHA-256 is another\n"


def test_a_function_of_another_source(folder):
    functions = verify.check(folder)
    built = {**functions, "x86_64": function(says=b"another")}
    with pytest.raises(Refused, match="^bootstrap-x86_64.zip is not this source: its function has the SHA-256 [0-9a-f]{64}, "):
        list(verify.compare(folder, functions, built))


def test_a_template_of_another_source(folder):
    template = folder / "template.yaml"
    template.write_text(template.read_text(encoding="utf-8").replace("Timeout: 60", "Timeout: 61"), encoding="utf-8")
    signed(folder)
    functions = verify.check(folder)
    with pytest.raises(Refused, match="^template.yaml is not as this source has it$"):
        list(verify.compare(folder, functions, functions))


def test_the_same_source_is_the_same_in_every_byte(folder, tmp_path):
    functions = verify.check(folder)
    same = list(verify.compare(folder, functions, functions))
    assert len(same) == len(list(folder.iterdir())) - 1
    # Another hour, another user's rights for new files.
    before = os.umask(0o077)
    try:
        os.environ["TZ"] = "Pacific/Auckland"
        dist.write(tmp_path / "again", functions)
    finally:
        os.umask(before)
        del os.environ["TZ"]
    for file in folder.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_function_for_another_processor_is_not_released(tmp_path):
    with pytest.raises(Refused, match="^the function for arm64 is one for x86_64$"):
        dist.write(tmp_path / "dist", {"arm64": function()})


def test_a_binary_that_names_a_folder_of_its_machine_is_not_released():
    build.names_no_folder(b"/cargo/registry /kms-alarm/src/main.rs", [ROOT])
    with pytest.raises(Refused, match="a folder of this machine$"):
        build.names_no_folder(f"{ROOT}/src/main.rs".encode(), [ROOT])


@pytest.mark.parametrize("architecture", dist.TEMPLATES)
def test_a_released_template_is_the_projects_but_for_its_code(architecture):
    source = (ROOT / "template.yaml").read_text(encoding="utf-8").splitlines()
    released = dist.template(architecture).splitlines()
    assert f"      CodeUri: bootstrap-{architecture}.zip" in released
    assert f"    AllowedValues: [{architecture}]" in released
    assert not any("BuildMethod" in line for line in released)
    assert f"    SemanticVersion: {build.version()}" in released
    assert sum(line not in source for line in released) == 5 + (architecture == "arm64")


def test_the_version_is_written_once():
    number = build.version()
    for file in ("template.yaml", "Makefile", "samconfig.toml", *(str(each) for each in (ROOT / "src").rglob("*.rs"))):
        text = (ROOT / file).read_text(encoding="utf-8")
        assert not re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", text), file


def test_the_sbom_names_each_crate_of_the_function_with_its_sum(written):
    sbom = json.loads((written / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    assert sbom["metadata"]["component"]["version"] == build.version()
    assert "timestamp" not in sbom["metadata"] and "serialNumber" not in sbom
    crates = {each["name"]: each for each in sbom["components"]}
    assert {"aws-sdk-sns", "ring", "rustls", "lambda_runtime", "jiff", "rust-std"} <= set(crates)
    # Neither what only tests, nor what only runs in the compiler.
    assert not {"proptest", "serde_derive", "cc", "syn"} & set(crates)
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    for crate in sbom["components"]:
        if crate["name"] != "rust-std":
            assert f'checksum = "{crate["hashes"][0]["content"]}"' in lock
    refs = {each["bom-ref"] for each in [*sbom["components"], sbom["metadata"]["component"]]}
    assert {each["ref"] for each in sbom["dependencies"]} | {"rust-std@" + build.toolchain()} == refs
    assert all(set(each["dependsOn"]) <= refs for each in sbom["dependencies"])


def test_every_crate_has_its_licence_text(written):
    text = (written / "licenses.txt").read_text(encoding="utf-8")
    sbom = json.loads((written / "sbom.cdx.json").read_text(encoding="utf-8"))
    for crate in sbom["components"]:
        assert f"{crate['name'].replace('rust-std', 'Rust standard library')} {crate['version']} (" in text, crate["name"]
    assert "Apache License" in text and "Permission is hereby granted" in text


def test_a_tag_that_is_not_the_version_has_no_notes():
    with pytest.raises(Refused, match="^the tag is v9.9.9, and Cargo.toml has version "):
        notes("v9.9.9")


def test_the_notes_link_to_the_files_as_they_were_tagged():
    text = "[a](docs/a.md#b) [c](https://example.com/c)"
    expected = "[a](https://github.com/o/kms-alarm/blob/v1.2.3/docs/a.md#b) [c](https://example.com/c)"
    assert linked(text, "v1.2.3", "o/kms-alarm") == expected
    assert linked(text, "v1.2.3", None) == text


def test_the_notes_are_the_versions_section_of_the_changelog(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    text = notes(f"v{build.version()}")
    assert len(text) > 100 and "\n## " not in text
    assert text.strip() in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
