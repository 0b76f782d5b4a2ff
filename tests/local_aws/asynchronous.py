"""Lambda's asynchronous invocations: permission, retries, and what happens after them.

ministack runs a function for an SNS message once, asks nobody, and drops the event when the
function fails; a `DeadLetterConfig` in a template does not reach the function. Here an SNS
delivery needs a statement in the function's resource policy for that topic; without it, or
without the function, the message goes to the queue of the subscription's `RedrivePolicy`, if the
queue's policy lets SNS in; a failed
invocation is repeated, twice or `MaximumRetryAttempts` times, after `RETRY_WAIT` instead of
AWS's one and two minutes; then the event is counted as dropped and goes to the function's dead-letter queue as it was,
and in Lambda's envelope to the `OnFailure` destination, if the function's role may send there.
A function also finds its log group in its environment, and all that it writes before it answers is in its log: ministack
looks for that during 50 milliseconds, in which a busy machine may not have read it.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
"""

import json
import logging
import select
import time

from ministack.core import lambda_runtime
from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import lambda_svc, sns, sqs
from ministack.services.cloudformation import provisioners

from . import policies, queues
from .patch import around

log = logging.getLogger("local_aws.asynchronous")

RETRY_WAIT = 0.2  # seconds
_SETTLED = 20  # looks in a row, a millisecond apart, that find nothing new
_READ_SECONDS = 10
_running = set()


def running():
    """How many events a function is still at work on, or will be again."""
    return len(_running)


def invoke(function_arn, event):
    """Invoke a function, version or alias by its ARN, in the background."""
    function, config, name = lambda_svc._get_func_record_for_ref(function_arn)
    if function is None:
        raise LookupError(f"Function not found: {name}")
    invoked = {**function, "config": {**config, "FunctionArn": function_arn}}
    lambda_svc.invoke_async_with_retry(invoked, event)


@around(lambda_svc, "invoke_async_with_retry")
def _invoke_async_with_retry(_original, function, event):
    account, region = (
        function["config"]["FunctionArn"].split(":")[4],
        function["config"]["FunctionArn"].split(":")[3],
    )
    with request_scope(account or get_account_id(), region or get_region()):
        invocation = object()
        _running.add(invocation)
        spawn_background(_run_to_the_end, invocation, function, event, thread_name="local-aws-lambda")


def _run_to_the_end(invocation, function, event):
    try:
        _run(function, event)
    finally:
        _running.discard(invocation)


def _run(function, event):
    config = function["config"]
    name, qualifier = lambda_svc._lambda_function_name_and_qualifier_from_arn(config["FunctionArn"])
    settings = lambda_svc._event_invoke_config(lambda_svc._functions.get(name) or function, qualifier) or {}
    retries = settings.get("MaximumRetryAttempts")
    attempts = 1 + (2 if retries is None else int(retries))
    for attempt in range(1, attempts + 1):
        result = lambda_svc._execute_function_with_config_scope(function, event)
        if not result.get("error") and not result.get("throttle"):
            return
        log.info("%s failed, attempt %d of %d: %s", name, attempt, attempts, json.dumps(result.get("body")))
        if attempt < attempts:
            time.sleep(RETRY_WAIT)
    _give_up(config, settings, event, result.get("body"), attempts)


def _give_up(config, settings, event, error, attempts):
    request_id = new_uuid()
    queues.count("AWS/Lambda", "AsyncEventsDropped", "FunctionName", config["FunctionName"])
    dead_letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if dead_letters:
        text = error.get("errorMessage", "") if isinstance(error, dict) else str(error)
        attributes = {
            "RequestID": ("String", request_id),
            "ErrorCode": ("Number", "200"),
            "ErrorMessage": ("String", text[:1024] or "Unknown"),
        }
        if not _send(config, dead_letters, json.dumps(event), attributes):
            queues.count("AWS/Lambda", "DeadLetterErrors", "FunctionName", config["FunctionName"])
    on_failure = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if on_failure:
        record = {
            "version": "1.0",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "requestContext": {
                "requestId": request_id,
                "functionArn": config["FunctionArn"],
                "condition": "RetriesExhausted",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": config["Version"],
                "functionError": "Unhandled",
            },
            "responsePayload": error,
        }
        _send(config, on_failure, json.dumps(record), None)


