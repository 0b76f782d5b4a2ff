"""The scenario. Each step does one thing in a World, tells it, and holds what it expects; the
steps build on each other and run in the order of STEPS."""

import json
import re
import time
from dataclasses import dataclass
from typing import Callable

from . import cloudtrail
from .world import ADDRESS, APP_STACK, APP_TEMPLATE, LOG_GROUP, LOG_STREAM, STACK, World, expect

# The lab's Section 4, setting by setting, and the one addition: the default value.
LAB_FILTER = {
    "filterName": "pattern1-logging-metricfilter",
    "metricNamespace": "Pattern1Application/KMSSecurity",
    "metricName": "KMSSecurityError",
    "metricValue": "1",
    "defaultValue": 0.0,
}
LAB_ALARM = {
    "AlarmName": "pattern1-logging-alarm",
    "Namespace": "Pattern1Application/KMSSecurity",
    "MetricName": "KMSSecurityError",
    "Statistic": "Sum",
    "Period": 10,
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1.0,
    "TreatMissingData": "ignore",
}


@dataclass
class Step:
    """One step; its title is told, and is the name of its test."""

    title: str
    run: Callable[[World], None]


def pattern(roles):
    """The lab's three conditions; for several roles one of them is enough, and for every caller there are two."""
    is_role = [f'$.userIdentity.sessionContext.sessionIssuer.arn = "{arn}"' for arn in re.split(" *, *(?=arn:)", roles)]
    of_role = f" && {is_role[0]}" if len(is_role) == 1 else f" && ({' || '.join(is_role)})"
    return f'{{ $.errorCode = "*" && $.eventSource = "kms.amazonaws.com"{"" if roles == "*" else of_role} }}'


def the_application_and_the_trail_exist(world):
    outputs = world.deploy(APP_STACK, APP_TEMPLATE)
    world.role_arn = outputs["OutputPattern1ECSTaskRole"]
    world.tell(f"  task role  {world.role_arn}")
    world.logs.create_log_group(logGroupName=LOG_GROUP)
    world.logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=LOG_STREAM)
    world.tell(f"  log group  {LOG_GROUP}")


def the_template_deploys(world):
    world.code = world.upload()
    world.parameters = {"Emails": ADDRESS}
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    for name, value in sorted(world.stack_outputs.items()):
        world.tell(f"  {name:<20} {value}")


def what_exists_is_the_labs_alarm(world):
    filters = world.logs.describe_metric_filters(logGroupName=LOG_GROUP)["metricFilters"]
    expect("metric filters of the log group", 1, len(filters))
    found = {"filterName": filters[0]["filterName"], **filters[0]["metricTransformations"][0]}
    expect("the metric filter", LAB_FILTER, {key: found.get(key) for key in LAB_FILTER})
    expect("the filter pattern", pattern(world.role_arn), filters[0]["filterPattern"])
    world.tell(f"  metric filter {found['filterName']}")
    world.tell(f"    {filters[0]['filterPattern']}")
    alarm = world.alarm("pattern1-logging-alarm")
    expect("the alarm", LAB_ALARM, {key: alarm.get(key) for key in LAB_ALARM})
    expect("the alarm's actions", [world.stack_outputs["AlarmStateTopicArn"]], alarm["AlarmActions"])
    world.tell(
        f"  alarm {alarm['AlarmName']}: {alarm['Statistic']} of {alarm['MetricName']} over "
        f"{alarm['Period']} s > {alarm['Threshold']:g}, missing data: {alarm['TreatMissingData']}"
    )
    expect("the topic", "pattern1-logging-topic", world.stack_outputs["TopicArn"].split(":")[-1])
    expect("the subscription", ["PendingConfirmation"], subscriptions(world))
    world.tell(f"  topic {world.stack_outputs['TopicArn']}, subscription of {ADDRESS}: pending")


def subscriptions(world):
    """The ARNs of the topic's subscriptions."""
    found = world.sns.list_subscriptions_by_topic(TopicArn=world.stack_outputs["TopicArn"])
    return [subscription["SubscriptionArn"] for subscription in found["Subscriptions"]]


def confirmed(world):
    """How many of them are confirmed."""
    return sum(arn.startswith("arn:") for arn in subscriptions(world))


