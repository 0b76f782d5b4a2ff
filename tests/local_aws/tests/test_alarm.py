"""From log events to an alarm to its message."""

import json
import re
import time

import pytest
from botocore.exceptions import ClientError

from .conftest import Cbor, document

MINUTE = int(time.time()) // 60 * 60 - 600  # the minute that a test's story begins in


@pytest.fixture
def chain(client, name):
    return Chain(client, name)


class Chain:
    """A log group, its filter with a default of 0, an alarm, its topic and a queue that listens."""

    def __init__(self, client, name, **alarm):
        self._client, self.name = client, name
        client("logs").create_log_group(logGroupName=name)
        client("logs").create_log_stream(logGroupName=name, logStreamName="s")
        client("logs").put_metric_filter(
            logGroupName=name,
            filterName=name,
            filterPattern='{ $.errorCode = "*" }',
            metricTransformations=[
                {"metricName": name, "metricNamespace": "Test", "metricValue": "1", "defaultValue": 0}
            ],
        )
        self.topic = client("sns").create_topic(Name=name)["TopicArn"]
        self.queue = client("sqs").create_queue(QueueName=name)["QueueUrl"]
        arn = self.topic.replace(":sns:", ":sqs:")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        client("sqs").set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": document([statement])})
        client("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)
        self.put_alarm(**alarm)

    def put_alarm(self, **settings):
        alarm = {
            "AlarmName": self.name,
            "Namespace": "Test",
            "MetricName": self.name,
            "Statistic": "Sum",
            "Period": 10,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "ignore",
            "AlarmActions": [self.topic],
        }
        self._client("cloudwatch").put_metric_alarm(**{**alarm, **settings})

    def calls(self, minute, *codes):
        """Log calls in the nth minute of the story: error codes, or None for a good call."""
        second = MINUTE + minute * 60 + 20
        messages = [json.dumps({"errorCode": code} if code else {"eventName": "Decrypt"}) for code in codes]
        self._client("logs").put_log_events(
            logGroupName=self.name,
            logStreamName="s",
            logEvents=[{"timestamp": second * 1000, "message": message} for message in messages],
        )

    def alarm(self):
        (alarm,) = self._client("cloudwatch").describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        return alarm

    def state(self):
        return self.alarm()["StateValue"]

    def messages(self):
        """The alarm's messages since the last call."""
        answer = self._client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        found = [json.loads(each["Body"]) for each in answer.get("Messages", [])]
        for each in answer.get("Messages", []):
            self._client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])
        return found


def test_an_alarm_fires_recovers_and_fires_again(chain):
    assert chain.state() == "INSUFFICIENT_DATA"
    chain.calls(0, "AccessDenied", "AccessDenied")
    assert chain.state() == "ALARM"
    assert len(chain.messages()) == 1
    chain.calls(1, None)
    assert chain.state() == "OK"
    assert not chain.messages()  # no OK actions
    chain.calls(2, "AccessDenied", "AccessDenied", "AccessDenied")
    assert chain.state() == "ALARM"
    (message,) = chain.messages()
    assert json.loads(message["Message"])["OldStateValue"] == "OK"


def test_calls_of_one_minute_add_up_and_notify_once(chain):
    chain.calls(0, "AccessDenied")
    assert chain.state() == "OK"
    chain.calls(0, None, "AccessDenied")
    chain.calls(0, None)
    chain.calls(0, "AccessDenied")
    assert chain.state() == "ALARM"
    assert len(chain.messages()) == 1


def test_a_late_event_does_not_change_the_state(chain):
    chain.calls(1, None)
    chain.calls(0, "AccessDenied", "AccessDenied")
    assert chain.state() == "OK"


def test_without_errors_nothing_is_alarmed(chain):
    chain.calls(0, *[None] * 20)
    assert chain.state() == "OK"


def test_without_a_default_value_a_quiet_minute_publishes_nothing(client, chain):
    client("logs").put_metric_filter(
        logGroupName=chain.name,
        filterName=chain.name,
        filterPattern='{ $.errorCode = "*" }',
        metricTransformations=[{"metricName": chain.name, "metricNamespace": "Test", "metricValue": "1"}],
    )
    chain.calls(0, "AccessDenied", "AccessDenied")
    chain.calls(1, None)
    assert chain.state() == "ALARM"


