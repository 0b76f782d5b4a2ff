"""The examples set parameters that the template has, to values that it takes; and what each says of it is so."""

import re

import pytest
from cloudformation import ROOT, source
from test_template import accepts

EXAMPLES = ROOT / "examples"
# Where an example has a variable of its own, something like what people give it.
GIVEN = {
    "TaskRoleArn": "arn:aws:iam::111122223333:role/order-api",
    "LogGroupName": "pattern1-logging-loggroup",
    "Emails": "you@example.com",
}
EVERYDAY = {"Period": "60", "Threshold": "0", "TreatMissingData": "notBreaching", "NotifyRecovery": "true"}


def read(path):
    return (EXAMPLES / path).read_text(encoding="utf-8")


def parameters(path, block, member):
    """What an example gives the template: the text between quotes, or nothing where it is a variable."""
    [found] = re.findall(block, read(path), re.DOTALL)
    return {name: text.strip("'\"") if text[0] in "'\"" else None for name, text in re.findall(member, found, re.MULTILINE)}


@pytest.mark.parametrize(
    ("path", "block", "member"),
    [
        ("terraform/main.tf", r"\n  parameters = \{\n(.*?)\n  \}", r"^    (\w+) += (\S+)$"),
        ("cdk/kms-alarm.mjs", r"\n  parameters: \{\n(.*?)\n  \}", r"^    (\w+): (.+?),$"),
    ],
    ids=["terraform", "cdk"],
)
def test_an_example_sets_what_the_template_has_for_everyday_use(path, block, member):
    given = parameters(path, block, member)
    assert {name: value for name, value in given.items() if value is not None} == EVERYDAY
    assert {name for name, value in given.items() if value is None} == set(GIVEN)
    for name, value in {**given, **GIVEN}.items():
        assert accepts(source()["Parameters"][name], value), name


def test_the_stack_set_gives_each_account_its_own_role():
    given = re.findall(r"ParameterKey=(\w+),ParameterValue=(\S+)", read("stack-set/README.md"))
    assert {name for name, _ in given} == {*GIVEN, *EVERYDAY}
    assert {name: value for name, value in given if name in EVERYDAY} == EVERYDAY
    for name, value in given:
        assert accepts(source()["Parameters"][name], value), name
    [create, instances] = re.findall(r"^aws cloudformation create-.*$", read("stack-set/README.md"), re.MULTILINE)
    assert "TaskRoleArn" not in create and "TaskRoleArn" in instances


def test_the_template_is_too_long_to_be_given_but_by_its_address():
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    assert len((ROOT / "template.yaml").read_bytes()) > 51_200
    for path in ("terraform/main.tf", "cdk/kms-alarm.mjs", "stack-set/README.md"):
        assert re.search(r"template_?-?url", read(path), re.IGNORECASE), path


def test_who_deploys_an_example_allows_the_transform():
    assert "Transform" in source()
    assert "CAPABILITY_AUTO_EXPAND" in read("terraform/main.tf")
    assert "CAPABILITY_AUTO_EXPAND" in read("stack-set/README.md")


def test_what_the_stack_set_says_of_a_star_is_so():
    assert "`role/order-*`" in read("stack-set/README.md") and "`TaskRoleArn=*`" in read("stack-set/README.md")
    for roles in ("*", "arn:aws:iam::111122223333:role/order-*"):
        assert accepts(source()["Parameters"]["TaskRoleArn"], roles)
