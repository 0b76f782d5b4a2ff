"""Filter patterns against documents of our own, shaped like the user guide's examples."""

import json
from pathlib import Path

import pytest

from local_aws import filter_pattern

CALL = {
    "eventName": "Decrypt",
    "errorCode": "AccessDenied",
    "sourceIPAddress": "10.0.12.7",
    "latency": 75,
    "attempts": "3",
    "readOnly": True,
    "mfa": False,
    "nothing": None,
    "empty": "",
    "star*in": "a*b",
    "user": {"id": 1, "mail": "ana@example.com"},
    "users": [{"id": 2, "mail": "bo@example.com"}, {"id": 3, "mail": "cy@example.com"}],
    "verbs": ["GET", "PUT", "DELETE"],
    "grid": [[0, 1, 2], [4, 5, 6]],
}


def matches(pattern, document=None):
    message = document if isinstance(document, str) else json.dumps(CALL if document is None else document)
    return filter_pattern.compile(pattern)(message)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ ($.user.id = 1) && ($.users[0].mail = "bo@example.com") }', True),
        ('{ $.user.mail = "ana@example.com" || $.grid[0][1] = "none" && $.verbs[2] = "none" }', True),
        ('{ ($.user.mail = "ana@example.com" || $.grid[0][1] = "none") && $.verbs[2] = "none" }', False),
        ('{ ($.user.id = 2 && $.users[0].mail = "none") || $.verbs[2] = "GET" }', False),
    ],
)
def test_the_four_compound_examples_of_the_user_guide(pattern, expected):
    assert matches(pattern) is expected


@pytest.mark.parametrize(
    "role", ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/other"]
)
def test_the_pattern_of_the_lab(role):
    pattern = (
        '{ $.errorCode = "*" && $.eventSource = "kms.amazonaws.com" && '
        '$.userIdentity.sessionContext.sessionIssuer.arn = "arn:aws:iam::111122223333:role/app" }'
    )
    issuer = {"sessionContext": {"sessionIssuer": {"arn": role}}}
    call = {"eventSource": "kms.amazonaws.com", "errorCode": "DisabledException", "userIdentity": issuer}
    assert matches(pattern, call) is role.endswith("/app")
    assert not matches(pattern, {**call, "errorCode": None})
    del call["errorCode"]
    assert not matches(pattern, call)


@pytest.mark.parametrize(
    "pattern",
    [
        "{$.eventName=Decrypt}",
        '{ $.eventName = "Dec*" }',
        '{ $.eventName = "*rypt" }',
        '{ $.eventName = "*cry*" }',
        "{ $.eventName = *cry* }",
        '{ $.eventName != "Encrypt" }',
        '{ $.empty = "" }',
        '{ $.latency = "*" }',
        '{ $.readOnly = "*" }',
        "{ $.latency = 75 }",
        "{ $.latency = 7.5e1 }",
        "{ $.latency >= 75 && $.latency <= +75 && $.latency > -1 && $.latency < 76 && $.latency != 1 }",
        "{ $.attempts = 3 }",
        "{ $.sourceIPAddress = 10.0.* }",
        "{ $.sourceIPAddress != 123.123.* }",
        "{ $.sourceIPAddress = 10.0.12.7 }",
        "{ $.nothing IS NULL }",
        "{ $.readOnly IS TRUE && $.mfa IS FALSE }",
        "{ $.absent NOT EXISTS }",
        "{ $.user.absent NOT EXISTS }",
        "{ $.grid[1][2] = 6 }",
        "{ $.eventName = %^De.*t$% }",
        "{ $.errorCode != %Throttl% }",
        '{ (($.eventName = "Decrypt")) }',
    ],
)
def test_matches(pattern):
    assert matches(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventName = "decrypt" }',
        '{ $.eventName = "De*pt" }',
        '{ $.absent = "*" }',
        '{ $.absent != "x" }',
        '{ $.nothing = "*" }',
        '{ $.user = "*" }',
        "{ $.verbs != 1 }",
        "{ $.verbs = 1 }",
        "{ $.user IS NULL }",
        "{ $.user NOT EXISTS }",
        "{ $.nothing NOT EXISTS }",
        "{ $.mfa IS NULL }",
        "{ $.readOnly > 0 }",
        "{ $.verbs[9] = GET }",
        "{ $.eventName > 1 }",
        "{ $.sourceIPAddress = 10.1.* }",
    ],
)
def test_does_not_match(pattern):
    assert not matches(pattern)


def test_a_star_inside_a_term_is_a_star():
    assert matches('{ $.eventName = "Ev*ent" }', {"eventName": "Ev*ent"})


def test_quotes_are_escaped_with_a_backslash():
    assert matches(r'{ $.a = "say \"b\\c\"" }', {"a": 'say "b\\c"'})


@pytest.mark.parametrize("message", ["ERROR", "", "[1]", '"text"', "null", '{"a":'])
def test_a_message_that_is_no_json_object_matches_no_json_pattern(message):
    assert not matches("{ $.absent NOT EXISTS }", message)


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a = 1",
        "{ }",
        "{ a = 1 }",
        "{ $.a == 1 }",
        "{ $.a = }",
        "{ $.a = 1 && }",
        "{ $.a = 1 || || $.b = 1 }",
        "{ ($.a = 1 }",
        "{ $.a = 1) }",
        "{ $.a = 1 $.b = 2 }",
        '{ $.a = "open }',
        '{ $.a < "text" }',
        "{ $.a = kms.amazonaws.com }",
        "{ $.a = De*pt }",
        "{ $.a IS NOT }",
        "{ $.a EXISTS }",
        "{ $.a NOT NULL }",
        "{ $.a = %(group)% }",
        "{ $.a = %1% || $.a = %2% || $.a = %3% }",
        "{ $ = 1 }",
        "[ip, user]",
        '"open',
        "{ $.a = " + "1" * 1024 + " }",
    ],
)
def test_is_malformed(pattern):
    with pytest.raises(filter_pattern.InvalidPattern):
        filter_pattern.compile(pattern)


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ('" "', "anything", True),
        ("ERROR", "[ERROR 400] BAD", True),
        ("error", "[ERROR 400] BAD", False),
        ("ERROR BAD", "[ERROR 400] BAD", True),
        ("ERROR GOOD", "[ERROR 400] BAD", False),
        ('"400] BAD"', "[ERROR 400] BAD", True),
        ("ERROR -BAD", "[ERROR 400] BAD", False),
        ("?GOOD ?BAD", "[ERROR 400] BAD", True),
        ("?GOOD ?FINE", "[ERROR 400] BAD", False),
    ],
)
def test_unstructured_terms(pattern, message, expected):
    assert matches(pattern, message) is expected


# The longest pattern that the function searches with besides the filters' own.
KEY_CHANGES = (Path(__file__).parents[2] / "cloudtrail" / "key-change-pattern.txt").read_text(encoding="utf-8").strip()
DISABLE_KEY = json.loads((Path(__file__).parents[2] / "cloudtrail" / "disable-key.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"eventName": "UpdateAlias"}, True),
        ({"eventName": "EnableKey"}, True),
        ({"eventName": "DescribeKey"}, False),
        ({"eventSource": "s3.amazonaws.com"}, False),
        ({"errorCode": "AccessDenied"}, False),
    ],
)
def test_the_pattern_for_changes_of_a_key_matches_those_that_succeeded(changed, expected):
    assert len(KEY_CHANGES) <= filter_pattern.MAX_LENGTH
    assert matches(KEY_CHANGES, {**DISABLE_KEY, **changed}) == expected