def the_subscription_is_confirmed(world):
    mail = world.wait("a confirmation mail arrives", lambda: world.aws.mails(ADDRESS))[-1]
    world.tell(f"  mail to {mail['to']}: {mail['subject']}")
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))
    expect("confirmed subscriptions", 1, confirmed(world))


def noise(world):
    """What must never raise the alarm nor be in a mail, by what it is."""
    other = world.role_arn.replace(APP_STACK, "another-app")
    return {
        "3 successful Decrypt calls of the task role": [("decrypt-success", world.role_arn)] * 3,
        "3 KMS errors of another role": [("other-role-error", other)] * 3,
        "3 S3 errors of the task role": [("s3-error", world.role_arn)] * 3,
    }


def noise_raises_no_alarm(world):
    for what, samples in noise(world).items():
        world.write(*[cloudtrail.event(*sample) for sample in samples])
        world.tell(f"  {what}")
    # The last of them was evaluated when the metric has it: its zero brings the alarm to OK.
    alarm = world.wait("the alarm is evaluated", lambda: state(world, "pattern1-logging-alarm", "OK"))
    expect("mails about it", [], world.alerts())
    world.tell(f"  alarm: {alarm['StateValue']}, no mail")


def state(world, name, value):
    """The alarm, once it is in that state."""
    alarm = world.alarm(name)
    return alarm if alarm and alarm["StateValue"] == value else None


def the_labs_test_brings_the_mail(world):
    samples = ["decrypt-incorrect-key"] * 3 + ["encrypt-not-found", "decrypt-access-denied", "decrypt-disabled"]
    records = [cloudtrail.event(sample, world.role_arn) for sample in samples]
    # In the same minute, so that only the filter pattern can tell it from the errors.
    others = [cloudtrail.event(*sample) for group in noise(world).values() for sample in group]
    world.tell(f"  {len(others)} calls that are none, in the same minute")
    # Whoever disabled the key is in the same log group, before the errors.
    world.write(cloudtrail.event("disable-key", world.role_arn))
    mail = provoke(world, records, noise=others)
    expect("who disabled the key in the mail", True, "\nalice (IAM user) disabled the key at " in mail["body"])
    codes = {record["errorCode"] for record in records}
    expect("error codes in the mail", codes, {code for code in codes if code in mail["body"]})
    expect("counted and found", True, "The alarm counted 6, and 6 were found." in mail["body"])
    found = [other["eventID"] for other in others if other["eventID"] in mail["body"]]
    expect("noise in the mail", [], found)
    for word in ("another-app", "s3.amazonaws.com", "no error"):
        expect(f'"{word}" in the mail', False, word in mail["body"])
    world.first = mail
    show(world, mail)


def provoke(world, records, name="pattern1-logging-alarm", noise=()):
    """Let errors happen, and wait for the mail; tells the time between."""
    before = len(world.alerts())
    world.minutes_later()
    started = time.monotonic()
    world.write(*noise, *records)
    world.tell(f"  {len(records)} KMS errors of the task role written to the log group")
    mail = world.alert_after(before)
    world.tell(f"  from the log event to the mail: {time.monotonic() - started:.2f} s")
    expect("the alarm's state", "ALARM", world.alarm(name)["StateValue"])
    expect("alerts", before + 1, len(world.alerts()))
    return {**mail, "alert_id": alert_id(mail)}


def alert_id(mail):
    """The alert id in a mail."""
    found = re.search(r"^alert id: (\S+)", mail["body"], re.M)
    expect("an alert id in the mail", True, found is not None)
    return found.group(1)


def quiet_brings_it_back_and_it_fires_again(world):
    quiet(world)
    world.tell("  a call that succeeds: the metric gets its default value 0, the alarm returns to OK")
    records = [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)]
    mail = world.second = provoke(world, records)
    expect("the second mail names a new event", True, records[-1]["eventID"] in mail["body"])
    expect("the first mail names it", False, records[-1]["eventID"] in world.first["body"])
    expect("its alert id is its own", True, mail["alert_id"] != world.first["alert_id"])
    world.tell(f"  a second mail, about the new events: {mail['subject']}")


def quiet(world):
    """Let only calls succeed, until the alarm is OK."""
    world.minutes_later(2)
    world.write(cloudtrail.event("decrypt-success", world.role_arn))
    world.wait("the alarm returns to OK", lambda: state(world, "pattern1-logging-alarm", "OK"))


