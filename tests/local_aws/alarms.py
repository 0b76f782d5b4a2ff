"""CloudWatch alarms that judge datapoints, change state both ways and notify in AWS's words.

ministack looks at the last moments of a metric, never comes back to OK without new data
inside that moment, and sends a short message of its own. Here an alarm is judged when a
datapoint of its metric arrives, at that datapoint's period: M of the last N periods breach,
by `TreatMissingData` where one is empty. So an alarm follows the time of the data, not a
clock: a default value of 0 in a later minute brings it back to OK at once. AWS judges every
minute (every 10 seconds for short periods) and would also notice that nothing arrived; this
does so for alarms to which missing data is a breach (`TreatMissingData: breaching`): they look
back from now, whenever a datapoint arrives and in each minute that clock.py lets pass. A late
datapoint counts as long as the alarm still looks at its period. An alarm on metric math may add
metrics up: `FILL(a, 0) + FILL(b, 0)`. Without FILL, data that is missing is not treated as
anything while there are enough datapoints further back; AWS does not say how far it looks, and
in its examples it is two periods more.

The SNS message has the fields, the order and the formats of AWS's own. It is delivered only
if the topic's policy lets CloudWatch in for this alarm; see policies.py. The alarm's history
tells what became of each action.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
"""

import functools
import json
import logging
import operator
import re
import threading
import time
from datetime import UTC, datetime

import botocore.loaders
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, sns
from ministack.services.cloudformation import provisioners

from . import policies
from .patch import around

log = logging.getLogger("local_aws.alarms")

_COMPARISONS = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_FURTHER_BACK = 2  # periods
_arrived = {}
_in_story = set()
_lock = threading.Lock()


def publish(namespace, name, values_by_time, dimensions=None, in_story=False):
    """Put values into a metric, `{epoch second: [values]}`, and judge its alarms. A story that tells its own times is
    not told by the clock."""
    if in_story:
        _in_story.add((namespace, name, cloudwatch._dims_key(dimensions or {})))
    for second, values in values_by_time.items():
        if values:
            cloudwatch._store_datum(
                namespace, name, dimensions or {}, second, "None", None, values, None, None
            )
    cloudwatch._evaluate_all_alarms()


@around(cloudwatch, "_store_datum")
def _store_datum(original, namespace, name, dimensions, second, *rest):
    original(namespace, name, dimensions, second, *rest)
    with _lock:
        metric = (namespace, name, cloudwatch._dims_key(dimensions))
        _arrived.setdefault((get_account_id(), get_region()), {}).setdefault(metric, set()).add(second)


