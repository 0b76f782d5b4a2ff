"""The walk. Each step does one thing, and returns what happened; what it expects stands beside it, and is in the report.

A belief that turns out wrong fails its step, and the walk goes on: the others are worth knowing too. Only what a step
needs must have held.
"""

import json
from dataclasses import dataclass
from typing import Callable

from scenario.steps import LAB_ALARM, LAB_FILTER, pattern
from scenario.world import expect

from . import stacks
from .inbox import take
from .names import NAMESPACE
from .world import ALERT, World

# What AWS may still show for a while after it was deleted, or not show yet after it was made.
SETTLES = 2 * 60
# Until a permission that was given or taken counts everywhere.
APPLIES = 45
# A second alert for the same errors would come by then.
NO_SECOND = 100
# Lambda's attempts take three minutes, an idle queue's metric up to fifteen more.
UNDELIVERED = 30 * 60


@dataclass
class Step:
    """One step: its title, what is expected, and the steps that must have held before."""

    title: str
    expected: str
    run: Callable[[World], str]
    needs: tuple = ()


def is_status(ended, status):
    """Hold how a deployment ended; if otherwise, what CloudFormation said is what was seen."""
    expect("the stack", status, status if ended.status == status else str(ended))


def it_deploys(world):
    ended = world.deploy(world.names.stack, **world.parameters)
    is_status(ended, "CREATE_COMPLETE")
    world.outputs = ended.outputs
    alarm = world.alarm(f"{world.names.base}-alarm")
    own = {"AlarmName": f"{world.names.base}-alarm", "Namespace": NAMESPACE, "MetricName": world.names.prefix}
    wanted = {**LAB_ALARM, **own}
    expect("the alarm", wanted, {key: alarm.get(key) for key in wanted})
    expect("the filter pattern", pattern(world.role_arn), filters(world)[f"{world.names.base}-metricfilter"]["filterPattern"])
    world.inbox.subscribe(ended.outputs["TopicArn"])
    return str(ended)


def filters(world):
    """The metric filters of the log group, by name."""
    found = world.account.logs.describe_metric_filters(logGroupName=world.names.trail)["metricFilters"]
    return {each["filterName"]: each for each in found}


def errors_bring_an_alert(world):
    alert, seconds, records = world.fire(world.names.base)
    expect("the codes in the alert", ["DisabledException"], [group["code"] for group in alert["groups"]])
    expect("calls counted and found", (2, 2), (alert["counts"]["counted"], alert["counts"]["found"]))
    expect("it names the newest event", True, any(each["eventID"] in json.dumps(alert) for each in records))
    return f"the alert came {seconds:.0f} s after the log events: {alert['counts']['explanation']}"


def the_time_zone_changes(world):
    before = world.physical_id(world.names.stack)
    ended = updated(world, TimeZone="Australia/Sydney")
    expect("the physical ID", before, world.physical_id(world.names.stack))
    expect("the function's TIME_ZONE", "Australia/Sydney", function(world)["Environment"]["Variables"]["TIME_ZONE"])
    return str(ended)


def updated(world, **changes):
    """Update the stack, which must succeed; from then on it has these parameters."""
    parameters = {**world.parameters, **changes}
    ended = world.deploy(world.names.stack, **parameters)
    is_status(ended, "UPDATE_COMPLETE")
    world.parameters, world.outputs = parameters, ended.outputs
    return ended


def function(world):
    """The function's configuration."""
    return getattr(world.account, "lambda").get_function_configuration(FunctionName=world.outputs["FunctionName"])


def new_code_that_is_refused_is_rolled_back(world):
    world.code_before, world.sha_before = world.code, function(world)["CodeSha256"]
    world.code = world.upload("second")
    group = f"{world.names.prefix}-no-such-group"
    ended = world.deploy(world.names.stack, **{**world.parameters, "LogGroupName": group})
    is_status(ended, "UPDATE_ROLLBACK_COMPLETE")
    expect("the reason", True, f'there is no log group "{group}"' in str(ended) or str(ended))
    expect("the function's code is the first again", world.sha_before, function(world)["CodeSha256"])
    return str(ended)


