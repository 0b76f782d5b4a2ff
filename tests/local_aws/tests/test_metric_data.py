"""What GetMetricData adds up."""

from datetime import UTC, datetime, timedelta

import pytest

# Within the two weeks that data is kept here, and on no hour.
END = datetime.now(UTC).replace(minute=46, second=0, microsecond=0) - timedelta(hours=2)


@pytest.fixture
def metric(client, name):
    def put(minutes, value, **dimensions):
        point = {
            "MetricName": name,
            "Timestamp": END - timedelta(minutes=minutes),
            "Value": value,
            "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        }
        client("cloudwatch").put_metric_data(Namespace="Test", MetricData=[point])

    def hours(count):
        stat = {"Metric": {"Namespace": "Test", "MetricName": name}, "Period": 3600, "Stat": "Sum"}
        answer = client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "errors", "MetricStat": stat}],
            StartTime=END - timedelta(hours=count),
            EndTime=END,
        )
        [result] = answer["MetricDataResults"]
        assert result["StatusCode"] == "Complete"
        ages = [(END - begin) / timedelta(hours=1) for begin in result["Timestamps"]]
        return list(zip(ages, result["Values"], strict=True))

    return put, hours


def test_a_metric_that_nobody_wrote_has_no_values(metric):
    _, hours = metric
    assert hours(336) == []


def test_the_hours_begin_where_the_time_that_is_asked_for_begins(metric):
    put, hours = metric
    for minutes, value in [(0, 99), (1, 1), (60, 2), (61, 4), (120, 8), (300, 0)]:
        put(minutes, value)
    assert hours(24) == [(1, 3), (2, 12), (5, 0)]
    assert hours(1) == [(1, 3)]


def test_a_metric_with_dimensions_is_another_one(metric):
    put, hours = metric
    put(5, 1)
    put(5, 7, code="DisabledException")
    assert hours(1) == [(1, 1)]
