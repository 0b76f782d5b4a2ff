"""Metrics that a function writes as lines of its log.

ministack keeps such a line as text. Here each log event that is a JSON object with `_aws.CloudWatchMetrics` becomes
datapoints, at its `Timestamp`: for each of its sets of dimensions, the metrics that it lists and has a number for, or
several numbers. What does not follow the specification makes no metric, and says so nowhere but in the log of this
local AWS.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import logging

from ministack.services import cloudwatch_logs

from . import alarms
from .patch import around

log = logging.getLogger("local_aws.embedded_metrics")


@around(cloudwatch_logs, "_fanout_to_subscription_filters")
def _events_arrived(original, group, stream, events):
    original(group, stream, events)
    for event in events:
        if '"_aws"' in event["message"]:
            try:
                for metric in _metrics(json.loads(event["message"])):
                    alarms.publish(*metric)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                log.warning("no embedded metric: %r in %s", error, event["message"])


def _metrics(line):
    """Namespace, name, values by time and dimensions, of each metric of a line."""
    second = line["_aws"]["Timestamp"] / 1000
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: line[name] for name in names}
            if not all(isinstance(value, str) and value for value in dimensions.values()):
                raise ValueError(f"dimensions must be texts: {dimensions}")
            for metric in directive["Metrics"]:
                value = line[metric["Name"]]
                values = [float(each) for each in (value if isinstance(value, list) else [value])]
                yield directive["Namespace"], metric["Name"], {second: values}, dimensions