@around(cloudwatch, "_evaluate_all_alarms")
def _evaluate_all_alarms(_original):
    with _lock:
        arrived = _arrived.pop((get_account_id(), get_region()), {})
    for alarm in list(cloudwatch._alarms.values()):
        seconds = {second for metric, _ in _metrics(alarm) for second in arrived.get(metric, ())}
        if seconds and _is_judged_by_the_clock(alarm):
            _judge_now(alarm)
            continue
        for second in sorted(seconds):
            _judge(alarm, second // alarm["Period"] * alarm["Period"])


def a_minute_passes():
    """Every metric and alarm that has no story of its own is a minute older; nothing is judged yet."""
    for metric, points in cloudwatch._metrics.items():
        if metric not in _in_story:
            for point in points:
                point["Timestamp"] -= 60
    older = {name for name, alarm in cloudwatch._alarms.items() if not any(each in _in_story for each, _ in _metrics(alarm))}
    for name in older:
        for key in ("_judged_until", "StateUpdatedTimestamp", "StateTransitionedTimestamp"):
            if cloudwatch._alarms[name].get(key):
                cloudwatch._alarms[name][key] -= 60
    for entry in cloudwatch._history_entries():
        if entry["AlarmName"] in older:
            entry["Timestamp"] = cloudwatch._ts_iso(cloudwatch._parse_ts(entry["Timestamp"]) - 60)


def judge_by_the_clock():
    """Judge each alarm to which it means something that nothing arrives."""
    for alarm in list(cloudwatch._alarms.values()):
        if _is_judged_by_the_clock(alarm):
            _judge_now(alarm)


def _is_judged_by_the_clock(alarm):
    return alarm["TreatMissingData"] == "breaching"


@around(cloudwatch, "_evaluate_alarm")
def _evaluate_alarm(_original, alarm):
    """A new or changed alarm waits for its next datapoint."""


@around(cloudwatch, "_evict_old_metrics")
def _evict_old_metrics(_original):
    """Nothing here lives for two weeks, and a datapoint could get lost on the way."""


def _metrics(alarm):
    """Its metrics, each with its statistic."""
    if "Metrics" not in alarm:
        return [(_key(alarm), alarm.get("ExtendedStatistic") or alarm["Statistic"])]
    by_id = {each["Id"]: each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each}
    return [(_key(by_id[name]["Metric"]), by_id[name]["Stat"]) for name, _ in _summands(alarm["Metrics"])]


def _summands(metrics):
    """The ids that the alarm's expression adds up, with what is taken where one has no data; none when it does
    anything else."""
    [expression] = [each.get("Expression", "") for each in metrics if each.get("ReturnData", True)]
    ids = [re.fullmatch(r"FILL\((\w+), (\d+)\)", each) for each in expression.split(" + ")]
    return [(found[1], float(found[2])) for found in ids] if all(ids) else []


def _key(metric):
    dimensions = cloudwatch._dims_from_list(metric.get("Dimensions") or [])
    return metric.get("Namespace"), metric.get("MetricName"), cloudwatch._dims_key(dimensions)


def _judge(alarm, newest):
    newest = alarm["_judged_until"] = max(newest, alarm.get("_judged_until", 0))
    period, periods = alarm["Period"], alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm") or periods
    oldest = newest - (periods - 1) * period
    datapoints = _datapoints(alarm, range(int(oldest), int(newest) + period, period))
    breaches, _ = _COMPARISONS[alarm["ComparisonOperator"]]
    breaching = [each for each in datapoints if breaches(each["value"], alarm["Threshold"])]
    missing = periods - len(datapoints)
    treatment = alarm["TreatMissingData"]
    if len(breaching) + (missing if treatment == "breaching" else 0) >= needed:
        _change(alarm, "ALARM", breaching, datapoints)
    elif treatment == "ignore" and len(breaching) + missing >= needed:
        return
    else:
        calm = [each for each in datapoints if each not in breaching]
        _change(alarm, "OK", calm or datapoints, datapoints)


def _judge_now(alarm):
    """The same, over the periods that end now."""
    period, periods, now = alarm["Period"], alarm["EvaluationPeriods"], time.time()
    needed = alarm.get("DatapointsToAlarm") or periods
    starts = [now - number * period for number in range(periods + _FURTHER_BACK, 0, -1)]
    datapoints = _datapoints(alarm, starts)[-periods:]
    missing = periods - len(datapoints)
    breaches, _ = _COMPARISONS[alarm["ComparisonOperator"]]
    breaching = [each for each in datapoints if breaches(each["value"], alarm["Threshold"])]
    if len(breaching) + missing >= needed:
        _change(alarm, "ALARM", breaching, datapoints)
    else:
        _change(alarm, "OK", [each for each in datapoints if each not in breaching], datapoints)


def _datapoints(alarm, starts):
    """The datapoints of the periods that begin then, without those of which nothing is known."""
    values = [_values(metric, statistic, alarm["Period"], starts) for metric, statistic in _metrics(alarm)]
    if "Metrics" not in alarm:
        return list(values[0].values())
    fills = [fill for _, fill in _summands(alarm["Metrics"])]
    return [
        {"start": start, "value": float(sum(each[start]["value"] if start in each else fill for each, fill in zip(values, fills)))}
        for start in starts
    ]


def _values(metric, statistic, period, starts):
    """The datapoints of a metric, by the start of their period."""
    by_period = {}
    for point in cloudwatch._metrics.get(metric, []):
        for start in starts:
            if start <= point["Timestamp"] < start + period:
                by_period.setdefault(start, []).append(point)
    values = {}
    for start, points in sorted(by_period.items()):
        stats = cloudwatch._calc_stats(points)
        value = cloudwatch._stat_value(stats, statistic, points)
        values[start] = {"start": start, "value": value, "count": stats["SampleCount"]}
    return values


def _change(alarm, state, telling, datapoints):
    if alarm["StateValue"] == state:
        return
    now = time.time()
    data = {
        "version": "1.0",
        "queryDate": _timestamp(now),
        **({"startDate": _timestamp(datapoints[0]["start"])} if datapoints else {}),
        "statistic": alarm.get("ExtendedStatistic") or alarm["Statistic"],
        "period": alarm["Period"],
        "recentDatapoints": [each["value"] for each in datapoints],
        "threshold": alarm["Threshold"],
        "evaluatedDatapoints": [
            {
                "timestamp": _timestamp(each["start"]),
                **({"sampleCount": each["count"]} if "count" in each else {}),
                "value": each["value"],
            }
            for each in reversed(datapoints)
        ],
    }
    _set_state(alarm, state, _reason(alarm, state, telling), json.dumps(data), now)


def _reason(alarm, state, telling):
    count, periods = len(telling), alarm["EvaluationPeriods"]
    if not count:
        several = "s" * (periods != 1)
        return (
            f"Threshold Crossed: no datapoints were received for {periods} period{several} and {periods} missing "
            f"datapoint{several} {'were' if several else 'was'} treated as [Breaching]."
        )
    needed = alarm.get("DatapointsToAlarm") or periods
    listed = ", ".join(f"{each['value']} ({_short_time(each['start'])})" for each in reversed(telling))
    of = f" out of the last {periods} datapoints" if state == "ALARM" else f" datapoint{'s' * (count != 1)}"
    verb = ("was" if count == 1 else "were") + ("" if state == "ALARM" else " not")
    _, words = _COMPARISONS[alarm["ComparisonOperator"]]
    reason = f"Threshold Crossed: {count}{of} [{listed}] {verb} {words} the threshold ({alarm['Threshold']})"
    if state == "ALARM":
        reason += f" (minimum {needed} datapoint{'s' * (needed != 1)} for OK -> ALARM transition)"
    return reason + "."


def _set_state(alarm, state, reason, data, now):
    old = alarm["StateValue"]
    alarm.update(StateValue=state, StateReason=reason, StateReasonData=data)
    alarm.update(StateUpdatedTimestamp=now, StateTransitionedTimestamp=now)
    cloudwatch._record_history(alarm["AlarmName"], old, state, reason, reason_data=json.loads(data))
    cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)


