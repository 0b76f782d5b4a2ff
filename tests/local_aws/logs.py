"""CloudWatch Logs: patterns that filter, pages, and metric filters that emit.

ministack takes every JSON pattern and matches every event, always answers with one page, and
emits no metrics. Here PutMetricFilter and FilterLogEvents refuse what AWS refuses,
FilterLogEvents pages as AWS may (`set_pages` makes small pages, and an empty first one),
TestMetricFilter exists, and an event that arrives is counted by the filters of its group.

AWS adds a filter's values up by minute, the minute of the event's own timestamp, and
publishes them each minute; the default value comes for a minute with events and no match.
Here every PutLogEvents publishes at once, for the minutes of its events. A second put into
the same minute adds to it, so the sum is what AWS would have; only its time is early.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

import base64
import binascii
import json
import logging
import re

from ministack.core.responses import error_response_json, json_response
from ministack.services import cloudwatch_logs

from . import alarms, filter_pattern
from .patch import around

log = logging.getLogger("local_aws.logs")

_MAX_EVENTS, _MAX_BYTES = 10_000, 1_048_576
_pages = {"size": None, "empty_first": False}


def set_pages(size=None, empty_first=False):
    """Pages of FilterLogEvents from now on: at most `size` events, an empty one first."""
    _pages.update(size=size, empty_first=empty_first)


def _invalid(message):
    return error_response_json("InvalidParameterException", message, 400)


@around(cloudwatch_logs, "handle_request")
async def _handle_request(original, method, path, headers, body, query_params):
    if headers.get("x-amz-target", "").endswith(".TestMetricFilter"):
        return _test_metric_filter(json.loads(body))
    return await original(method, path, headers, body, query_params)


def _test_metric_filter(request):
    messages = request.get("logEventMessages", [])
    try:
        pattern = filter_pattern.compile(request.get("filterPattern", ""))
    except filter_pattern.InvalidPattern as error:
        return _invalid(f"Invalid metric filter pattern: {error}")
    if not 1 <= len(messages) <= 50 or not all(messages):
        return _invalid("logEventMessages must be 1 to 50 messages, none of them empty")
    matches = []
    for number, message in enumerate(messages, 1):
        if pattern(message):
            values = {selector: filter_pattern.select(selector, message) for selector in pattern.selectors}
            values = {selector: str(value) for selector, value in values.items() if value is not None}
            matches.append({"eventNumber": number, "eventMessage": message, "extractedValues": values})
    return json_response({"matches": matches})


@around(cloudwatch_logs, "_put_metric_filter")
def _put_metric_filter(original, request):
    group, name = request.get("logGroupName"), request.get("filterName") or ""
    try:
        filter_pattern.compile(request.get("filterPattern", ""))
    except filter_pattern.InvalidPattern as error:
        return _invalid(f"Invalid metric filter pattern: {error}")
    transformations = request.get("metricTransformations", [])
    if len(transformations) != 1:
        return _invalid("metricTransformations must have exactly one member")
    (transformation,) = transformations
    value = str(transformation.get("metricValue", ""))
    named = [transformation.get("metricName", ""), transformation.get("metricNamespace", "")]
    if not all(re.fullmatch(r"[^:*$]{1,255}", each) for each in named):
        return _invalid("metricName and metricNamespace: 1 to 255 characters, without : * $")
    if not re.fullmatch(r"[^:*]{1,512}", name):
        return _invalid("filterName: 1 to 512 characters, without : *")
    if len(value) > 100 or not re.fullmatch(r"\$\S+|[+-]?\d+(\.\d+)?", value):
        return _invalid("metricValue must be a number or a selector")
    if transformation.get("dimensions"):
        return _invalid("dimensions are not supported by this local AWS")
    others = [key for key in cloudwatch_logs._metric_filters.keys() if key[0] == group and key[1] != name]
    if len(others) >= 100:
        return error_response_json("LimitExceededException", "Resource limit exceeded.", 400)
    return original(request)


@around(cloudwatch_logs, "_fanout_to_subscription_filters")
def _events_arrived(original, group, stream, events):
    """Called for every batch of events, from PutLogEvents and from a Lambda function's log."""
    original(group, stream, events)
    for (filter_group, _), metric_filter in cloudwatch_logs._metric_filters.items():
        if filter_group == group:
            _emit(metric_filter, events)


def _emit(metric_filter, events):
    (transformation,) = metric_filter["metricTransformations"]
    pattern = filter_pattern.compile(metric_filter["filterPattern"])
    minutes = {}
    for event in events:
        minute = event["timestamp"] // 60_000 * 60
        values = minutes.setdefault(minute, [])
        if pattern(event["message"]):
            value = transformation["metricValue"]
            if value.startswith("$"):
                value = filter_pattern.select(value, event["message"])
            try:
                values.append(float(value))
            except (TypeError, ValueError):
                log.info("%s: no number at %s", metric_filter["filterName"], transformation["metricValue"])
    default = transformation.get("defaultValue")
    if default is not None:
        minutes = {minute: values or [float(default)] for minute, values in minutes.items()}
    alarms.publish(transformation["metricNamespace"], transformation["metricName"], minutes, in_story=True)


@around(cloudwatch_logs, "_filter_log_events")
def _filter_log_events(original, request):
    group = cloudwatch_logs._log_groups.get(cloudwatch_logs._resolve_log_group_name(request))
    if group is None:
        return original(request)
    limit = request.get("limit", _MAX_EVENTS)
    start, end = request.get("startTime", 0), request.get("endTime", float("inf"))
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix", "")
    if not 1 <= limit <= _MAX_EVENTS or end < start or (names and prefix):
        return _invalid("limit, startTime and endTime, or logStreamNames and logStreamNamePrefix")
    try:
        pattern = filter_pattern.compile(request.get("filterPattern", ""))
    except filter_pattern.InvalidPattern as error:
        return _invalid(f"Invalid filter pattern: {error}")
    token = request.get("nextToken")
    try:
        position = int(base64.b64decode(token, validate=True)) if token else None
    except (ValueError, binascii.Error):
        return _invalid("The specified nextToken is invalid.")
    if position is None and _pages["empty_first"]:
        return json_response({"events": [], "searchedLogStreams": [], "nextToken": _token(0)})

    found = [
        {**event, "logStreamName": name}
        for name, stream in list(group["streams"].items())
        if (not names or name in names) and name.startswith(prefix)
        for event in stream["events"]
        if start <= event["timestamp"] <= end and pattern(event["message"])
    ]
    found.sort(key=lambda event: event["timestamp"], reverse=request.get("startFromHead") is False)
    position = position or 0
    answer = {
        "events": _page(found[position:], min(limit, _pages["size"] or limit)),
        "searchedLogStreams": [],
    }
    position += len(answer["events"])
    if position < len(found):
        answer["nextToken"] = _token(position)
    return json_response(answer)


def _page(events, limit):
    size = 0
    for count, event in enumerate(events[:limit]):
        size += len(event["message"].encode())
        if count and size > _MAX_BYTES:
            return events[:count]
    return events[:limit]


def _token(position):
    return base64.b64encode(str(position).encode()).decode()