def _send(config, target, body, attributes):
    service = target.split(":")[2]
    action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}.get(service)
    if not action or not policies.role_may(config["Role"], action, target):
        log.warning("%s: the role may not send to %s: event dropped", config["FunctionName"], target)
        return False
    if service == "sqs":
        sent = queues.send(target, body, attributes)
    elif service == "sns":
        sent = sns.publish_internal(target, body)
    else:
        sent = invoke(target, json.loads(body)) is None
    log.warning("%s: event %s %s", config["FunctionName"], "sent to" if sent else "lost, nothing at", target)
    return bool(sent)


@around(sns, "_deliver_to_lambda")
def _deliver_to_lambda(_original, function_arn, envelope, topic_arn, subscription_arn, *_):
    function, _, name = lambda_svc._get_base_func_record_for_ref(function_arn)
    if function is None:
        log.warning("SNS: no function %s", function_arn)
        _redrive(topic_arn, subscription_arn, envelope)
    elif not policies.service_may(
        "sns.amazonaws.com", "lambda:InvokeFunction", function_arn, function["policy"], topic_arn
    ):
        log.warning("SNS: the policy of %s does not let %s in", name, topic_arn)
        _redrive(topic_arn, subscription_arn, envelope)
    else:
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription_arn,
            "Sns": {"MessageAttributes": {}, "Subject": None, **json.loads(envelope)},
        }
        invoke(function_arn, {"Records": [record]})


def _redrive(topic_arn, subscription_arn, envelope):
    """What SNS does with a message that it will not try to deliver again."""
    topic = topic_arn.rsplit(":", 1)[-1]
    queues.count("AWS/SNS", "NumberOfNotificationsFailed", "TopicName", topic)
    subscription = sns._find_subscription(topic_arn, subscription_arn)
    policy = json.loads((subscription or {}).get("attributes", {}).get("RedrivePolicy") or "{}")
    target = policy.get("deadLetterTargetArn")
    if not target:
        log.warning("SNS: %s has no dead-letter queue: message lost", subscription_arn)
        return
    queue = sqs._queue_by_arn(target)
    policy = queue["attributes"].get("Policy") if queue else None
    allowed = policies.service_may("sns.amazonaws.com", "sqs:SendMessage", target, policy, topic_arn)
    if allowed and queues.send(target, envelope, {"ErrorCode": ("String", "403")}):
        log.warning("SNS: message of %s sent to %s", subscription_arn, target)
        queues.count("AWS/SNS", "NumberOfNotificationsRedrivenToDlq", "TopicName", topic)
    else:
        log.warning("SNS: %s does not take the message of %s: lost", target, subscription_arn)
        queues.count("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq", "TopicName", topic)


@around(lambda_svc, "_provided_worker_env")
def _environment(original, config, code_folder, port):
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    return {**original(config, code_folder, port), "AWS_LAMBDA_LOG_GROUP_NAME": group}


@around(lambda_runtime.ProvidedWorker, "_drain_stderr_bounded")
def _whole_log(original, worker, *_, **__):
    """Counts looks and not time: whenever this thread gets a turn, so does the one that reads."""
    deadline = time.monotonic() + _READ_SECONDS
    looks, found = 0, -1
    while looks < _SETTLED and time.monotonic() < deadline:
        time.sleep(0.001)
        before, found = found, worker._stderr_queue.qsize()
        looks = 0 if found != before or _unread(worker._proc) else looks + 1
    return original(worker, hard_cap=_READ_SECONDS)


def _unread(process):
    """Whether a function's output has not been read yet."""
    if process is None or process.stdout.closed:
        return False
    poll = select.poll()
    try:
        poll.register(process.stdout, select.POLLIN)
    except ValueError:  # closed in this moment
        return False
    return any(event & select.POLLIN for _, event in poll.poll(0))


@around(provisioners, "_lambda_create")
def _function_from_template(original, logical_id, properties, stack_name):
    name, attributes = original(logical_id, properties, stack_name)
    _set_dead_letters(name, properties)
    return name, attributes


@around(provisioners, "_lambda_update")
def _function_updated(original, physical_id, old, new, stack_name, logical_id=None):
    name, attributes = original(physical_id, old, new, stack_name, logical_id)
    _set_dead_letters(name, new)
    return name, attributes


def _set_dead_letters(name, properties):
    config = lambda_svc._functions[name]["config"]
    config.pop("DeadLetterConfig", None)
    if (properties.get("DeadLetterConfig") or {}).get("TargetArn"):
        config["DeadLetterConfig"] = properties["DeadLetterConfig"]