def the_same_code_then_deploys(world):
    before = world.physical_id(world.names.stack)
    ended = updated(world)
    expect("the function has other code", True, function(world)["CodeSha256"] != world.sha_before)
    expect("the physical ID", before, world.physical_id(world.names.stack))
    return str(ended)


def a_create_that_fails_after_the_topic_leaves_nothing(world):
    # An alarm may only notify topics of its own Region, so PutMetricAlarm refuses this one at once: the last of three
    # writes, when the topic was tagged a second ago.
    elsewhere = "us-east-1" if world.account.region != "us-east-1" else "us-west-2"
    arn = f"arn:${{AWS::Partition}}:sns:{elsewhere}:${{AWS::AccountId}}:{world.names.other_base}-elsewhere"
    # The custom resource's, and not those of the alarm on the watch.
    action, others = "      AlarmActions:\n        - !Ref AlarmStateTopic\n", "      OKActions: !If\n"
    template = world.template(world.code)
    expect("places to change in the template", 1, template.count(action + others))
    template = template.replace(action + others, f"      AlarmActions:\n        - !Sub {arn}\n{others}")
    parameters = {**world.of(world.names.other_base), "MetricName": f"{world.names.prefix}-2"}
    try:
        ended = world.deploy(world.names.other_stack, template, **parameters)
        is_status(ended, "ROLLBACK_COMPLETE")
        expect("PutMetricAlarm is why", True, "PutMetricAlarm" in str(ended) or str(ended))
        settled(world, "what is left of its names", world.names.other_base)
    finally:
        # A later step makes a stack of that name, which a stack that was rolled back is in the way of.
        deleted = stacks.describe(world.account, world.names.other_stack) and world.delete(world.names.other_stack)
    is_status(deleted, "DELETE_COMPLETE")
    return str(ended)


def settled(world, what, *beginnings):
    """Hold that nothing is left of such names, once AWS lists it no more."""
    left = world.clock.look(lambda: not world.left_of(*beginnings), SETTLES)
    expect(what, [], [] if left else world.left_of(*beginnings))


def errors_early_and_late_in_a_minute_with_10_s(world):
    return early_and_late(world)


def errors_early_and_late_in_a_minute_with_60_s(world):
    updated(world, Period="60")
    return early_and_late(world)


def early_and_late(world):
    """Two errors at :05 of a minute, then two at :55 of another; what came, and when."""
    happened, silent = [], []
    for second in (5, 55):
        world.quiet(world.names.base)
        before = len(world.inbox.alerts())
        world.clock.until_second(second)
        begun = world.clock.seconds()
        world.write("decrypt-disabled", "decrypt-disabled")
        first = world.clock.look(lambda seen=before: world.inbox.alerts(seen), ALERT)
        if not first:
            silent.append(f":{second:02}")
            happened.append(f":{second:02}: none within {ALERT} s")
            continue
        world.clock.sleep(NO_SECOND)
        alerts = world.inbox.alerts(before)
        counts = [f"{each.alert['counts']['counted']} counted and {each.alert['counts']['found']} found" for each in alerts]
        after = f"the first after {first[0].seen - begun:.0f} s"
        happened.append(f":{second:02}: {len(alerts)} alert{'s' * (len(alerts) != 1)}, {after}, {', '.join(counts)}")
    happened = "; ".join(happened)
    expect("errors without an alert", [], silent and [happened])
    return happened


