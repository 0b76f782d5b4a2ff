"""`make account-clean` removes what a walk left that crashed, and nothing else."""

import pytest

from account import left
from account.access import Account, Refused
from account.clock import FastClock
from account.names import TAG, Names
from account.run import clean
from account.steps import STEPS
from account.world import World
from local_aws import ACCOUNT, REGION

PREFIX = "kms-alarm-proof-0a1b2c3d"
OTHERS = ["kms-alarm-proof", "kms-alarm-proof-reading", "kms-alarm-proof-0a1b2c3def", "my-kms-alarm-proof-0a1b2c3d"]


def cleaned(answer="y"):
    """Clean; the exit code and what was told."""
    lines, asked = [], []

    def ask(question):
        asked.append(question)
        return answer

    code = clean(REGION, "", False, tell=lines.append, ask=ask, clock=FastClock())
    return code, lines, asked


def crash(steps=()):
    """Make what a walk makes, walk some steps, and leave it all."""
    world = World(Account(REGION), FastClock(), Names(PREFIX), lambda line: None)
    world.set_up()
    for step in steps:
        step.run(world)


def test_what_a_crash_left_is_found_and_removed(aws):
    crash(STEPS[:1])
    code, lines, asked = cleaned()
    assert code == 0, lines
    assert len(asked) == 1
    found = "\n".join(lines)
    for each in (f"stack {PREFIX}-1", f"queue {PREFIX}-inbox", f"bucket {PREFIX}-code", f"role {PREFIX}-role"):
        assert f"  {each}: removed" in lines
    assert f"  log group {PREFIX}-trail: removed" in found
    assert ACCOUNT not in found
    assert (left.by_name(Account(REGION)), left.by_tag(Account(REGION))) == ([], [])


def test_a_tag_is_enough(aws, client):
    tags = {"Key": TAG, "Value": PREFIX}
    topic = client("sns").create_topic(Name="renamed", Tags=[tags])["TopicArn"]
    key = client("kms").create_key(Tags=[{"TagKey": TAG, "TagValue": PREFIX}])["KeyMetadata"]["KeyId"]
    code, lines, _ = cleaned()
    assert code == 0, lines
    assert topic not in str(client("sns").list_topics())
    assert client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert "costs nothing" not in str(lines)
    assert cleaned()[1] == [f"Nothing in {REGION} has such a name or the tag {TAG}."]


def test_a_name_or_a_tag_that_is_merely_like_one_is_left_alone(aws, client):
    queues = [client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in OTHERS]
    client("sns").create_topic(Name="theirs", Tags=[{"Key": TAG, "Value": "read by Anna"}])
    assert cleaned()[1] == [f"Nothing in {REGION} has such a name or the tag {TAG}."]
    assert sorted(client("sqs").list_queues()["QueueUrls"]) == sorted(queues)


def test_what_no_walk_makes_is_told_and_left(aws, client):
    client("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": TAG, "Value": PREFIX}],
    )
    code, lines, _ = cleaned()
    assert code == 1
    assert "no walk makes such a thing" in lines[-1]
    client("dynamodb").delete_table(TableName="table")


def test_without_a_yes_nothing_is_removed(aws):
    crash()
    with pytest.raises(Refused, match="nothing was made or removed"):
        cleaned(answer="")
    assert left.by_name(Account(REGION))
    assert cleaned()[0] == 0
