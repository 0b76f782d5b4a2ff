"""FilterLogEvents, PutMetricFilter and TestMetricFilter."""

import json

import pytest
from botocore.exceptions import ClientError

DENIED = '{ $.errorCode = "AccessDenied" }'
TRANSFORMATION = {"metricName": "Errors", "metricNamespace": "Test", "metricValue": "1"}


@pytest.fixture
def group(client, name):
    """A log group with two streams; denied calls at 1000, 3000, 5000 and another call at 2000."""
    logs = client("logs")
    logs.create_log_group(logGroupName=name)
    for stream, seconds in (("b", (1, 2, 5)), ("a", (3,))):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        events = [
            {
                "timestamp": second * 1000,
                "message": json.dumps({"errorCode": "Other" if second == 2 else "AccessDenied"}),
            }
            for second in seconds
        ]
        logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=events)
    return name


def times(answer):
    return [event["timestamp"] for event in answer["events"]]


def test_streams_are_listed_by_prefix_the_newest_name_first(client, group):
    logs = client("logs")
    for stream in ("turn/1", "turn/1/done", "turn/3", "turn/2", "turned"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName="turn/3")
    request = {"logGroupName": group, "logStreamNamePrefix": "turn/", "orderBy": "LogStreamName"}
    streams = logs.describe_log_streams(**request, descending=True, limit=3)["logStreams"]
    assert [each["logStreamName"] for each in streams] == ["turn/3", "turn/2", "turn/1/done"]
    assert all(each["creationTime"] > 1_700_000_000_000 for each in streams)


def test_only_matching_events_are_found_oldest_first(client, group):
    answer = client("logs").filter_log_events(logGroupName=group, filterPattern=DENIED)
    assert times(answer) == [1000, 3000, 5000]
    assert [event["logStreamName"] for event in answer["events"]] == ["b", "a", "b"]
    assert "nextToken" not in answer


def test_start_and_end_are_inclusive(client, group):
    assert times(client("logs").filter_log_events(logGroupName=group, startTime=1000, endTime=3000)) == [
        1000,
        2000,
        3000,
    ]
    assert times(client("logs").filter_log_events(logGroupName=group, startTime=1001, endTime=2999)) == [2000]


def test_limit_makes_pages(client, group):
    first = client("logs").filter_log_events(logGroupName=group, filterPattern=DENIED, limit=2)
    assert times(first) == [1000, 3000]
    last = client("logs").filter_log_events(
        logGroupName=group, filterPattern=DENIED, limit=2, nextToken=first["nextToken"]
    )
    assert times(last) == [5000]
    assert "nextToken" not in last


def test_small_pages_and_an_empty_one_can_be_forced(aws, client, group):
    aws.pages(size=1, empty_first=True)
    try:
        pages = list(
            client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, filterPattern=DENIED)
        )
    finally:
        aws.pages()
    assert [times(page) for page in pages] == [[], [1000], [3000], [5000]]


@pytest.mark.parametrize("pattern", ["{ $.a = }", "{ $.a = " + "1" * 1024 + " }"])
def test_a_malformed_pattern_is_refused_everywhere(client, group, pattern):
    logs = client("logs")
    for call in (
        lambda: logs.filter_log_events(logGroupName=group, filterPattern=pattern),
        lambda: logs.put_metric_filter(
            logGroupName=group, filterName="f", filterPattern=pattern, metricTransformations=[TRANSFORMATION]
        ),
        lambda: logs.test_metric_filter(filterPattern=pattern, logEventMessages=["{}"]),
    ):
        with pytest.raises(ClientError, match="InvalidParameterException"):
            call()


@pytest.mark.parametrize(
    "wrong",
    [
        {"metricTransformations": []},
        {"metricTransformations": [TRANSFORMATION, TRANSFORMATION]},
        {"metricTransformations": [{**TRANSFORMATION, "metricName": "a:b"}]},
        {"metricTransformations": [{**TRANSFORMATION, "metricValue": "one"}]},
        {"metricTransformations": [{**TRANSFORMATION, "dimensions": {"a": "$.a"}}]},
        {"filterName": "a:b"},
    ],
)
def test_put_metric_filter_refuses_what_aws_refuses(client, group, wrong):
    request = {"filterName": "f", "filterPattern": DENIED, "metricTransformations": [TRANSFORMATION], **wrong}
    # botocore checks some of this itself; its own refusal is as good.
    with pytest.raises(Exception, match="InvalidParameterException|Parameter validation failed"):
        client("logs").put_metric_filter(logGroupName=group, **request)


def test_a_metric_filter_can_be_tried_out(client):
    messages = [json.dumps({"errorCode": code}) for code in ("Other", "AccessDenied")]
    answer = client("logs").test_metric_filter(filterPattern=DENIED, logEventMessages=messages)
    assert answer["matches"] == [
        {"eventNumber": 2, "eventMessage": messages[1], "extractedValues": {"$.errorCode": "AccessDenied"}}
    ]