@around(cloudwatch, "_set_alarm_state")
def _set_alarm_state(original, params, data, is_cbor, is_json=False):
    request = (
        data
        if is_cbor or is_json
        else {name: cloudwatch._p(params, name) for name in ("AlarmName", "StateValue")}
    )
    if request.get("StateValue") not in _STATES:
        return cloudwatch._error("ValidationError", "StateValue", 400, use_json=is_json, use_cbor=is_cbor)
    alarm = cloudwatch._alarms.get(request.get("AlarmName"))
    if alarm:
        alarm.pop("StateReasonData", None)  # only what this request brings
        if alarm["StateValue"] != request["StateValue"]:
            alarm["StateTransitionedTimestamp"] = time.time()
    return original(params, data, is_cbor, is_json)


@around(cloudwatch, "_dispatch_alarm_actions")
def _dispatch_alarm_actions(_original, alarm, old, state, reason):
    if not alarm.get("ActionsEnabled", True):
        return
    for action in alarm.get(_ACTIONS[state]) or []:
        refusal = _notify(action, alarm, old, state, reason)
        summary = (
            f"Failed to execute action {action}: {refusal}"
            if refusal
            else f"Successfully executed action {action}"
        )
        log.info("%s: %s", alarm["AlarmName"], summary)
        cloudwatch._history_entries().append(
            {
                "AlarmName": alarm["AlarmName"],
                "AlarmType": "MetricAlarm",
                "Timestamp": cloudwatch._ts_iso(time.time()),
                "HistoryItemType": "Action",
                "HistorySummary": summary,
                "HistoryData": json.dumps(
                    {"actionState": "Failed" if refusal else "Succeeded", "error": refusal}
                ),
            }
        )


def _notify(action, alarm, old, state, reason):
    """Publish to the topic; the reason why not, if not."""
    if not cloudwatch._is_sns_action_arn(action):
        return "this local AWS notifies SNS topics only"
    topic = sns._topics.get(action)
    if topic is None:
        return "the topic does not exist"
    if topic["attributes"].get("KmsMasterKeyId") == "alias/aws/sns":
        return "CloudWatch may not use the key alias/aws/sns"
    if not policies.service_may(
        "cloudwatch.amazonaws.com",
        "sns:Publish",
        action,
        topic["attributes"].get("Policy"),
        alarm["AlarmArn"],
    ):
        return "CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: " + action
    subject = f'{state}: "{alarm["AlarmName"]}" in {_region_name(get_region())}'
    sns.publish_internal(action, json.dumps(_message(alarm, old, state, reason)), subject[:99])
    return None


def _one_metric(alarm):
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        "StatisticType": "ExtendedStatistic" if alarm.get("ExtendedStatistic") else "Statistic",
        "Statistic": alarm.get("ExtendedStatistic")
        or {"SampleCount": "SAMPLE_COUNT"}.get(alarm["Statistic"], alarm["Statistic"].upper()),
        "Unit": alarm.get("Unit"),
        "Dimensions": [
            {"value": each["Value"], "name": each["Name"]} for each in alarm.get("Dimensions") or []
        ],
    }


