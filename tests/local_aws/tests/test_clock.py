"""Minutes that pass, for alarms to which missing data is a breach."""

import time

import pytest

from .test_alarm import Chain


@pytest.fixture
def health(aws, client, name):
    return Health(aws, client, name)


class Health(Chain):
    """An alarm over ten minutes on a metric with a value every five."""

    def __init__(self, aws, client, name):
        self._aws = aws
        super().__init__(client, name, **_setting(name))

    def put_plain(self):
        """The same without FILL."""
        self.put_alarm(TreatMissingData="breaching", Period=600, ComparisonOperator="GreaterThanOrEqualToThreshold")

    def put_alarm(self, **settings):
        if "Metrics" in settings:
            self._client("cloudwatch").put_metric_alarm(AlarmName=self.name, AlarmActions=[self.topic], **settings)
        else:
            super().put_alarm(**settings)

    def value(self, value):
        data = {"MetricName": self.name, "Value": value, "Timestamp": time.time()}
        self._client("cloudwatch").put_metric_data(Namespace="Test", MetricData=[data])

    def minutes(self, minutes):
        self._aws.minutes_pass(minutes)
        return self.state()


def _setting(name):
    metric = {"Namespace": "Test", "MetricName": name}
    return {
        "Metrics": [
            {"Id": "health", "Expression": "FILL(problems, 1)"},
            {"Id": "problems", "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 600, "Stat": "Sum"}},
        ],
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "breaching",
    }


def test_values_in_time_keep_it_quiet(health):
    for _ in range(12):
        health.value(0)
        assert health.minutes(5) == "OK"
    assert not health.messages()


def test_one_value_that_is_late_or_lost_alarms_nobody(health):
    health.value(0)
    assert health.minutes(9) == "OK"
    health.value(0)
    assert health.minutes(9) == "OK"


def test_none_within_the_period_raises_it_and_the_next_ends_it(health):
    health.value(0)
    assert health.minutes(9) == "OK"
    assert health.minutes(2) == "ALARM"
    [message] = health.messages()
    assert "FILL(problems, 1)" in message["Message"]
    assert health.minutes(60) == "ALARM"
    health.value(0)
    assert health.state() == "OK"
    assert not health.messages()


def test_values_of_the_period_add_up(health):
    health.value(0.5)
    assert health.minutes(5) == "OK"
    health.value(0.5)
    assert health.state() == "ALARM"
    assert health.minutes(6) == "OK"


def test_a_problem_is_over_when_the_period_has_passed(health):
    health.value(1)
    assert health.state() == "ALARM"
    health.minutes(5)
    health.value(0)
    assert health.state() == "ALARM"
    assert health.minutes(6) == "OK"


def test_an_alarm_that_never_had_a_value_is_raised(health):
    assert health.minutes(1) == "ALARM"


def test_without_fill_it_first_looks_further_back(health):
    health.put_plain()
    health.value(0)
    assert health.minutes(11) == "OK"
    assert health.minutes(18) == "OK"
    assert health.minutes(2) == "ALARM"
    assert health.alarm()["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching]."
    )


def test_the_alarm_and_its_history_grow_older(client, health):
    health.value(1)
    health.minutes(4)
    history = client("cloudwatch").describe_alarm_history(AlarmName=health.name, HistoryItemType="StateUpdate")
    item, *_ = history["AlarmHistoryItems"]
    for at in (item["Timestamp"], health.alarm()["StateTransitionedTimestamp"]):
        assert 239 <= time.time() - at.timestamp() <= 300


def test_a_functions_log_grows_older_with_the_times_in_its_metrics(aws, client, name):
    logs, group = client("logs"), f"/aws/lambda/{name}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    lines = ['{"_aws":{"Timestamp":1795427100000},"at":"2026-11-23T09:45:00.123Z"}', "at 2026-11-23T09:45:00Z"]
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    aws.minutes_pass(2)
    found = logs.filter_log_events(logGroupName=group)["events"]
    assert {each["timestamp"] for each in found} == {now - 120_000}
    assert [each["message"] for each in found] == [
        '{"_aws":{"Timestamp":1795426980000},"at":"2026-11-23T09:43:00.123Z"}',
        lines[1],
    ]
    [stream] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["creationTime"] <= now - 119_000


def test_other_alarms_wait_for_their_data(aws, client, name):
    chain = Chain(client, name, TreatMissingData="notBreaching")
    chain.calls(0, "AccessDenied", "AccessDenied")
    aws.minutes_pass(30)
    assert chain.state() == "ALARM"
    chain.calls(1, None)
    assert chain.state() == "OK"
