"""docs/alert.schema.json against real alerts, and docs/health.schema.json against real notices of the watch: the approved
objects in tests/golden. The Rust tests make sure that the function writes exactly these."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "alert.schema.json").read_text(encoding="utf-8"))
ALERTS = sorted(path for path in (ROOT / "tests" / "golden").glob("*.json") if path.name != "chat.json")
HEALTH = json.loads((ROOT / "docs" / "health.schema.json").read_text(encoding="utf-8"))
NOTICES = sorted((ROOT / "tests" / "golden" / "health").glob("*.json"))


def closed(schema):
    """The schema without room for members that it does not name: readers must allow them, but ours are documented."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed_schema = {name: closed(each) for name, each in schema.items()}
    if "properties" in schema and "required" in schema:
        closed_schema["additionalProperties"] = False
    return closed_schema


def errors(alert, schema=SCHEMA):
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(alert)]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("schema", "examples", "at_least"), [(SCHEMA, ALERTS, 12), (HEALTH, NOTICES, 7)])
def test_the_schema_is_a_schema(schema, examples, at_least):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert len(examples) >= at_least


@pytest.mark.parametrize("path", NOTICES, ids=lambda path: path.stem)
def test_each_notice_is_as_the_schema_says_and_has_nothing_it_does_not_name(path):
    assert errors(read(path), closed(HEALTH)) == []


def test_no_situation_of_a_notice_is_one_of_an_alert():
    situations = {read(path)["situation"] for path in NOTICES}
    assert situations == set(HEALTH["properties"]["situation"]["enum"])
    assert not situations & set(SCHEMA["properties"]["situation"]["enum"])


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_each_alert_is_as_the_schema_says_and_has_nothing_it_does_not_name(path):
    assert errors(read(path), closed(SCHEMA)) == []


def test_every_situation_is_among_them():
    situations = {read(path)["situation"] for path in ALERTS}
    assert situations == set(SCHEMA["properties"]["situation"]["enum"])


def test_every_concern_is_among_them():
    concerns = {group["concern"] for path in ALERTS for group in read(path)["groups"]}
    assert concerns == set(SCHEMA["$defs"]["group"]["properties"]["concern"]["enum"])


def objects(schema):
    """The schemas of all objects, at every depth."""
    if isinstance(schema, list):
        for each in schema:
            yield from objects(each)
    elif isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        yield from objects(list(schema.values()))


def test_every_member_is_described_and_required():
    for schema in [*objects(SCHEMA), *objects(HEALTH)]:
        assert set(schema["required"]) == set(schema["properties"])
        for name, member in schema["properties"].items():
            assert member.get("description"), name


def members(value, path=()):
    """The paths of all members, of the objects in lists too."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield (*path, name)
            yield from members(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from members(each, (*path, index))


def test_no_member_can_go_away_unnoticed():
    alert = read(ROOT / "tests" / "golden" / "disabled-by-alice.json")
    paths = list(members(alert))
    # What other alerts lack is in this one.
    some = {("searches", 0, "progress")}
    some |= {("groups", 0, *path) for path in [("workload", "id"), ("remedy", "note"), ("changes", 0, "by")]}
    assert some <= set(paths)
    for path in paths:
        lacking = copy.deepcopy(alert)
        *parents, name = path
        place = lacking
        for each in parents:
            place = place[each]
        del place[name]
        assert errors(lacking), f"{path} may be missing"


def with_a_new_member(value):
    """The same, with one more member in every object."""
    if isinstance(value, dict):
        return {**{name: with_a_new_member(each) for name, each in value.items()}, "new": 1}
    return [with_a_new_member(each) for each in value] if isinstance(value, list) else value


def test_a_new_member_breaks_no_reader():
    alert = read(ROOT / "tests" / "golden" / "disabled-by-alice.json")
    assert errors(with_a_new_member(alert)) == []


def test_a_chats_notification_has_what_the_chat_requires():
    # https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
    notification = read(ROOT / "tests" / "golden" / "chat.json")
    assert (notification["version"], notification["source"]) == ("1.0", "custom")
    assert set(notification) == {"version", "source", "id", "content", "metadata"}
    content = notification["content"]
    assert set(content) == {"textType", "title", "description", "nextSteps", "keywords"}
    assert content["textType"] == "client-markdown"
    metadata = notification["metadata"]
    assert set(metadata) == {"threadId", "summary", "eventType", "relatedResources", "additionalContext"}
    lists = [content["nextSteps"], content["keywords"], metadata["relatedResources"]]
    assert all(isinstance(each, str) for texts in lists for each in texts)
    assert all(isinstance(each, str) for each in metadata["additionalContext"].values())
