"""The watch: what keeps the alarm from seeing or from being heard is told, repaired where it is the stack's own, and its
end is told too.

SABOTAGES are the ways to blind or silence it, each told and undone alone. They happen one after the other to one stack,
which each leaves as it was. STEPS are two of them, and what the watch says while the alarm lasts, as part of the story.
"""

import json
from dataclasses import dataclass, field
from typing import Callable

from . import cloudtrail
from .going_back import TOPIC, as_it_is
from .steps import LAB_ALARM, LAB_FILTER, noise, pattern
from .world import ADDRESS, LOG_GROUP, LOG_STREAM, STACK, World, expect

COLLEAGUE = "colleague@example.com"
DUTY = "duty@example.com"
FILTER, ALARM, HEALTH_ALARM = "pattern1-logging-metricfilter", "pattern1-logging-alarm", "pattern1-logging-health"
# CloudWatch's own mail to the escalation topic.
ESCALATED = f'ALARM: "{HEALTH_ALARM}"'
MALLORY = "mallory (IAM user)"


@dataclass
class Sabotage:
    """Something that somebody does to the alarm."""

    name: str
    # Does it; returns what CloudTrail records of it.
    do: Callable[[World], list]
    # What the mail names.
    named: str
    # Puts right what the watch does not.
    undo: Callable[[World], None] = lambda world: None
    # Whether the trail tells who it was.
    actor: bool = True
    # Whether the people's topic has somebody whom the function can tell; else only the escalation topic hears of it.
    heard: bool = True
    # What is not as it was once all is well again.
    differs: set = field(default_factory=set)


def is_watched(world):
    """Give the stack two addresses, a topic to escalate to and three quiet ticks; and put others' things beside it."""
    escalation = world.sns.create_topic(Name="escalation")["TopicArn"]
    world.sns.subscribe(TopicArn=escalation, Protocol="email", Endpoint=DUTY)
    world.parameters = {"Emails": f"{ADDRESS}, {COLLEAGUE}", "EscalationTopicArn": escalation}
    world.stack_outputs = world.deploy(STACK, world.template(world.upload()), **world.parameters)
    for address in (ADDRESS, COLLEAGUE, DUTY):
        expect(f"subscriptions of {address} confirmed", 1, len(world.aws.confirm(address)))
    something_foreign(world)
    world.write_now(cloudtrail.event("decrypt-success", world.role_arn))
    for _ in range(3):
        expect("the rule ticked", True, world.tick())
    expect("the alarm on the watch", "OK", state(world))
    expect("mails about the watch", [], world.health_mails())


def something_foreign(world):
    """A filter, an alarm and a topic that are none of the stack's."""
    world.logs.put_metric_filter(
        logGroupName=LOG_GROUP,
        filterName="others-filter",
        filterPattern='{ $.errorCode = "*" }',
        metricTransformations=[{"metricName": "Others", "metricNamespace": "Others", "metricValue": "1"}],
    )
    world.cloudwatch.put_metric_alarm(**{**LAB_ALARM, "AlarmName": "others-alarm", "ActionsEnabled": False})
    world.sns.create_topic(Name="others-topic")


def foreign(world):
    """What the others have."""
    alarm = world.alarm("others-alarm")
    return {
        "filters": world.logs.describe_metric_filters(logGroupName=LOG_GROUP, filterNamePrefix="others")["metricFilters"],
        "alarm": {name: alarm[name] for name in ("Threshold", "ActionsEnabled", "AlarmConfigurationUpdatedTimestamp")},
        "topic": world.sns.get_topic_attributes(TopicArn=TOPIC.replace("pattern1-logging", "others"))["Attributes"],
    }


def state(world):
    """The state of the alarm on the watch."""
    return world.alarm(HEALTH_ALARM)["StateValue"]


def ours(world):
    """The filter, the alarm and the topic; of their subscriptions, which addresses have confirmed."""
    found = as_it_is(world)
    for changes in ("StateUpdatedTimestamp", "StateTransitionedTimestamp", "StateReason", "StateReasonData", "StateValue"):
        found["alarm"].pop(changes, None)
    found["subscriptions"] = sorted(
        each["Endpoint"] for each in found["subscriptions"] if each["SubscriptionArn"].startswith("arn:")
    )
    return found


