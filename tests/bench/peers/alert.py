"""The two flows as they are usually written in Python: boto3, and crhelper for the custom resource.

The loop at the end stands for awslambdaric, which has to be compiled in C; it does less, so it starts faster.
"""

import http.client
import json
import os
import time
from collections import Counter
from datetime import datetime, timedelta

import boto3
from crhelper import CfnResource

PATTERN = (
    '{ $.errorCode = "*" && $.eventSource = "kms.amazonaws.com" && '
    '$.userIdentity.sessionContext.sessionIssuer.arn = "%s" }'
)
KEY_CHANGES = (
    '{ $.eventSource = "kms.amazonaws.com" && $.errorCode NOT EXISTS && '
    '($.eventName = "DisableKey" || $.eventName = "ScheduleKeyDeletion") }'
)

logs = boto3.client("logs")
sns = boto3.client("sns")
cloudwatch = boto3.client("cloudwatch")
helper = CfnResource(log_level="INFO")


def handler(event, context):
    if "ResponseURL" in event:
        return helper(event, context)
    for record in event["Records"]:
        alert(json.loads(record["Sns"]["Message"]))


def alert(alarm):
    trigger = alarm["Trigger"]
    changed = datetime.strptime(alarm["StateChangeTime"], "%Y-%m-%dT%H:%M:%S.%f%z")
    period = timedelta(seconds=trigger["Period"] * trigger["EvaluationPeriods"])
    start, end = changed - period - timedelta(minutes=10), changed + timedelta(minutes=1)
    filters = logs.describe_metric_filters(metricNamespace=trigger["Namespace"], metricName=trigger["MetricName"])
    groups = Counter()
    changes = []
    for found in filters["metricFilters"]:
        for error in search(found["logGroupName"], found["filterPattern"], start, end):
            resources = error.get("resources") or [{}]
            groups[error.get("errorCode"), error.get("eventName"), resources[0].get("ARN")] += 1
        if any(code == "DisabledException" for code, _, _ in groups):
            changes += search(found["logGroupName"], KEY_CHANGES, start - timedelta(days=1), end)
    sns.publish(
        TopicArn=os.environ["TOPIC_ARN"],
        Subject=f"{alarm['AlarmName']}: {groups.total()} KMS errors"[:100],
        Message=text(alarm, groups, changes),
    )


def search(log_group, pattern, start, end):
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group,
        filterPattern=pattern,
        startTime=int(start.timestamp() * 1000),
        endTime=int(end.timestamp() * 1000),
    )
    for page in pages:
        for event in page["events"]:
            yield json.loads(event["message"])


def text(alarm, groups, changes):
    lines = [f"{alarm['AlarmName']} is in {alarm['NewStateValue']}: {groups.total()} errors"]
    lines += [alarm["NewStateReason"], ""]
    lines += [f"{count} x {code}: {name} with key {key}" for (code, name, key), count in groups.most_common()]
    lines += [f"{change['eventName']} by {change['userIdentity'].get('arn')}" for change in changes]
    return "\n".join(lines)


@helper.create
@helper.update
def provision(event, _):
    properties = event["ResourceProperties"]
    name = properties.get("Name", "pattern1-logging")
    topic = sns.create_topic(Name=f"{name}-topic")["TopicArn"]
    for address in filter(None, properties["Emails"].split(",")):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    metric = {"metricNamespace": "Pattern1Application/KMSSecurity", "metricName": "KMSSecurityError"}
    logs.put_metric_filter(
        logGroupName=properties["LogGroupName"],
        filterName=f"{name}-metricfilter",
        filterPattern=PATTERN % properties["RoleArn"],
        metricTransformations=[{**metric, "metricValue": "1", "defaultValue": float(properties["DefaultValue"])}],
    )
    cloudwatch.put_metric_alarm(
        AlarmName=f"{name}-alarm",
        Namespace=metric["metricNamespace"],
        MetricName=metric["metricName"],
        Statistic="Sum",
        Period=int(properties["Period"]),
        EvaluationPeriods=int(properties["EvaluationPeriods"]),
        Threshold=float(properties["Threshold"]),
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData=properties["TreatMissingData"],
        AlarmActions=properties["AlarmActions"],
        OKActions=properties["OKActions"],
    )
    helper.Data["TopicArn"] = topic
    return name


class Context:
    function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
    memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
    log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return self.deadline - int(time.time() * 1000)


def main():
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    invocation = "/2018-06-01/runtime/invocation"
    while True:
        runtime.request("GET", f"{invocation}/next")
        answer = runtime.getresponse()
        event = json.load(answer)
        context = Context(answer.headers)
        try:
            what, body = "response", json.dumps(handler(event, context))
        except Exception as error:  # noqa: BLE001: whatever it is, Lambda is told
            what, body = "error", json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
        runtime.request("POST", f"{invocation}/{context.aws_request_id}/{what}", body)
        runtime.getresponse().read()


main()
