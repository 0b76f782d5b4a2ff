"""Lines of a log that are metrics."""

import json
import time

import pytest

from .conftest import Function


@pytest.fixture
def log(client, name):
    """`log(line)` writes a line."""
    client("logs").create_log_group(logGroupName=name)
    client("logs").create_log_stream(logGroupName=name, logStreamName="s")

    def write(line):
        text = line if isinstance(line, str) else json.dumps(line)
        event = {"timestamp": int(time.time() * 1000), "message": text}
        client("logs").put_log_events(logGroupName=name, logStreamName="s", logEvents=[event])

    return write


def line(name, **changes):
    """A line with one metric."""
    directive = {"Namespace": "Test", "Dimensions": [["Name"]], "Metrics": [{"Name": "Problems"}]}
    embedded = {"Timestamp": int((time.time() - 30) * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": embedded, "Name": name, "Problems": 2, "other": {"a": 1}, **changes}


def values(client, name, dimensions):
    """The values of the metric in the last minutes."""
    answer = client("cloudwatch").get_metric_statistics(
        Namespace="Test",
        MetricName="Problems",
        Dimensions=dimensions,
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )
    return [(each["Sum"], each["SampleCount"]) for each in answer["Datapoints"]]


def test_a_line_becomes_a_datapoint(client, name, log):
    log(line(name))
    assert values(client, name, [{"Name": "Name", "Value": name}]) == [(2, 1)]


def test_several_values_count_each(client, name, log):
    log(line(name, Problems=[0, 1.5]))
    assert values(client, name, [{"Name": "Name", "Value": name}]) == [(1.5, 2)]


def test_each_set_of_dimensions_is_a_metric(client, name, log):
    both = line(name, Kind="b")
    both["_aws"]["CloudWatchMetrics"][0]["Dimensions"].append(["Name", "Kind"])
    log(both)
    assert values(client, name, [{"Name": "Name", "Value": name}, {"Name": "Kind", "Value": "b"}]) == [(2, 1)]


def test_its_time_is_its_own(client, name, log):
    late = line(name)
    late["_aws"]["Timestamp"] = int((time.time() - 7200) * 1000)
    log(late)
    assert values(client, name, [{"Name": "Name", "Value": name}]) == []


@pytest.mark.parametrize(
    "wrong",
    ["not JSON, _aws", '{"_aws": 1}', '["_aws"]', {"Problems": "many"}, {"Name": ""}, {"Name": 1}, {"_aws": {}}],
)
def test_what_is_no_metric_makes_none(client, name, log, wrong):
    log(wrong if isinstance(wrong, str) else line(name, **wrong))
    log(line(name, Problems=1))
    assert values(client, name, [{"Name": "Name", "Value": name}]) == [(1, 1)]


def test_a_function_writes_them_by_printing(client, name):
    function = Function(client, name)
    event = {"print": line(name)}
    client("lambda").invoke(FunctionName=function.name, Payload=json.dumps(event).encode())
    assert values(client, name, [{"Name": "Name", "Value": name}]) == [(2, 1)]