def _message(alarm, old, state, reason):
    trigger = {
        "Period": alarm["Period"],
        "EvaluationPeriods": alarm["EvaluationPeriods"],
    }
    if "Metrics" in alarm:
        trigger["Metrics"] = alarm["Metrics"]
    else:
        trigger = {**_one_metric(alarm), **trigger}
    if alarm.get("DatapointsToAlarm"):
        trigger["DatapointsToAlarm"] = alarm["DatapointsToAlarm"]
    trigger.update(
        ComparisonOperator=alarm["ComparisonOperator"],
        Threshold=alarm["Threshold"],
        TreatMissingData=alarm["TreatMissingData"],
        EvaluateLowSampleCountPercentile="",
    )
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": get_account_id(),
        "AlarmConfigurationUpdatedTimestamp": _timestamp(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": state,
        "NewStateReason": reason,
        "StateChangeTime": _timestamp(alarm["StateUpdatedTimestamp"]),
        "Region": _region_name(get_region()),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old,
        "OKActions": alarm.get("OKActions") or [],
        "AlarmActions": alarm.get("AlarmActions") or [],
        "InsufficientDataActions": alarm.get("InsufficientDataActions") or [],
        "Trigger": trigger,
    }


@around(cloudwatch, "_put_metric_alarm")
def _put_metric_alarm(original, params, data, is_cbor, is_json=False):
    request = data if is_cbor or is_json else {name: value[0] for name, value in params.items()}
    invalid = _invalid(request)
    if invalid:
        return cloudwatch._error("ValidationError", invalid, 400, use_json=is_json, use_cbor=is_cbor)
    old = cloudwatch._alarms.get(request["AlarmName"], {})
    answer = original(params, _with_one_metric(data) if is_cbor or is_json else data, is_cbor, is_json)
    new = cloudwatch._alarms.get(request["AlarmName"], {})
    if request.get("Metrics"):
        new["Metrics"] = request["Metrics"]
    _keep_history(old, new)
    return answer


@around(provisioners, "_cw_metric_alarm_record")
def _alarm_from_template(original, name, properties):
    invalid = _invalid({**properties, "AlarmName": name})
    if invalid:
        raise ValueError(f"{invalid} (Service: CloudWatch, Status Code: 400)")
    alarm = original(name, _with_one_metric(properties))
    if properties.get("Metrics"):
        alarm["Metrics"] = properties["Metrics"]
    _keep_history(cloudwatch._alarms.get(name, {}), alarm)
    return alarm


def _with_one_metric(request):
    """The same, as if it were an alarm on the first of its metrics: ministack knows no others."""
    if not request.get("Metrics"):
        return request
    [first, *_] = [each["MetricStat"] for each in request["Metrics"] if "MetricStat" in each]
    others = {name: value for name, value in request.items() if name != "Metrics"}
    return {**others, **first["Metric"], "Statistic": first["Stat"], "Period": first["Period"]}


def _keep_history(old, new):
    """Changing an alarm keeps its state, and with it what the state was judged by."""
    for key in ("StateReasonData", "StateTransitionedTimestamp", "_judged_until"):
        if key in old:
            new.setdefault(key, old[key])


def _invalid(request):
    def number(name, default=None):
        value = request.get(name)
        return default if value in (None, "") else float(value)

    if request.get("Metrics"):
        if not _summands(request["Metrics"]):
            return "this local AWS knows one kind of metric math only: FILL(a, 0) + FILL(b, 1)"
        return _invalid(_with_one_metric(request))
    period, periods = number("Period", 60), number("EvaluationPeriods")
    needed = number("DatapointsToAlarm", periods)
    if not 1 <= len(request.get("AlarmName") or "") <= 255:
        return "AlarmName must be 1 to 255 characters"
    if not request.get("MetricName") or not request.get("Namespace"):
        return "MetricName and Namespace are required, or Metrics"
    if not request.get("Statistic") and not request.get("ExtendedStatistic"):
        return "The parameters Statistic or ExtendedStatistic must be specified."
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        return f"Period must be 10, 20, 30 or a multiple of 60; it is {period:g}"
    if not periods or periods < 1 or not 1 <= needed <= periods:
        return "EvaluationPeriods must be at least 1, and DatapointsToAlarm at most that"
    if period * periods > (86400 if period < 60 else 7 * 86400):
        return (
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
        )
    if number("Threshold") is None or request.get("ComparisonOperator") not in _COMPARISONS:
        return "Threshold and ComparisonOperator are required"
    if (request.get("TreatMissingData") or "missing") not in (
        "breaching",
        "notBreaching",
        "ignore",
        "missing",
    ):
        return "TreatMissingData must be breaching, notBreaching, ignore or missing"
    for name in _ACTIONS.values():
        if len(request.get(name) or []) > 5:
            return f"{name} can have 5 members at most"
        for action in request.get(name) or []:
            service, region = (str(action).split(":") + [""] * 4)[2:4]
            if service == "sns" and region != get_region():
                return f"Invalid region {region} specified. Only {get_region()} is supported."
    return None


@functools.cache
def _region_name(region):
    """`Asia Pacific (Sydney)`: AWS's message has the long name."""
    for partition in botocore.loaders.create_loader().load_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            return partition["regions"][region]["description"]
    return region


def _timestamp(second):
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _short_time(second):
    return datetime.fromtimestamp(second, UTC).strftime("%d/%m/%y %H:%M:%S")
