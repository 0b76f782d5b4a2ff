"""What a release says of itself: its section of CHANGELOG.md."""

import os
import re

from . import ROOT, Refused, build


def notes(tag):
    """The section of a tag, which must be this source's version."""
    version = build.version()
    if tag != f"v{version}":
        raise Refused(f"the tag is {tag}, and Cargo.toml has version {version}: tag it v{version}")
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(rf"^## {re.escape(version)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if len(sections) != 1 or not sections[0].strip():
        raise Refused(f'CHANGELOG.md has no section "## {version}"')
    return linked(sections[0].strip(), tag, os.environ.get("GITHUB_REPOSITORY")) + "\n"


def linked(text, tag, repository):
    """The text with links to the files as they were tagged: a release's page has no folder of its own."""
    if not repository:
        return text
    return re.sub(r"\]\((?!https?:|#)([^)]+)\)", rf"](https://github.com/{repository}/blob/{tag}/\1)", text)
