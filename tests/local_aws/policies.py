"""Who may do what: resource policies for AWS services, and the ARNs that role policies meet.

ministack evaluates the policies of roles under `--auth`, but lets CloudWatch publish to any
topic and SNS invoke any function. `service_may` is the question that AWS asks before such a
delivery; alarms.py and asynchronous.py ask it, with and without `--auth`.

Seven more differences are put right. CloudWatch's CBOR requests are authorized at all: ministack
finds no action in them. Requests to SNS and CloudWatch are authorized on the topic or the alarm
that they name, whatever the operation calls it. CloudWatch Logs authorizes on `log-group:NAME:*`, not on
`log-group:NAME`. AWS does not say what it checks when filters are asked for by metric, without a
log group, and shows composite alarms only to whom may describe everything: here both need `*`. A topic that CloudFormation makes gets SNS's default policy with its
`AWS:SourceOwner` condition, and gets it back when its TopicPolicy is deleted, so that a
missing `sns:Publish` in a role shows. Requests count as sent over TLS, though this server
speaks plain HTTP on the loopback: a policy that demands TLS would refuse everybody. A
function's log lines are written with its role, so a log group that a deleted stack took with
it does not come back with the function's last words.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

import json
import logging

import cbor2
import ministack.app
from ministack.core import iam_actions
from ministack.core.iam_evaluator import (
    EvalContext,
    _gather_role_policies,
    evaluate,
    evaluate_resource_policy,
)
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, cloudwatch_logs, lambda_svc, sns, tagging
from ministack.services.cloudformation import provisioners

from .patch import around

log = logging.getLogger("local_aws.policies")


def service_may(service, action, resource, policy, source_arn):
    """Whether a resource's own policy lets an AWS service act for `source_arn`, of this account."""
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={
            "aws:sourcearn": source_arn,
            "aws:sourceaccount": get_account_id(),
            "aws:sourceowner": get_account_id(),
        },
    )
    return evaluate_resource_policy(policy, context, service=service).decision == "Allow"


def role_may(role_arn, action, resource):
    """Whether a role may act on a resource; always, unless roles are enforced."""
    if not ministack.app.AUTH:
        return True
    context = EvalContext(
        role_arn, "AssumedRole", get_account_id(), action, resource, get_region(), secure_transport=True
    )
    return (
        evaluate(context, _gather_role_policies(role_arn.rsplit("/", 1)[-1], get_account_id())).decision
        == "Allow"
    )


@around(lambda_svc, "_emit_lambda_logs")
def _emit_lambda_logs(original, function, *rest, **named):
    config = function.get("config") or function
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    stream = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{group}:log-stream:"
    needed = ["logs:CreateLogStream", "logs:PutLogEvents"]
    needed += [] if group in cloudwatch_logs._log_groups else ["logs:CreateLogGroup"]
    missing = [action for action in needed if not role_may(config["Role"], action, stream)]
    if missing:
        log.warning(
            "%s: no log lines, the role may not %s on %s", config["FunctionName"], ", ".join(missing), stream
        )
    else:
        original(function, *rest, **named)


@around(ministack.app, "pin_request_origin")
def _pin_request_origin(original, address, _secure):
    original(address, True)


@around(iam_actions, "extract_iam_action")
def _extract_iam_action(original, service, method, path, *rest):
    if _is_cbor(service, path):
        return f"cloudwatch:{path.rsplit('/', 1)[-1]}"
    return original(service, method, path, *rest)


@around(iam_actions, "extract_resource_arn")
def _extract_resource_arn(original, service, method, path, headers, body, params, *rest):
    if _is_cbor(service, path):
        return _alarm_arn(cbor2.loads(body) if body else {})
    arn = original(service, method, path, headers, body, params, *rest)
    if service == "logs":
        return _log_group_arn(arn, headers, body)
    if service == "sns":
        return _topic_arn(arn, params)
    return arn


def _is_cbor(service, path):
    return service == "monitoring" and "/operation/" in path


def _log_group_arn(arn, headers, body):
    tagging_operations = ("TagResource", "UntagResource", "ListTagsForResource")
    if headers.get("x-amz-target", "").endswith(tagging_operations):
        return arn
    if arn == "*" and headers.get("x-amz-target", "").endswith(".DescribeMetricFilters"):
        return arn
    if arn == "*":
        arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:"
    return f"{arn}:log-stream:{iam_actions._safe_json_field(body, 'logStreamName') or ''}"


def _topic_arn(arn, params):
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
    if iam_actions._query_param(params, "Action") == "Unsubscribe":
        return "*"
    return iam_actions._query_param(params, "ResourceArn") or arn


def _alarm_arn(request):
    if request.get("ResourceARN"):
        return request["ResourceARN"]
    if set(request.get("AlarmTypes") or []) - {"MetricAlarm"}:
        return "*"
    name = request.get("AlarmName") or next(iter(request.get("AlarmNames") or []), None)
    return f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}" if name else "*"


@around(iam_actions, "request_tag_context")
def _request_context(original, service, action, body, params):
    try:
        context = original(service, action, body, params)
    except UnicodeDecodeError:  # a CBOR body
        context = {}
    if action == "sns:Subscribe":
        for key in ("Protocol", "Endpoint"):
            context = {**context, f"sns:{key}": iam_actions._query_param(params, key)}
    return context


# What `aws:ResourceTag` sees of an alarm.
tagging._RESOURCE_TAG_COLLECTORS["cloudwatch"] = lambda: (
    (arn, tagging._normalise_flat(tags)) for arn, tags in cloudwatch._resource_tags.items()
)


@around(provisioners, "_sns_create")
def _topic_from_template(original, logical_id, properties, stack_name):
    arn, attributes = original(logical_id, properties, stack_name)
    sns._topics[arn]["attributes"]["Policy"] = _default_policy(arn)
    return arn, attributes


@around(provisioners, "_sns_topic_policy_delete")
def _topic_policy_deleted(original, physical_id, properties):
    original(physical_id, properties)
    for arn in properties.get("Topics", []):
        if arn in sns._topics:
            sns._topics[arn]["attributes"]["Policy"] = _default_policy(arn)


def _default_policy(arn):
    """What SNS gives a topic: its own account only."""
    operations = ["Publish", "Subscribe", "ListSubscriptionsByTopic", "GetTopicAttributes"]
    operations += ["SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic"]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{operation}" for operation in operations],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