def suffer(world, sabotage):
    """Hold that a sabotage is told once, within two ticks, by name; that all is put right; and that its end is told."""
    expect("the alarm on the watch", "OK", state(world))
    before, others, duty = ours(world), foreign(world), len(world.aws.mails(DUTY))
    mails = {address: len(world.health_mails(address)) for address in (ADDRESS, COLLEAGUE)}

    def new(address):
        return world.health_mails(address)[mails[address] :]

    world.minutes_pass(3)
    records = sabotage.do(world)
    if records:
        world.write_now(*records)
    ticks = 1
    world.tick(2)
    if state(world) != "ALARM":
        ticks += 1
        world.tick()
    expect(f"{sabotage.name}: the alarm on the watch after {ticks} ticks", "ALARM", state(world))
    escalated = [mail["subject"][: len(ESCALATED)] for mail in world.aws.mails(DUTY)[duty:] if mail["subject"].startswith(ESCALATED)]
    expect("the escalation topic is told", [ESCALATED], escalated)
    told = new(ADDRESS)
    expect(f"mails that tell it: {[mail['subject'] for mail in told]}", 1 if sabotage.heard else 0, len(told))
    if told:
        [mail] = told
        expect("what it is, in the mail", True, sabotage.named in mail["body"] or mail["body"])
        expect("who it was, in the mail", sabotage.actor, MALLORY in mail["body"] or (sabotage.actor and mail["body"]))
        world.tell(f"  {sabotage.name}, {ticks} tick{'s' * (ticks > 1)}: {mail['subject']}")
    sabotage.undo(world)
    for _ in range(4):
        if state(world) == "OK":
            break
        world.tick()
    expect("the alarm on the watch in the end", "OK", state(world))
    expect("mails in all", 2 if sabotage.heard else 1, len(new(ADDRESS)))
    end = new(ADDRESS)[-1]
    expect("the end, told", True, end["subject"].startswith("[KMS HEALTH OK]") or end["subject"])
    seen = ours(world)
    for what, was in before.items():
        expect(what, was, seen[what])
    expect("what is others'", others, foreign(world))
    # The next one must not find this one's traces near by.
    for _ in range(2):
        world.tick()
    expect("mails in all", 2 if sabotage.heard else 1, len(new(ADDRESS)))


# The sabotages


def delete_the_filter(world):
    world.logs.delete_metric_filter(logGroupName=LOG_GROUP, filterName=FILTER)
    return [cloudtrail.change("DeleteMetricFilter", "logs", {"logGroupName": LOG_GROUP, "filterName": FILTER})]


def edit_the_filter(world):
    metric = {key: LAB_FILTER[key] for key in ("metricNamespace", "metricName", "metricValue", "defaultValue")}
    world.logs.put_metric_filter(
        logGroupName=LOG_GROUP,
        filterName=FILTER,
        filterPattern=pattern(world.role_arn + "-old"),
        metricTransformations=[metric],
    )
    parameters = {"logGroupName": LOG_GROUP, "filterName": FILTER, "filterPattern": pattern(world.role_arn + "-old")}
    return [cloudtrail.change("PutMetricFilter", "logs", parameters)]


def delete_the_alarm(world):
    world.cloudwatch.delete_alarms(AlarmNames=[ALARM])
    return [cloudtrail.change("DeleteAlarms", "monitoring", {"alarmNames": [ALARM]})]


def turn_the_actions_off(world):
    world.cloudwatch.disable_alarm_actions(AlarmNames=[ALARM])
    return [cloudtrail.change("DisableAlarmActions", "monitoring", {"alarmNames": [ALARM]})]


def raise_the_threshold(world):
    alarm = world.alarm(ALARM)
    kept = (*LAB_ALARM, "AlarmDescription", "AlarmActions")
    world.cloudwatch.put_metric_alarm(**{**{name: alarm[name] for name in kept}, "Threshold": 1000.0})
    return [cloudtrail.change("PutMetricAlarm", "monitoring", {"alarmName": ALARM, "threshold": 1000})]


def delete_the_topic(world):
    world.sns.delete_topic(TopicArn=TOPIC)
    return [cloudtrail.change("DeleteTopic", "sns", {"topicArn": TOPIC})]


def confirm_again(world):
    for address in (ADDRESS, COLLEAGUE):
        expect(f"subscriptions of {address} confirmed", 1, len(world.aws.confirm(address)))


def replace_the_policy(world):
    policy = json.loads(world.sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"])
    for statement in policy["Statement"]:
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}:
            statement["Principal"] = {"Service": "backup.amazonaws.com"}
    attribute = {"AttributeName": "Policy", "AttributeValue": json.dumps(policy)}
    world.sns.set_topic_attributes(TopicArn=TOPIC, **attribute)
    return [cloudtrail.change("SetTopicAttributes", "sns", {"topicArn": TOPIC, "attributeName": "Policy"})]


def unsubscribe(world, *addresses):
    found = world.sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    arns = [each["SubscriptionArn"] for each in found if each["Endpoint"] in addresses]
    expect("subscriptions to end", len(addresses), len(arns))
    for arn in arns:
        world.sns.unsubscribe(SubscriptionArn=arn)
    return [cloudtrail.change("Unsubscribe", "sns", {"subscriptionArn": arn}) for arn in arns]