def the_same_delivery_twice_has_the_same_alert_id(world):
    alarm = world.alarm("pattern1-logging-alarm")
    message = {
        "AlarmName": alarm["AlarmName"],
        "AlarmArn": alarm["AlarmArn"],
        "AWSAccountId": "111122223333",
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": alarm["StateUpdatedTimestamp"].strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Trigger": {
            "MetricName": alarm["MetricName"],
            "Namespace": alarm["Namespace"],
            "Period": alarm["Period"],
            "EvaluationPeriods": 1,
            "Threshold": alarm["Threshold"],
        },
    }
    event = {"Records": [sns_record(world.stack_outputs["AlarmStateTopicArn"], json.dumps(message))]}
    before = len(world.alerts())
    for _ in range(2):
        answer = getattr(world, "lambda").invoke(
            FunctionName=world.stack_outputs["FunctionName"], Payload=json.dumps(event).encode()
        )
        expect("the function's error", None, answer.get("FunctionError"))
    mails = world.wait("two more alerts arrive", lambda: world.alerts()[before + 1 :] and world.alerts()[before:])
    ids = {alert_id(mail) for mail in mails}
    expect("alert ids of the same delivery", {world.second["alert_id"]}, ids)
    world.tell(f"  three mails, one alert id: {ids.pop()}")


def sns_record(topic_arn, message):
    """One record as SNS hands it to a function."""
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{topic_arn}:00000000-0000-4000-8000-000000000000",
        "Sns": {
            "Type": "Notification",
            "MessageId": "00000000-0000-4000-8000-000000000000",
            "TopicArn": topic_arn,
            "Subject": None,
            "Message": message,
            "Timestamp": "2026-11-23T09:47:20.000Z",
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService.pem",
            "UnsubscribeUrl": "https://sns.ap-southeast-2.amazonaws.com/?Action=Unsubscribe",
            "MessageAttributes": {},
        },
    }


def a_message_that_is_no_alarm_is_passed_on(world):
    text = "Is anybody there?"
    answer = getattr(world, "lambda").invoke(
        FunctionName=world.stack_outputs["FunctionName"],
        Payload=json.dumps({"Records": [sns_record(world.stack_outputs["AlarmStateTopicArn"], text)]}).encode(),
    )
    expect("the function's error", None, answer.get("FunctionError"))
    world.wait(
        "the message arrives",
        lambda: [mail for mail in world.aws.mails(ADDRESS) if mail["body"].startswith(text)],
    )
    world.tell("  it arrived as it was")


def what_somebody_deletes_is_put_back_and_told(world):
    quiet(world)
    # Right after a deployment nothing is repaired.
    for _ in range(3):
        expect("the rule ticked", True, world.tick())
    expect("mails about the watch", [], world.health_mails())
    world.tell("  three ticks of the watch, five minutes apart: all is well, no mail")
    name = LAB_FILTER["filterName"]
    before = world.logs.describe_metric_filters(logGroupName=LOG_GROUP)["metricFilters"]
    world.logs.delete_metric_filter(logGroupName=LOG_GROUP, filterName=name)
    world.write_now(cloudtrail.change("DeleteMetricFilter", "logs", {"logGroupName": LOG_GROUP, "filterName": name}))
    world.tell("  mallory deletes the metric filter: no error is counted any more")
    world.tick()
    after = world.logs.describe_metric_filters(logGroupName=LOG_GROUP)["metricFilters"]
    for each in (*before, *after):
        del each["creationTime"]
    expect("the metric filter", before, after)
    [mail] = world.health_mails()
    expect("who it was, in the mail", True, "mallory (IAM user)" in mail["body"] or mail["body"])
    show(world, mail)
    for _ in range(3):
        world.tick()
    [_, end] = world.health_mails()
    world.tell(f"  and two ticks that find nothing later: {end['subject']}")


def another_kind_of_error_is_told_while_the_alarm_lasts(world):
    provoke(world, [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)])
    before = len(world.alerts())
    world.minutes_later(1)
    others = [cloudtrail.event("decrypt-access-denied", world.role_arn) for _ in range(2)]
    world.write(*others, cloudtrail.event("decrypt-disabled", world.role_arn))
    world.tell("  calls to the disabled key go on, and now two are denied too; the alarm stays as it is")
    world.tick(ahead=10)
    mail = world.alert_after(before)
    expect("the mail names the new kind", True, "AccessDenied" in mail["body"] or mail["body"])
    show(world, mail)
    world.tick(ahead=15)
    expect("alerts after another tick", before + 1, len(world.alerts()))
    quiet(world)
    world.wait("the recovery is told", lambda: len(world.alerts()) == before + 2)