def an_encrypted_topic(world):
    account, names = world.account, world.names
    root = account.arn("iam", "root").replace(account.region, "")
    policy = [
        {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
        {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
        },
    ]
    key = account.kms.create_key(
        Description="kms-alarm's walk through an account",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": policy}),
        Tags=names.tags("TagKey", "TagValue"),
    )["KeyMetadata"]["Arn"]
    account.kms.create_alias(AliasName=names.key, TargetKeyId=key)
    try:
        updated(world, TopicKmsKeyId=key)
        expect("the topic's key", key, topic_attributes(world).get("KmsMasterKeyId"))
        _, seconds, _ = world.fire(names.base)
    finally:
        # What follows needs a topic that can be published to when the key is gone.
        if topic_attributes(world).get("KmsMasterKeyId"):
            updated(world, TopicKmsKeyId="")
    expect("the topic's key afterwards", None, topic_attributes(world).get("KmsMasterKeyId") or None)
    return f"the alert came after {seconds:.0f} s; the topic then lost its key again"


def topic_attributes(world):
    """The attributes of the people's topic."""
    return world.account.sns.get_topic_attributes(TopicArn=world.outputs["TopicArn"])["Attributes"]


def the_functions_permission_is_taken_away(world):
    functions, name = getattr(world.account, "lambda"), world.outputs["FunctionName"]
    world.quiet(world.names.base)
    statements = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    [statement] = [each for each in statements if each["Principal"] == {"Service": "sns.amazonaws.com"}]
    [source] = [arn for condition in statement["Condition"].values() for arn in condition.values()]
    functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    try:
        return unheard(world)
    finally:
        functions.add_permission(
            FunctionName=name,
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal="sns.amazonaws.com",
            SourceArn=source,
        )


def what_is_undelivered_is_told(world):
    topic = world.outputs["TopicArn"]
    world.quiet(world.names.base)
    policy = topic_attributes(world)["Policy"]
    refusal = {
        "Sid": "Mistake",
        "Effect": "Deny",
        "Principal": {"AWS": function(world)["Role"]},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    broken = json.loads(policy)
    broken["Statement"].append(refusal)

    def set_policy(text):
        world.account.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text)

    set_policy(json.dumps(broken))
    try:
        return unheard(world)
    finally:
        set_policy(policy)


def unheard(world):
    """Let errors happen that the function cannot tell of; after how many seconds CloudWatch does. Ends with an empty
    queue, and nothing left to be told."""
    undelivered = f"{world.names.base}-undelivered"
    queue = world.outputs["DeadLetterQueueUrl"]
    world.clock.wait(f"{undelivered} is quiet", lambda: not alarms_of(world, undelivered), UNDELIVERED)
    world.clock.sleep(APPLIES)
    alerts, notices, begun = len(world.inbox.alerts()), len(world.inbox.notices(undelivered)), world.clock.seconds()
    world.write("decrypt-disabled", "decrypt-disabled")
    try:
        world.clock.wait("the event is in the queue", lambda: depth(world, queue), UNDELIVERED)
        kept = world.clock.seconds() - begun
        world.clock.wait(
            "CloudWatch tells of what is undelivered", lambda: world.inbox.notices(undelivered, notices), UNDELIVERED
        )
        told = world.clock.seconds() - begun
    finally:
        kept_messages = emptied(world, queue)
    expect("alerts of the function", [], [each.subject for each in world.inbox.alerts(alerts)])
    expect("the alarm's message is in the queue, whole", True, f"{world.names.base}-alarm" in "".join(kept_messages))
    return f"in the queue after {kept:.0f} s, told after {told:.0f} s"


def alarms_of(world, beginning):
    """The alarms whose names begin like this and that are in ALARM."""
    found = world.account.cloudwatch.describe_alarms(AlarmNamePrefix=beginning, StateValue="ALARM")
    return [each["AlarmName"] for each in found["MetricAlarms"]]


def depth(world, queue):
    """How many messages a queue has."""
    names = ["ApproximateNumberOfMessages"]
    found = world.account.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return int(found[names[0]])


def emptied(world, queue):
    """Take what a queue has."""
    bodies = []
    while taken := take(world.account, world.clock, queue):
        bodies += taken
    return bodies


def it_is_deleted(world):
    return gone(world, world.names.stack, world.names.base)


def gone(world, stack, base):
    """Delete a stack, and hold that nothing of it is left."""
    ended = world.delete(stack)
    is_status(ended, "DELETE_COMPLETE")
    settled(world, "what is left", stack, base)
    return str(ended)


def what_was_made_by_hand_is_adopted(world):
    account, base = world.account, world.names.other_base
    topic = account.sns.create_topic(Name=f"{base}-topic", Tags=world.names.tags())["TopicArn"]
    world.inbox.subscribe(topic)
    metric = {"metricValue": LAB_FILTER["metricValue"], "metricNamespace": NAMESPACE, "metricName": world.names.prefix}
    account.logs.put_metric_filter(
        logGroupName=world.names.trail,
        filterName=f"{base}-metricfilter",
        filterPattern=pattern(world.role_arn),
        metricTransformations=[metric],
    )
    account.cloudwatch.put_metric_alarm(
        **{**LAB_ALARM, "AlarmName": f"{base}-alarm", "Namespace": NAMESPACE, "MetricName": world.names.prefix},
        AlarmActions=[topic],
        Tags=world.names.tags(),
    )
    ended = world.deploy(world.names.other_stack, **world.of(base), ExistingResources="Adopt")
    is_status(ended, "CREATE_COMPLETE")
    world.outputs = ended.outputs
    expect("the topic is the same", topic, ended.outputs["TopicArn"])
    actions = world.alarm(f"{base}-alarm")["AlarmActions"]
    expect("the alarm's actions", [ended.outputs["AlarmStateTopicArn"]], actions)
    _, seconds, _ = world.fire(base)
    return f"{ended}; the alert came after {seconds:.0f} s, to who had subscribed before"


def it_gets_another_name(world):
    names = world.names
    ended = world.deploy(names.other_stack, **world.of(names.renamed_base), ExistingResources="Adopt")
    is_status(ended, "UPDATE_COMPLETE")
    world.outputs = ended.outputs
    settled(world, "what is left of the old name", names.other_base)
    world.inbox.subscribe(ended.outputs["TopicArn"])
    _, seconds, _ = world.fire(names.renamed_base)
    return f"{ended}; the alert came after {seconds:.0f} s, to who has subscribed again"


def the_renamed_is_deleted(world):
    return gone(world, world.names.other_stack, world.names.renamed_base)


DEPLOYED = (it_deploys,)
STEPS = [
    Step("It deploys", "complete; filter and alarm are the lab's", it_deploys),
    Step("Errors bring an alert", "one alert, which counts and names both", errors_bring_an_alert, DEPLOYED),
    Step("TimeZone changes", "complete, in place; the function has it", the_time_zone_changes, DEPLOYED),
    Step(
        "New code with a setting that is refused",
        "rolled back, with the reason; the first code is back",
        new_code_that_is_refused_is_rolled_back,
        DEPLOYED,
    ),
    Step(
        "The same new code without that",
        "complete",
        the_same_code_then_deploys,
        (it_deploys, new_code_that_is_refused_is_rolled_back),
    ),
    Step(
        "A Create that fails after the topic",
        "rolled back, not ROLLBACK_FAILED; no topic is left",
        a_create_that_fails_after_the_topic_leaves_nothing,
    ),
    Step(
        "Errors at :05 and at :55, Period 10",
        "an alert each time; a second one for the same errors may come",
        errors_early_and_late_in_a_minute_with_10_s,
        DEPLOYED,
    ),
    Step(
        "Errors at :05 and at :55, Period 60",
        "an alert each time",
        errors_early_and_late_in_a_minute_with_60_s,
        DEPLOYED,
    ),
    Step("The topic gets a key", "the alert comes through the encrypted topic", an_encrypted_topic, DEPLOYED),
    Step(
        "SNS may no longer invoke the function",
        "the alarm's message is in the queue, and CloudWatch tells of it",
        the_functions_permission_is_taken_away,
        DEPLOYED,
    ),
    Step(
        "The function may not publish",
        "after three attempts the event is in the queue, and CloudWatch tells of it",
        what_is_undelivered_is_told,
        DEPLOYED,
    ),
    Step("It is deleted", "complete, nothing is left", it_is_deleted, DEPLOYED),
    Step(
        "What was made by hand is adopted",
        "complete; who had subscribed gets the alert",
        what_was_made_by_hand_is_adopted,
        (it_is_deleted,),
    ),
    Step(
        "Another name",
        "complete; the old name's are gone, the new one's work",
        it_gets_another_name,
        (what_was_made_by_hand_is_adopted,),
    ),
    Step("It is deleted too", "complete, nothing is left", the_renamed_is_deleted, (what_was_made_by_hand_is_adopted,)),
]