def subscribe(world, *addresses):
    for address in addresses:
        world.sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint=address)
        expect(f"subscriptions of {address} confirmed", 1, len(world.aws.confirm(address)))


def forget_the_trail(world):
    """As if what the log group had were older than a day."""
    world.logs.delete_log_stream(logGroupName=LOG_GROUP, logStreamName=LOG_STREAM)
    world.logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=LOG_STREAM)


def stop_the_trail(world):
    forget_the_trail(world)
    return []


def leave_kms_out(world):
    forget_the_trail(world)
    selectors = cloudtrail.change("PutEventSelectors", "cloudtrail", {"trailName": "pattern1-logging"})
    return [cloudtrail.event("s3-error", world.role_arn), selectors]


def kms_is_called(world):
    world.write_now(cloudtrail.event("decrypt-success", world.role_arn))


def rule(world):
    [found] = [each["Name"] for each in world.events.list_rules()["Rules"] if each["Name"].startswith(STACK)]
    return found


def disable_the_rule(world):
    world.events.disable_rule(Name=rule(world))
    return [cloudtrail.change("DisableRule", "events", {"name": rule(world)})]


def enable_the_rule(world):
    world.events.enable_rule(Name=rule(world))


SABOTAGES = [
    Sabotage("the filter is deleted", delete_the_filter, FILTER),
    Sabotage("the filter is edited", edit_the_filter, FILTER),
    Sabotage("the alarm is deleted", delete_the_alarm, ALARM),
    Sabotage("the alarm's actions are disabled", turn_the_actions_off, ALARM),
    Sabotage("the threshold is changed", raise_the_threshold, ALARM),
    Sabotage("the topic is deleted", delete_the_topic, TOPIC, confirm_again, heard=False),
    Sabotage("the topic's policy is replaced", replace_the_policy, TOPIC),
    Sabotage(
        "an address is unsubscribed",
        lambda world: unsubscribe(world, COLLEAGUE),
        TOPIC,
        lambda world: subscribe(world, COLLEAGUE),
    ),
    Sabotage(
        "the last confirmed address is gone",
        lambda world: unsubscribe(world, ADDRESS, COLLEAGUE),
        TOPIC,
        lambda world: subscribe(world, ADDRESS, COLLEAGUE),
        heard=False,
    ),
    Sabotage("the log group is silent", stop_the_trail, LOG_GROUP, kms_is_called, actor=False),
    Sabotage("there are no KMS events", leave_kms_out, LOG_GROUP, kms_is_called),
    Sabotage("the rule is disabled", disable_the_rule, "rule", enable_the_rule),
]


def the_function_breaks(world):
    """It cannot tell anything itself, so CloudWatch does: what is lost, and that nobody checks."""
    functions, function = getattr(world, "lambda"), world.stack_outputs["FunctionName"]
    variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    duty, lost, told = len(world.aws.mails(DUTY)), len(world.mails("ALARM: ")), len(world.health_mails())
    others = {name: value for name, value in variables.items() if name != "TOPIC_ARN"}
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": others})
    for _ in range(2):
        world.tick()
    world.minutes_pass(1)
    subjects = [mail["subject"] for mail in world.aws.mails(DUTY)[duty:]]
    expect("the escalation topic is told", 1, sum(each.startswith(ESCALATED) for each in subjects))
    undelivered = f'ALARM: "{HEALTH_ALARM.replace("health", "undelivered")}"'
    expect("the escalation topic hears of the loss", True, any(each.startswith(undelivered) for each in subjects) or subjects)
    expect("people hear of the loss", True, any(each["subject"].startswith(undelivered) for each in world.mails("ALARM: ")[lost:]))
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
    world.sqs.purge_queue(QueueUrl=world.stack_outputs["DeadLetterQueueUrl"])
    for _ in range(4):
        world.tick()
    expect("the alarm on the watch in the end", "OK", state(world))
    ends = [mail["subject"] for mail in world.health_mails()[told:]]
    expect("the end, told", True, (len(ends) == 1 and ends[0].startswith("[KMS HEALTH OK]")) or ends)


def a_day_of_health(world, ticks=288):
    """Hold that nothing is mailed and nothing written in a day of ordinary noise; returns the calls."""
    before = ours(world), foreign(world)
    mails, calls = len(world.aws.mails()), world.aws.calls()
    for number in range(ticks):
        if number % 12 == 0:
            world.write_now(*[cloudtrail.event(*each) for group in noise(world).values() for each in group])
        expect("the rule ticked", True, world.tick())
        expect("the alarm on the watch", "OK", state(world))
    expect("what there is", before, (ours(world), foreign(world)))
    expect("mails", mails, len(world.aws.mails()))
    return {name: count - calls.get(name, 0) for name, count in world.aws.calls().items() if count != calls.get(name)}

