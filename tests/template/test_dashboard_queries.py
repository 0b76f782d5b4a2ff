"""The dashboard's Logs Insights queries against recorded events, as far as that goes without Logs Insights:
they select what the metric filter counts, and what they show is there.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import json
import re
from functools import reduce

import pytest
from cloudformation import ROOT, Stack

from local_aws import filter_pattern
from scenario.steps import pattern

ROLE = "arn:aws:iam::111122223333:role/pattern1-app-Pattern1ECSTaskRole"
OTHER = "arn:aws:iam::111122223333:role/another-app-*"
SAMPLES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "tests/cloudtrail").glob("*.json")}


def query(title, roles=ROLE):
    """The commands of the query of that title, without SOURCE."""
    body = json.loads(Stack(TaskRoleArn=roles).properties("Dashboard")["DashboardBody"])
    [found] = [each["properties"] for each in body["widgets"] if each["properties"].get("title") == title]
    return found["query"].split("\n| ")[1:]


def field(event, path):
    """What Logs Insights finds under a name: it writes the elements of a list as `.0`, `.1`."""

    def step(value, name):
        if isinstance(value, list):
            return value[int(name)] if int(name) < len(value) else None
        return value.get(name) if isinstance(value, dict) else None

    return reduce(step, path.split("."), event)


def holds(event, condition):
    """Whether an event meets one condition of a filter command: `field = "text"`, `ispresent(field)` or
    `field like /expression/`, whose slashes are escaped."""
    if like := re.fullmatch(r"([\w.]+) like /((?:[^/\\]|\\.)*)/", condition):
        value = field(event, like[1])
        return value is not None and bool(re.search(like[2], value))
    if present := re.fullmatch(r"ispresent\(([\w.]+)\)", condition):
        return field(event, present[1]) is not None
    name, text = re.fullmatch(r'([\w.]+) = "([^"]*)"', condition).groups()
    return field(event, name) == text


def selected(title, roles=ROLE):
    """The samples that a query's filter command selects."""
    command = query(title, roles)[0].removeprefix("filter ")
    return {name for name, event in SAMPLES.items() if all(holds(event, each) for each in command.split(" and "))}


@pytest.mark.parametrize("title", ["Latest errors", "Errors by code"])
@pytest.mark.parametrize("roles", [ROLE, ROLE[:-4] + "*", OTHER, f"{ROLE}, {OTHER}", "*"])
def test_a_query_selects_the_samples_that_the_metric_filter_counts(title, roles):
    counts = filter_pattern.compile(pattern(roles))
    counted = {name for name, event in SAMPLES.items() if counts(json.dumps(event))}
    assert selected(title, roles) == counted
    assert ({"decrypt-disabled", "encrypt-not-found"} <= counted) == (roles != OTHER)
    assert ("other-role-error" in counted) == (OTHER in roles or roles == "*")
    assert not counted & {"decrypt-success", "s3-error"}


def test_every_field_that_a_query_names_is_in_a_sample_and_is_no_list_or_object():
    named = set()
    for title in ["Latest errors", "Errors by code"]:
        made = set()
        for command in query(title):
            # Only parse makes several names with one `as`.
            several = r" as ((?:\w+, )*\w+)$" if command.startswith("parse ") else r" as (\w+)"
            for names in re.findall(several, command):
                made |= set(names.split(", "))
            texts_removed = re.sub(r'"[^"]*"|/(?:[^/\\]|\\.)*/', "", command)
            named |= {each for each in re.findall(r"\b[a-z][\w.]*\b", texts_removed) if each not in made}
    named -= {"and", "as", "asc", "by", "coalesce", "count", "desc", "display", "fields", "filter", "ispresent", "limit"}
    named -= {"like", "parse", "sort", "stats", "timestamp"}
    assert {"errorCode", "eventName", "sourceIPAddress", "userIdentity.arn"} <= named
    for name in named:
        values = [value for event in SAMPLES.values() if (value := field(event, name)) is not None]
        assert values, f"no sample has {name}"
        assert all(isinstance(value, (str, int, bool)) for value in values), name


def test_no_name_that_a_query_makes_is_a_word_of_the_language():
    # SOURCE is a command; whether a word is reserved in lower case too, the documentation does not say.
    words = {"anomaly", "as", "asc", "by", "count", "dedup", "desc", "diff", "display", "fields", "filter", "filterindex"}
    words |= {"in", "join", "like", "limit", "lookup", "not", "or", "parse", "pattern", "sort", "source", "stats", "unmask"}
    for title in ["Latest errors", "Errors by code"]:
        for command in query(title):
            made = re.findall(r" as ((?:\w+, )*\w+)", command)
            assert not {name.lower() for names in made for name in names.split(", ")} & words, command


def test_the_task_is_the_sessions_name():
    [command] = [each for each in query("Latest errors") if each.startswith("parse ")]
    name, glob, aliases = re.fullmatch(r'parse ([\w.]+) "([^"]+)" as ([\w, ]+)', command).groups()
    expression = re.compile("(.*?)".join(map(re.escape, glob.split("*"))) + "$")
    for sample in selected("Latest errors"):
        values = dict(zip(aliases.split(", "), expression.match(field(SAMPLES[sample], name)).groups(), strict=True))
        assert values["role"] == ROLE.split("/")[-1]
        assert re.fullmatch(r"[0-9a-f]{32}", values["task"]), "the name of an ECS task's session is the task's id"


def test_the_key_of_a_call_that_names_no_resource_is_what_was_asked_for():
    for sample in selected("Latest errors"):
        event = SAMPLES[sample]
        key = field(event, "resources.0.ARN") or field(event, "requestParameters.keyId")
        assert key or event["errorCode"] == "IncorrectKeyException", sample