def show(world, mail):
    """Tell a mail whole."""
    world.tell("")
    world.tell(f"  From: AWS Notifications\n  To: {mail['to']}\n  Subject: {mail['subject']}\n")
    world.tell("\n".join(f"  {line}".rstrip() for line in mail["body"].splitlines()))
    world.tell("")


def what_cannot_be_delivered_is_kept_and_told(world):
    quiet(world)
    topic = world.stack_outputs["TopicArn"]
    world.policy = world.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    role = getattr(world, "lambda").get_function_configuration(FunctionName=world.stack_outputs["FunctionName"])["Role"]
    broken = json.loads(world.policy)
    broken["Statement"].append(
        {"Sid": "Mistake", "Effect": "Deny", "Principal": {"AWS": role}, "Action": "sns:Publish", "Resource": topic}
    )
    world.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(broken))
    world.tell("  the topic's policy now refuses the function")
    before = len(world.alerts())
    world.minutes_later()
    world.unheard = [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)]
    world.write(*world.unheard)
    mail = world.wait("CloudWatch tells of what is undelivered", lambda: world.mails("ALARM: ") or None)[-1]
    expect("which alarm it is", True, '"pattern1-logging-undelivered"' in mail["subject"])
    expect("how to look, in its mail", True, "aws sqs receive-message" in mail["body"])
    expect("alerts of the function", before, len(world.alerts()))
    world.tell(f"  two errors, three attempts; then CloudWatch's own mail: {mail['subject']}")


def what_was_kept_is_sent_again(world):
    queue = world.stack_outputs["DeadLetterQueueUrl"]
    found = world.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
    expect("messages in the queue", 1, len(found["Messages"]))
    [message] = found["Messages"]
    event = json.loads(message["Body"])
    change = json.loads(event["Records"][0]["Sns"]["Message"])
    expect("the event in the queue", ("pattern1-logging-alarm", "ALARM"), (change["AlarmName"], change["NewStateValue"]))
    why = message["MessageAttributes"]["ErrorMessage"]["StringValue"]
    expect("why it is there", True, f"sns:Publish on {world.stack_outputs['TopicArn']}: AuthorizationError" in why)
    world.tell(f"  the event is in the queue, whole, with why: {why:.100} …")
    world.sns.set_topic_attributes(
        TopicArn=world.stack_outputs["TopicArn"], AttributeName="Policy", AttributeValue=world.policy
    )
    before = len(world.alerts())
    answer = getattr(world, "lambda").invoke(
        FunctionName=world.stack_outputs["FunctionName"], Payload=message["Body"].encode()
    )
    expect("the function's error", None, answer.get("FunctionError"))
    mail = world.alert_after(before)
    expect("the alert names the call", True, any(each["eventID"] in mail["body"] for each in world.unheard))
    expect("counted and found", True, "The alarm counted 2, and 2 were found." in mail["body"])
    world.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    expect("messages in the queue", None, world.sqs.receive_message(QueueUrl=queue).get("Messages"))
    world.tell(f"  the policy is put right, the event invoked again, the queue empty: {mail['subject']}")


def a_setting_changes_in_place(world):
    before = world.physical_id()
    world.parameters.update(Period="60", Threshold="0")
    world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("the physical id", before, world.physical_id())
    alarm = world.alarm("pattern1-logging-alarm")
    expect("period and threshold", (60, 0.0), (alarm["Period"], alarm["Threshold"]))
    expect("confirmed subscriptions", 1, confirmed(world))
    world.tell(f"  period 60 s, threshold 0; the same resource: {before}")