def test_two_of_three_periods_must_breach(chain):
    chain.put_alarm(Period=60, EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    chain.calls(0, "a", "b")
    chain.calls(1, None)
    assert chain.state() == "OK"
    chain.calls(2, "a", "b")
    assert chain.state() == "ALARM"
    chain.calls(3, None)
    assert chain.state() == "OK"


def test_the_message_is_that_of_aws(chain):
    chain.calls(0, *["AccessDenied"] * 26)
    (envelope,) = chain.messages()
    assert envelope["Subject"] == f'ALARM: "{chain.name}" in Asia Pacific (Sydney)'
    message = json.loads(envelope["Message"])
    shown = time.strftime("%d/%m/%y %H:%M:%S", time.gmtime(MINUTE))
    reason = (
        f"Threshold Crossed: 1 out of the last 1 datapoints [26.0 ({shown})] was greater than "
        "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    for field in ("AlarmConfigurationUpdatedTimestamp", "StateChangeTime"):
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", message.pop(field))
    assert message == {
        "AlarmName": chain.name,
        "AlarmDescription": None,
        "AWSAccountId": "111122223333",
        "NewStateValue": "ALARM",
        "NewStateReason": reason,
        "Region": "Asia Pacific (Sydney)",
        "AlarmArn": f"arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:{chain.name}",
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [],
        "AlarmActions": [chain.topic],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": chain.name,
            "Namespace": "Test",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [],
            "Period": 10,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 1.0,
            "TreatMissingData": "ignore",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def test_the_recovery_says_so(chain):
    chain.put_alarm(OKActions=[chain.topic])
    chain.calls(0, "a", "b")
    chain.calls(1, None)
    messages = {each["Subject"].partition(":")[0]: json.loads(each["Message"]) for each in chain.messages()}
    shown = time.strftime("%d/%m/%y %H:%M:%S", time.gmtime(MINUTE + 60))
    assert messages["OK"]["NewStateReason"] == (
        f"Threshold Crossed: 1 datapoint [0.0 ({shown})] was not greater than the threshold (1.0)."
    )


def test_the_reason_data_names_the_datapoints(chain):
    chain.calls(0, "a", "b", "c")
    data = json.loads(chain.alarm()["StateReasonData"])
    start = time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(MINUTE))
    del data["queryDate"]
    assert data == {
        "version": "1.0",
        "startDate": start,
        "statistic": "Sum",
        "period": 10,
        "recentDatapoints": [3.0],
        "threshold": 1.0,
        "evaluatedDatapoints": [{"timestamp": start, "sampleCount": 3.0, "value": 3.0}],
    }


def test_a_state_set_by_hand_notifies_and_has_no_reason_data(client, chain):
    chain.calls(0, "a", "b")
    chain.messages()
    client("cloudwatch").set_alarm_state(AlarmName=chain.name, StateValue="OK", StateReason="done")
    client("cloudwatch").set_alarm_state(AlarmName=chain.name, StateValue="ALARM", StateReason="drill")
    (message,) = chain.messages()
    assert json.loads(message["Message"])["NewStateReason"] == "drill"
    assert "StateReasonData" not in chain.alarm()


def topic_policy(chain, service="cloudwatch.amazonaws.com", account="111122223333", alarm=None):
    arn = f"arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:{alarm or chain.name}"
    publish = {"Action": "sns:Publish", "Resource": chain.topic}
    condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnEquals": {"aws:SourceArn": arn}}
    return document(
        [
            {"Effect": "Allow", "Principal": {"Service": service}, "Condition": condition, **publish},
            {
                "Effect": "Deny",
                "Principal": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                **publish,
            },
        ]
    )


@pytest.mark.parametrize(
    ("change", "delivered"),
    [
        ({}, True),
        ({"alarm": "another"}, False),
        ({"account": "444455556666"}, False),
        ({"service": "events.amazonaws.com"}, False),
    ],
    ids=["this alarm", "another alarm", "another account", "another service"],
)
def test_the_topic_policy_decides_whether_an_alarm_may_publish(client, chain, change, delivered):
    policy = topic_policy(chain, **change)
    client("sns").set_topic_attributes(TopicArn=chain.topic, AttributeName="Policy", AttributeValue=policy)
    chain.calls(0, "a", "b")
    assert len(chain.messages()) == delivered
    items = client("cloudwatch").describe_alarm_history(AlarmName=chain.name, HistoryItemType="Action")[
        "AlarmHistoryItems"
    ]
    assert items[0]["HistorySummary"].startswith("Successfully" if delivered else "Failed")


def test_cloudwatch_cannot_use_the_key_that_aws_manages_for_sns(client, chain):
    client("sns").set_topic_attributes(
        TopicArn=chain.topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    )
    chain.calls(0, "a", "b")
    assert chain.state() == "ALARM"
    assert not chain.messages()


@pytest.mark.parametrize(
    "wrong",
    [
        {"Period": 15},
        {"Period": 90},
        {"Period": 0},
        {"EvaluationPeriods": 0},
        {"DatapointsToAlarm": 2},
        {"TreatMissingData": "notbreaching"},
        {"ComparisonOperator": "Greater"},
        {"Period": 10, "EvaluationPeriods": 8641},
        {"AlarmActions": ["arn:aws:sns:ap-southeast-2:111122223333:t"] * 6},
        {"AlarmActions": ["arn:aws:sns:us-east-1:111122223333:t"]},
    ],
)
def test_settings_that_aws_refuses_are_refused(chain, wrong):
    with pytest.raises(Exception, match="ValidationError|Parameter validation failed"):
        chain.put_alarm(**wrong)


@pytest.mark.parametrize("period", [10, 20, 30, 60, 300])
def test_these_periods_are_accepted(chain, period):
    chain.put_alarm(Period=period)
    assert chain.alarm()["Period"] == period


def test_an_unknown_state_cannot_be_set(client, chain):
    with pytest.raises(ClientError, match="ValidationError"):
        client("cloudwatch").set_alarm_state(AlarmName=chain.name, StateValue="FINE", StateReason="?")


def test_the_same_over_cbor(aws, chain):
    cbor = Cbor(aws)
    setting = {
        "AlarmName": chain.name,
        "Namespace": "Test",
        "MetricName": chain.name,
        "Statistic": "Sum",
        "Period": 20,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
        "AlarmActions": [chain.topic],
    }
    assert cbor.call("PutMetricAlarm", **setting)[0] == 200
    status, error = cbor.call("PutMetricAlarm", **{**setting, "Period": 15})
    assert (status, error["__type"]) == (400, "ValidationError")
    chain.calls(0, "a", "b")
    status, answer = cbor.call("DescribeAlarms", AlarmNames=[chain.name])
    (alarm,) = answer["MetricAlarms"]
    assert (status, alarm["StateValue"], alarm["Period"]) == (200, "ALARM", 20)
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [2.0]
    assert alarm["StateUpdatedTimestamp"].year >= 2026
