"""What cannot work is refused in words that say which, and leaves nothing behind."""

import json
import os
import subprocess
import sys

import boto3
import pytest

from account import left, world
from account.access import Account, Refused
from account.clock import FastClock
from account.run import walk
from account.steps import STEPS
from local_aws import ACCOUNT, REGION
from scenario.world import ROOT

from .conftest import variables


@pytest.fixture(autouse=True)
def small_function(tmp_path, monkeypatch):
    """None is deployed here, and the real one takes seconds to pack."""
    (tmp_path / "bootstrap").write_bytes(b"\x7fELF")
    monkeypatch.setattr(world, "BINARY", tmp_path / "bootstrap")


def walked(tmp_path, region=REGION, profile="", yes=True, answer="y", **more):
    """Walk; the exit code and what was told."""
    lines = []
    arguments = {"region": region, "profile": profile, "yes": yes, "file": tmp_path / "report.md", "steps": [], **more}
    code = walk(**arguments, tell=lines.append, ask=lambda _question: answer, clock=FastClock())
    return code, "\n".join(lines)


def refusal(tmp_path, **arguments):
    """Why a walk was refused."""
    with pytest.raises(Refused) as refused:
        walked(tmp_path, **arguments)
    return str(refused.value)


def there_is():
    """What is there of walks."""
    return left.by_name(Account(REGION)) + left.by_tag(Account(REGION))


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"region": ""}, "REGION is missing: make account REGION="),
        ({"region": "eu-centrall-1"}, 'there is no Region "eu-centrall-1"; there are: eu-central-1, eu-central-2'),
        ({"region": "nowhere"}, 'there is no Region "nowhere"'),
        ({"profile": "prod"}, 'there is no profile "prod"; there are: none'),
        ({"yes": False, "answer": "n"}, "nothing was made or removed; YES=1 answers yes"),
        ({"yes": False, "answer": ""}, "nothing was made or removed; YES=1 answers yes"),
    ],
)
def test_it_is_refused(aws, tmp_path, arguments, words):
    assert words in refusal(tmp_path, **arguments)
    assert there_is() == []


@pytest.mark.parametrize(
    "credentials, words",
    [
        ({}, "there are no credentials"),
        ({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE"}, "there are no credentials: Partial credentials found in env"),
        ({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}, "the credentials are not valid in"),
    ],
)
def test_credentials_that_are_none_are_refused(aws, tmp_path, credentials, words):
    with variables(tmp_path, AWS_ENDPOINT_URL=aws.endpoint, **credentials):
        assert words in refusal(tmp_path)


def test_a_place_that_does_not_answer_is_told(aws, tmp_path):
    with variables(tmp_path, **{**aws.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}):
        assert "Could not connect to the endpoint URL" in refusal(tmp_path)


def test_the_command_says_so_too_and_ends_with_2(aws):
    command = [sys.executable, "-m", "account", "check", "--region", "nowhere"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith('REGION: there is no Region "nowhere"')


@pytest.mark.parametrize("verb", ["account", "account-clean"])
def test_make_says_so_before_anything_is_built(aws, verb):
    # What is installed here is not to be installed again.
    installed = ["-o", f"{sys.prefix}/installed", f"VENV={sys.prefix}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    ran = subprocess.run(
        ["make", *installed, verb, "REGION=nowhere"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith('REGION: there is no Region "nowhere"')


@pytest.fixture
def without(aws, client, tmp_path):
    """`without("sqs:CreateQueue")`: from then on, the credentials lack that permission."""
    patches = []

    def take(*actions):
        name = f"someone-{len(client('iam').list_users()['Users'])}"
        statements = [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": list(actions), "Resource": "*"},
        ]
        client("iam").create_user(UserName=name)
        client("iam").put_user_policy(
            UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements})
        )
        key = client("iam").create_access_key(UserName=name)["AccessKey"]
        patch = variables(tmp_path, **aws.environment(key["AccessKeyId"], key["SecretAccessKey"]))
        patch.__enter__()
        patches.append(patch)

    yield take
    for patch in patches:
        patch.__exit__(None, None, None)


@pytest.mark.parametrize(
    "action",
    ["cloudformation:DescribeStacks", "iam:ListRoles", "kms:ListAliases"],
)
def test_a_permission_to_look_is_missed_before_anything_is_made(aws, tmp_path, without, action):
    without(action)
    assert f"the credentials lack the permission {action}: " in refusal(tmp_path)


@pytest.mark.parametrize(
    "action",
    ["s3:CreateBucket", "iam:CreateRole", "logs:CreateLogGroup", "sqs:CreateQueue", "s3:PutObject"],
)
def test_a_permission_to_make_is_named_and_nothing_is_left(aws, tmp_path, without, action):
    without(action)
    code, told = walked(tmp_path, steps=STEPS[:1])
    assert code == 1
    assert f"It ended early: the credentials lack the permission {action}: " in told
    assert ACCOUNT not in told
    assert there_is() == []
    assert not (tmp_path / "report.md").exists()


def test_a_permission_to_deploy_is_named_and_nothing_is_left(aws, tmp_path, without):
    without("cloudformation:CreateStack")
    code, told = walked(tmp_path, steps=STEPS[:2])
    assert code == 1
    assert "FAILED: the credentials lack the permission cloudformation:CreateStack: " in told
    assert "not run: did not hold before: It deploys" in told
    assert there_is() == []


def test_what_may_not_be_removed_is_told(aws, tmp_path, without, client):
    without("sqs:DeleteQueue")
    code, told = walked(tmp_path)
    assert code == 1
    assert "-inbox: the credentials lack the permission sqs:DeleteQueue: " in told.split("NOT REMOVED: queue ")[1]
    account = Account(REGION)
    [queue] = left.by_name(account)
    client("sqs").delete_queue(QueueUrl=account.sqs.get_queue_url(QueueName=queue.name)["QueueUrl"])


def test_without_the_permission_to_look_for_tags_names_are_enough(aws, tmp_path, without):
    without("tag:GetResources")
    code, told = walked(tmp_path)
    assert code == 0
    assert "lack the permission tag:GetResources" in told


def test_a_name_that_is_taken_is_told_and_left_alone(aws, tmp_path, client):
    prefix = "kms-alarm-proof-0a1b2c3d"
    queue = client("sqs").create_queue(QueueName=f"{prefix}-inbox")["QueueUrl"]
    assert f"the name is taken: there is queue {prefix}-inbox already; nothing was made" in refusal(tmp_path, prefix=prefix)
    assert [str(each) for each in there_is()] == [f"queue {prefix}-inbox"]
    client("sqs").delete_queue(QueueUrl=queue)


def test_a_bucket_that_another_account_has_is_told(aws, tmp_path, client):
    prefix = "kms-alarm-proof-0a1b2c3e"
    other = boto3.client("s3", **{**aws.client(), "aws_access_key_id": "444455556666"})
    other.create_bucket(Bucket=f"{prefix}-code", CreateBucketConfiguration={"LocationConstraint": REGION})
    code, told = walked(tmp_path, prefix=prefix)
    assert code == 1
    assert "It ended early: the name is taken: " in told
    other.delete_bucket(Bucket=f"{prefix}-code")