def a_recovery_is_told_and_cloudwatchs_own_mail_comes_when_asked_for(world):
    quiet(world)
    world.parameters.update(NotifyRecovery="true", RawNotifications="true", Period="10", Threshold="1")
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    world.catch_up(minutes_ago=7)
    before = len(world.mails("ALARM: "))
    provoke(world, [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)])
    raw = world.wait("CloudWatch's own mail arrives", lambda: world.mails("ALARM: ")[before:])[0]
    world.tell(f"  CloudWatch's own mail: {raw['subject']}")
    quiet(world)
    mail = world.wait("the recovery is told", lambda: world.mails("[KMS RECOVERED]"))[-1]
    told = re.search(r"is OK again after .+\. 2 KMS calls failed in that time\. OK means ", mail["body"], re.M)
    expect("how long and how many", True, told is not None or mail["body"])
    world.tell(f"  {mail['subject']}")


def another_name_replaces_everything(world):
    before = world.physical_id()
    world.parameters.update(Name="renamed", NotifyRecovery="false", RawNotifications="false")
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("another physical id", True, before != world.physical_id())
    old = [each for each in world.left() if "pattern1-logging" in each]
    expect("what is left of the old name", [], old)
    expect("the new alarm", "renamed-alarm", world.stack_outputs["AlarmName"])
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))
    records = [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)]
    mail = provoke(world, records, "renamed-alarm")
    world.tell(f"  the old filter, alarm and topic are gone, the new ones work: {mail['subject']}")


def a_wrong_setting_is_refused_and_rolled_back(world):
    before = world.left()
    arguments = dict(world.parameters, LogGroupName="no-such-group")
    try:
        world.deploy(STACK, world.template(world.code), **arguments)
        seen = "it deployed"
    except AssertionError as unmet:
        seen = str(unmet)
    expected = 'LogGroupName: there is no log group "no-such-group"'
    expect("the stack's reason", True, expected in seen or seen)
    expect("what exists", before, world.left())
    world.tell(f"  {expected} …; rolled back, all as before")


def the_log_holds_no_response_url(world):
    log = world.function_log()
    group = {"logGroupName": f"/aws/lambda/{STACK}-AlarmFunction", "logStreamNamePrefix": "kms-alarm/"}
    expect("log streams of requests that ended", True, "/succeeded" in str(world.logs.describe_log_streams(**group)))
    expect("lines about CloudFormation in the function's log", True, "answered CloudFormation" in log)
    expect("requests that could not take turns", False, "cannot take turns" in log)
    expect("a ResponseURL in the function's log", False, "X-Amz-Signature" in log or "ResponseURL\"" in log)


def nothing_is_left_after_the_delete(world):
    world.delete(STACK)
    expect("what is left", [], world.left())
    world.tell("  no filter, alarm, topic, subscription, function, log group, rule, queue, dashboard or role is left")


DEPLOYED = [
    Step("The application's role and CloudTrail's log group exist", the_application_and_the_trail_exist),
    Step("The template deploys", the_template_deploys),
    Step("What exists now is the lab's alarm", what_exists_is_the_labs_alarm),
    Step("The subscription is confirmed", the_subscription_is_confirmed),
]

STEPS = [
    *DEPLOYED,
    Step("Noise raises no alarm and no mail", noise_raises_no_alarm),
    Step("The lab's test brings the mail", the_labs_test_brings_the_mail),
    Step("Quiet brings the alarm back, and it fires again", quiet_brings_it_back_and_it_fires_again),
    Step("The same delivery twice has the same alert id", the_same_delivery_twice_has_the_same_alert_id),
    Step("A message that is no alarm is passed on", a_message_that_is_no_alarm_is_passed_on),
    Step("What somebody deletes is put back, and told", what_somebody_deletes_is_put_back_and_told),
    Step("What cannot be delivered is kept, and told without the function", what_cannot_be_delivered_is_kept_and_told),
    Step("What was kept is sent again, and the alert arrives", what_was_kept_is_sent_again),
    Step("A setting changes in place", a_setting_changes_in_place),
    Step(
        "A recovery is told, and CloudWatch's own mail comes, when asked for",
        a_recovery_is_told_and_cloudwatchs_own_mail_comes_when_asked_for,
    ),
    Step("Another kind of error is told while the alarm lasts", another_kind_of_error_is_told_while_the_alarm_lasts),
    Step("Another name replaces everything", another_name_replaces_everything),
    Step("A wrong setting is refused and rolled back", a_wrong_setting_is_refused_and_rolled_back),
    Step("The log has a stream for each request, and holds no ResponseURL", the_log_holds_no_response_url),
    Step("Nothing is left after the delete", nothing_is_left_after_the_delete),
]
