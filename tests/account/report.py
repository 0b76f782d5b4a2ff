"""The table, on the screen and as account-report.md: what was expected, what happened, seconds. It never has an account
number. What did not hold is as welcome as what did."""

import subprocess
from dataclasses import dataclass

from scenario.world import ROOT

from . import left
from .clock import EVERY
from .names import masked

FILE = ROOT / "account-report.md"
HELD, FAILED, NOT_HERE, NOT_RUN = "held", "FAILED", "not here", "not run"


@dataclass
class Row:
    """One step, and what became of it."""

    title: str
    expected: str
    happened: str
    outcome: str
    seconds: float


def commit():
    """The commit that was walked with, and whether anything was changed since."""
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + (" with changes" if git("status", "--porcelain") else "")


def written(rows, account, began, ending, not_removed):
    """The report as Markdown."""
    place = f"in {account.region}" if account.is_real else f"in {account.region} of a local AWS, which is no account,"
    key = f"The KMS key goes {left.KEY_DAYS} days later; until then it cannot be used, and costs nothing."
    lines = [
        "# kms-alarm in an account",
        "",
        f"Walked {place} on {began:%Y-%m-%d at %H:%M} UTC, commit {commit()}. {ending}".rstrip(),
        "",
        "| step | expected | happened | outcome | seconds |",
        "|---|---|---|---|---:|",
        *[
            f"| {' | '.join(cell(each) for each in (row.title, row.expected, row.happened, row.outcome))} | {row.seconds:.0f} |"
            for row in rows
        ],
        "",
        f"{summary(rows)}. Things were looked at every {EVERY} s, so seconds are as good as that.",
        "",
        "Not removed:" if not_removed else f"Everything that it made was removed. {key}",
        *[f"- {thing}: {why}" for thing, why in not_removed.items()],
    ]
    return masked("\n".join(lines) + "\n")


def cell(text):
    """A text on one line, its bars escaped."""
    return " ".join(str(text).split()).replace("|", "\\|")


def summary(rows):
    """How many steps came out how."""
    return ", ".join(
        f"{sum(row.outcome == outcome for row in rows)} {outcome}"
        for outcome in dict.fromkeys([HELD, FAILED, *[row.outcome for row in rows]])
    )


def told(rows):
    """The table as lines for a screen."""
    lines = []
    for row in rows:
        lines += [f"  {row.outcome:<8} {row.seconds:6.0f} s  {row.title}"]
        lines += [f"                      expected: {row.expected}", f"                      happened: {cell(row.happened)}"]
    return [*lines, "", summary(rows)]
