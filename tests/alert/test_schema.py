"""docs/alert.schema.json against the objects that the alerts really are: the approved ones of tests/golden, which
the Rust tests hold equal to what is written."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "alert.schema.json").read_text(encoding="utf-8"))
ALERTS = sorted(path for path in (ROOT / "tests" / "golden").glob("*.json") if path.name != "chat.json")


def closed(schema):
    """The schema with no room for members it does not name: readers must allow them, we must document ours."""
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


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert len(ALERTS) >= 12


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_each_alert_is_as_the_schema_says_and_has_nothing_it_does_not_name(path):
    assert errors(read(path), closed(SCHEMA)) == []


def test_every_kind_of_alert_is_among_them():
    kinds = {read(path)["kind"] for path in ALERTS}
    assert kinds == set(SCHEMA["properties"]["kind"]["enum"])


def members(value, path=()):
    """The paths of all members that the schema requires."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield (*path, name)
            yield from members(each, (*path, name))
    elif isinstance(value, list) and value:
        yield from members(value[0], (*path, 0))


def test_no_member_can_go_away_unnoticed():
    alert = read(ROOT / "tests" / "golden" / "disabled-by-alice.json")
    for path in members(alert):
        lacking = copy.deepcopy(alert)
        *parents, name = path
        place = lacking
        for each in parents:
            place = place[each]
        del place[name]
        assert errors(lacking), f"{path} may be missing"


def test_a_new_member_breaks_no_reader():
    alert = read(ROOT / "tests" / "golden" / "disabled-by-alice.json")
    assert errors({**alert, "new": 1}) == []


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
