"""The alarm notification against three who read CloudWatch's: what they make of the approved ones in tests/golden/alarm.

Each reader here takes what its documentation or its code says it takes, and nothing else. Where neither says it, that is
said here. None of them was asked: that needs an account with it.
"""

import json
from datetime import datetime
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "tests" / "golden" / "alarm"
ENVELOPES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(GOLDEN.glob("*.json"))}
# In the order in which they are sent.
INCIDENT = ["began", "follow-up", "reminder", "ended"]
HEALTH = ["health-began", "health-another", "health-ended"]


def pager_duty(envelope):
    """PagerDuty's integration "Amazon CloudWatch", correlating by the alarm's name.

    https://support.pagerduty.com/main/docs/amazon-cloudwatch-integration-guide says that Message must be JSON in a string,
    that an alarm triggers an incident and OK resolves it. "Correlate events by" can be the alarm's name:
    https://github.com/PagerDuty/terraform-provider-pagerduty/issues/260
    A user found that the subject must begin with the state too:
    http://cetinich.net/content/2022/cloudwatch-pagerduty-sns/
    """
    message = envelope["Message"]
    assert envelope["Subject"].startswith(f"{message['NewStateValue']}: ")
    action = {"ALARM": "trigger", "OK": "resolve"}.get(message["NewStateValue"])
    return action and {"key": message["AlarmName"], "action": action, "details": message}


def opsgenie(envelope):
    """The integration "Amazon CloudWatch" of Opsgenie and Jira Service Management.

    https://support.atlassian.com/jira-service-management-cloud/docs/integrate-with-amazon-cloudwatch says that an alarm
    creates an alert and its end closes it. Which member joins the two is not said there. We take the alarm's name, and
    test_a_pager_keeps_one_incident_from_its_beginning_to_its_end looks at the ARN as well.
    """
    message = envelope["Message"]
    action = {"ALARM": "create", "OK": "close"}.get(message["NewStateValue"])
    return action and {"alias": message["AlarmName"], "action": action, "description": message["NewStateReason"]}


def notify_slack(envelope):
    """terraform-aws-notify-slack 7.5.0, a Lambda function: it reads these five members, and fails where one is missing.

    https://github.com/terraform-aws-modules/terraform-aws-notify-slack/blob/master/functions/notify_slack.py
    """
    message = envelope["Message"]
    # It would post a message with one of these members as it is.
    assert not {"attachments", "text"} & set(message)
    colors = {"OK": "good", "INSUFFICIENT_DATA": "warning", "ALARM": "danger"}
    members = ["AlarmName", "AlarmDescription", "NewStateReason", "OldStateValue", "NewStateValue"]
    return {"color": colors[message["NewStateValue"]], "fields": [message[member] for member in members]}


def test_every_situation_is_among_them():
    assert set(ENVELOPES) == {*INCIDENT, *HEALTH, "nothing-found"}


@pytest.mark.parametrize("envelopes", [INCIDENT, HEALTH], ids=["incident", "health"])
def test_a_pager_keeps_one_incident_from_its_beginning_to_its_end(envelopes):
    told = [pager_duty(ENVELOPES[name]) for name in envelopes]
    assert [each["action"] for each in told] == ["trigger"] * (len(told) - 1) + ["resolve"]
    assert len({each["key"] for each in told}) == 1
    told = [opsgenie(ENVELOPES[name]) for name in envelopes]
    assert [each["action"] for each in told] == ["create"] * (len(told) - 1) + ["close"]
    assert len({each["alias"] for each in told}) == 1
    [arn] = {ENVELOPES[name]["Message"]["AlarmArn"] for name in envelopes}
    assert arn.endswith(f":alarm:{told[0]['alias']}")


def test_whoever_correlates_by_the_metric_keeps_one_incident_too():
    watched = [{"name": "Name", "value": "pattern1-logging"}]
    for envelopes, dimensions in ((INCIDENT, []), (HEALTH, watched)):
        triggers = [ENVELOPES[name]["Message"]["Trigger"] for name in envelopes]
        assert all(trigger == triggers[0] for trigger in triggers)
        assert triggers[0]["Namespace"] and triggers[0]["MetricName"] and triggers[0]["Dimensions"] == dimensions


def test_a_pager_is_told_the_first_screen_whom_to_ask_and_what_to_follow():
    reason = opsgenie(ENVELOPES["began"])["description"].splitlines()
    assert reason[0] == "CRITICAL: order-api could not Decrypt: key alias/orders is disabled."
    assert any(line.startswith("alice (IAM user) disabled the key ") for line in reason)
    assert any(line.startswith("Do first: Ask alice ") for line in reason)
    about = ENVELOPES["began"]["Message"]["AlarmDescription"].splitlines()
    assert about[:2] == ["Owner: Team Orders, #orders-oncall", "Runbook: https://wiki.example.com/kms"]


@pytest.mark.parametrize("name", ENVELOPES)
def test_nothing_is_longer_than_a_reader_takes(name):
    subject, message = ENVELOPES[name]["Subject"], ENVELOPES[name]["Message"]
    assert len(subject) < 100
    # CloudWatch's own are no longer:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
    assert len(message["NewStateReason"]) <= 1_023
    assert len(message["AlarmDescription"]) <= 1_024


@pytest.mark.parametrize("name", ENVELOPES)
def test_a_slack_bridge_finds_every_member_that_it_reads(name):
    shown = notify_slack(ENVELOPES[name])
    assert all(isinstance(field, str) and field for field in shown["fields"])
    assert shown["color"] == ("good" if name.endswith("ended") else "danger")
    # It shows each field as code, which a backtick would end.
    assert not any("`" in field or "<" in field for field in shown["fields"])


@pytest.mark.parametrize("name", ENVELOPES)
def test_it_has_the_form_that_cloudwatchs_has(name):
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    sample = json.loads((GOLDEN.parents[2] / "events" / "sns-alarm.json").read_text(encoding="utf-8"))
    cloudwatchs = json.loads(sample["Records"][0]["Sns"]["Message"])
    message = ENVELOPES[name]["Message"]
    assert set(message) <= set(cloudwatchs)
    assert set(message["Trigger"]) <= set(cloudwatchs["Trigger"])
    for state in (message["NewStateValue"], message["OldStateValue"]):
        assert state in ("ALARM", "OK", "INSUFFICIENT_DATA")
    datetime.strptime(message["StateChangeTime"], "%Y-%m-%dT%H:%M:%S.%f%z")
