"""Rules that tick when a test says so."""

import json
import textwrap
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from .conftest import Function

AT = datetime(2026, 11, 23, 9, 45, tzinfo=UTC)
TRANSFORMER = {
    "InputPathsMap": {"time": "$.time", "kind": "$.detail-type"},
    "InputTemplate": '{"time": <time>, "detail-type": "<kind>",\n "detail": {"what": "a \'b\'"}}',
}


@pytest.fixture
def function(client, name):
    return Function(client, name)


@pytest.fixture
def rule(client, function):
    rule = Rule(client, function)
    yield rule
    rule.delete()


class Rule:
    """A rule that lets a function tick."""

    def __init__(self, client, function):
        self._client, self.name, self.function = client, function.name, function
        self.arn = client("events").put_rule(Name=self.name, ScheduleExpression="rate(5 minutes)")["RuleArn"]
        self.give(InputTransformer=TRANSFORMER)
        self.let_in()

    def give(self, **target):
        target = {"Id": "function", "Arn": self.function.arn, **target}
        self._client("events").put_targets(Rule=self.name, Targets=[target])

    def let_in(self, source=None):
        self._client("lambda").add_permission(
            FunctionName=self.name,
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=source or self.arn,
        )

    def shut_out(self):
        self._client("lambda").remove_permission(FunctionName=self.name, StatementId="rule")

    def delete(self):
        self._client("events").remove_targets(Rule=self.name, Ids=["function"])
        self._client("events").delete_rule(Name=self.name)


def test_a_tick_has_its_time_and_the_input_of_the_rule(aws, rule):
    assert aws.tick(AT) == [rule.name]
    assert rule.function.events(1) == [
        {"time": "2026-11-23T09:45:00Z", "detail-type": "Scheduled Event", "detail": {"what": "a 'b'"}}
    ]


def test_without_a_transformer_the_event_is_eventbridges_own(aws, rule):
    rule.give()
    aws.tick(AT)
    [event] = rule.function.events(1)
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert (event["time"], event["resources"]) == ("2026-11-23T09:45:00Z", [rule.arn])


def test_only_some_rules_can_be_made_to_tick(aws, rule):
    assert aws.tick(AT, "other-" + rule.name) == []
    assert aws.tick(AT, rule.name[:-1]) == [rule.name]


def test_one_can_wait_until_the_function_is_done(aws, rule):
    for number in range(1, 4):
        aws.tick(AT)
        aws.settle()
        assert len([line for line in rule.function.lines() if line.startswith("event ")]) == number


def test_a_rule_that_is_disabled_does_not_tick(aws, client, rule):
    client("events").disable_rule(Name=rule.name)
    assert aws.tick(AT) == []
    client("events").enable_rule(Name=rule.name)
    assert aws.tick(AT) == [rule.name]


def test_a_rule_whose_target_is_gone_does_not_tick(aws, client, rule):
    client("events").remove_targets(Rule=rule.name, Ids=["function"])
    assert aws.tick(AT) == []
    rule.give()
    client("lambda").delete_function(FunctionName=rule.name)
    assert aws.tick(AT) == []


def test_the_function_must_let_the_rule_in(aws, rule):
    rule.shut_out()
    assert aws.tick(AT) == []
    rule.let_in(source=rule.arn + "-other")
    assert aws.tick(AT) == []


def test_a_failed_tick_is_tried_again(aws, rule):
    rule.give(Input=json.dumps({"what": "please fail"}))
    aws.tick(AT)
    assert len(rule.function.events(3)) == 3


def test_an_event_pattern_does_not_tick(aws, client, rule):
    client("events").put_rule(Name=rule.name, EventPattern='{"source": ["aws.kms"]}')
    assert aws.tick(AT) == []


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(5 minute)", "rate(5)", "rate(0.5 minutes)"])
def test_a_rate_has_the_unit_that_goes_with_it(client, name, expression):
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        client("events").put_rule(Name=name, ScheduleExpression=expression)


WRONG = [
    ('{"time": <time>, "who": <who>}', "who"),
    ('{"time": <time>, "who": "a"b"}', "not JSON"),
    ('{"time": <time>, "who": "' + "a" * 8192 + '"}', "8192"),
]


@pytest.mark.parametrize(("template", "why"), WRONG)
def test_an_input_that_cannot_be_is_refused(rule, template, why):
    with pytest.raises(ClientError, match=why):
        rule.give(InputTransformer={"InputPathsMap": {"time": "$.time"}, "InputTemplate": template})


def test_cloudformation_is_refused_the_same(client, name):
    template = f"""
    Resources:
      Rule:
        Type: AWS::Events::Rule
        Properties:
          ScheduleExpression: rate(1 minute)
          Targets:
            - Id: function
              Arn: arn:aws:lambda:ap-southeast-2:111122223333:function:{name}
              InputTransformer:
                InputTemplate: '{{"who": <who>}}'
    """
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=textwrap.dedent(template), OnFailure="DELETE")
    with pytest.raises(Exception, match="failed"):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
        )
