"""EventBridge's scheduled rules, which tick when a test says so.

ministack has a clock that fires them, asks no function whether the rule may invoke it, and takes any input template
from CloudFormation. Here `tick` fires each enabled rule with a rate once, for a time that may be any; the target gets
the template with the event's values in it, if the function's policy lets the rule in. What cannot be delivered is
dropped, as with a target that has no dead-letter queue. A rate of one has its unit in the singular, the others in the
plural. A template has at most 8,192 characters, no placeholder without a path, and is JSON when it begins like it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

import json
import logging
import re
from datetime import datetime

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import eventbridge, lambda_svc
from ministack.services.cloudformation import provisioners

from . import asynchronous, policies
from .patch import around

log = logging.getLogger("local_aws.schedules")

MAX_TEMPLATE = 8192


def tick(time, prefix=""):
    """Fire every scheduled rule whose name begins like this, as if it were that time; the names of the rules whose
    target was invoked."""
    invoked = []
    for key, rule in list(eventbridge._rules.items()):
        if rule["State"] == "ENABLED" and rule.get("ScheduleExpression") and rule["Name"].startswith(prefix):
            event = eventbridge._pattern_event_view(_event(rule, datetime.fromisoformat(time)))
            for target in list(eventbridge._targets.get(key, [])):
                if _deliver(rule, target, _input(rule, target, event)):
                    invoked.append(rule["Name"])
    return invoked


def _event(rule, time):
    return {
        "EventId": new_uuid(),
        "Source": "aws.events",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "EventBusName": rule["EventBusName"],
        "Time": time.timestamp(),
        "Resources": [rule["Arn"]],
        "Account": get_account_id(),
        "Region": get_region(),
    }


def _input(rule, target, event):
    if target.get("InputTransformer"):
        return json.loads(eventbridge._apply_input_transformer(target["InputTransformer"], rule, event))
    return json.loads(target["Input"]) if target.get("Input") else event.event_with_detail()


def _deliver(rule, target, event):
    arn = target["Arn"]
    function, _, name = lambda_svc._get_base_func_record_for_ref(arn)
    if function is None:
        log.warning("EventBridge: no function %s", arn)
        return False
    if not policies.service_may(
        "events.amazonaws.com", "lambda:InvokeFunction", arn, function["policy"], rule["Arn"]
    ):
        log.warning("EventBridge: the policy of %s does not let %s in", name, rule["Arn"])
        return False
    asynchronous.invoke(arn, event)
    return True


def _wrong(rule):
    """What EventBridge would say about a rule or its targets."""
    expression = rule.get("ScheduleExpression") or ""
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)(s?)\)", expression)
    if expression.startswith("rate(") and (not rate or (int(rate[1]) == 1) == bool(rate[3])):
        return "Parameter ScheduleExpression is not valid."
    for target in rule.get("Targets") or []:
        transformer = target.get("InputTransformer") or {}
        template = transformer.get("InputTemplate", "")
        names = set(re.findall(r"<([^<>]*)>", template))
        unknown = {each for each in names if not each.startswith("aws.")} - set(transformer.get("InputPathsMap") or {})
        if len(template) > MAX_TEMPLATE:
            return f"InputTemplate has more than {MAX_TEMPLATE} characters"
        if unknown:
            return f"Invalid InputTemplate for target {target['Id']}: placeholders without a path: {sorted(unknown)}"
        if template.lstrip().startswith("{") and not _is_json(re.sub(r"<[^<>]*>", "0", template)):
            return f"Invalid InputTemplate for target {target['Id']}: not JSON"
    return None


def _is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@around(eventbridge, "_put_rule")
def _put_rule(original, request):
    wrong = _wrong(request)
    return eventbridge.error_response_json("ValidationException", wrong, 400) if wrong else original(request)


@around(eventbridge, "_put_targets")
def _put_targets(original, request):
    wrong = _wrong(request)
    return eventbridge.error_response_json("ValidationException", wrong, 400) if wrong else original(request)


@around(provisioners, "_eb_rule_create")
def _rule_from_template(original, logical_id, properties, stack_name):
    wrong = _wrong(properties)
    if wrong:
        raise ValueError(f"{wrong} (Service: EventBridge, Status Code: 400)")
    return original(logical_id, properties, stack_name)


@around(eventbridge, "start_scheduler")
def _start_scheduler(_original):
    """No rule ticks by itself."""
