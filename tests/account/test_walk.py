"""The whole walk, on the local AWS as if it were an account."""

import re

import pytest

from account import left, report
from account.access import Account
from account.clock import FastClock
from account.not_here import LOCAL_AWS
from account.price import total
from account.run import walk
from account.steps import STEPS
from local_aws import ACCOUNT, REGION


class Walked:
    """What a walk told, wrote and returned."""

    def __init__(self, aws, file):
        self.lines, self.file = [], file
        clock = FastClock(aws.minutes_pass)
        arguments = {"region": REGION, "profile": "", "yes": True, "ask": None, "file": file}
        self.code = walk(**arguments, tell=self.lines.append, clock=clock, not_here=LOCAL_AWS)
        self.report = file.read_text(encoding="utf-8")
        table = [line.strip("| ").split(" | ") for line in self.report.splitlines() if line.startswith("| ")]
        self.rows = {row[0]: report.Row(*row) for row in table[1:]}


@pytest.fixture(scope="module")
def walked(aws, tmp_path_factory):
    return Walked(aws, tmp_path_factory.mktemp("report") / "account-report.md")


@pytest.mark.parametrize("step", STEPS, ids=[step.run.__name__ for step in STEPS])
def test_that(walked, step):
    row, not_here = walked.rows[step.title], LOCAL_AWS.get(step.run.__name__)
    assert row.outcome == ("not here" if not_here else "held"), row.happened
    assert not_here is None or not_here.reason in row.happened
    assert row.expected == step.expected


def test_what_cannot_be_shown_here_names_steps_that_exist():
    assert set(LOCAL_AWS) <= {step.run.__name__ for step in STEPS}


def test_it_succeeds(walked):
    assert walked.code == 0
    assert f"{len(STEPS) - len(LOCAL_AWS)} held, 0 FAILED, {len(LOCAL_AWS)} not here" in walked.report


def test_nothing_is_left(walked, client):
    account = Account(REGION)
    assert (left.by_name(account), left.by_tag(account)) == ([], [])
    assert not client("logs").describe_log_groups()["logGroups"]
    assert not client("logs").describe_metric_filters()["metricFilters"]
    assert not client("sns").list_subscriptions()["Subscriptions"]
    assert not client("iam").list_roles()["Roles"]


def test_a_key_is_scheduled_for_deletion(walked, client):
    keys = [client("kms").describe_key(KeyId=each["KeyId"]) for each in client("kms").list_keys()["Keys"]]
    assert [key["KeyMetadata"]["KeyState"] for key in keys] == ["PendingDeletion"]


def test_the_report_says_where_and_when_and_what(walked):
    when = rf"on \d{{4}}-\d\d-\d\d at \d\d:\d\d UTC, commit {report.commit()}"
    assert re.search(f"in ap-southeast-2 of a local AWS, which is no account, {when}", walked.report)
    assert "Everything that it made was removed." in walked.report


def test_the_account_number_is_nowhere(walked):
    assert ACCOUNT not in walked.report
    assert ACCOUNT not in "\n".join(walked.lines)


def test_everything_is_announced_with_its_price(walked):
    beginning = "\n".join(walked.lines[: walked.lines.index(next(line for line in walked.lines if "Making" in line))])
    for words in ("two stacks", "a bucket", "a log group", "a role that nobody can assume", "a queue", "a KMS key"):
        assert words in beginning
    assert f"{total(with_key=True):.4f}  dollars together" in beginning


def test_it_costs_less_than_ten_cents():
    assert total(with_key=False) < total(with_key=True) < 0.10
