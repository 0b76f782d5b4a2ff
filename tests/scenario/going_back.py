"""What happens to a stack later, and whether it can go back: an adoption that fails, an update that is refused and its
rollback, what somebody changed by hand. Three stories, told and tested like the scenario.
"""

import json

from . import cloudtrail
from .beside_the_lab import the_mail_comes
from .steps import DEPLOYED, LAB_ALARM, LAB_FILTER, Step, confirmed, nothing_is_left_after_the_delete
from .steps import subscriptions, the_application_and_the_trail_exist
from .world import ADDRESS, LOG_GROUP, LOG_STREAM, STACK, expect

TOPIC = "arn:aws:sns:ap-southeast-2:111122223333:pattern1-logging-topic"
ALARM = "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:pattern1-logging-alarm"
KEY = "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
METRIC = {key: LAB_FILTER[key] for key in ("metricNamespace", "metricName", "metricValue")}


def as_it_is(world):
    """The filters, the alarm and the topic, with all that can be known of them, but not when they were written."""
    attributes = world.sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    attributes["Policy"] = json.loads(attributes["Policy"])
    filters = world.logs.describe_metric_filters()["metricFilters"]
    alarm = world.alarm("pattern1-logging-alarm")
    del alarm["AlarmConfigurationUpdatedTimestamp"]
    return {
        "filters": [{name: value for name, value in each.items() if name != "creationTime"} for each in filters],
        "alarm": alarm,
        "alarm's tags": tags(world.cloudwatch.list_tags_for_resource(ResourceARN=ALARM)),
        "topic": attributes,
        "topic's tags": tags(world.sns.list_tags_for_resource(ResourceArn=TOPIC)),
        "subscriptions": world.sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"],
    }


def tags(listed):
    """Tags by key. The last one names the request that it was written for, of which each has its own."""
    found = {tag["Key"]: tag["Value"] for tag in listed["Tags"]}
    return {**found, "kms-alarm:complete": "a request"} if "kms-alarm:complete" in found else found


def all_is(world, before):
    """Hold that all is as it was, thing by thing."""
    for what, is_now in as_it_is(world).items():
        expect(what, before[what], is_now)


def refused(world, template=None, **parameters):
    """Deploy what must be refused; what the stack then tells."""
    try:
        world.deploy(STACK, template or world.template(world.code), **parameters)
    except AssertionError as unmet:
        return str(unmet)
    return "it deployed"


def said(what, words, seen):
    """Hold that a text has these words."""
    expect(what, True, words in seen or seen)


# An adoption that fails


def section_4_and_more_was_done_by_hand(world):
    world.code = world.upload()
    world.sns.create_topic(Name="pattern1-logging-topic", Attributes={"KmsMasterKeyId": KEY, "DisplayName": "Security"})
    world.sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint=ADDRESS)
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))
    policy = json.loads(world.sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"])
    world.statement = {
        "Sid": "Backup",
        "Effect": "Allow",
        "Principal": {"Service": "backup.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
    }
    policy["Statement"].append(world.statement)
    world.sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=json.dumps(policy))
    # SNS takes fifty.
    world.own_tags = [{"Key": f"cost-{number}", "Value": "security"} for number in range(49)]
    world.sns.tag_resource(ResourceArn=TOPIC, Tags=world.own_tags)
    world.logs.put_metric_filter(
        logGroupName=LOG_GROUP,
        filterName=LAB_FILTER["filterName"],
        filterPattern='{ $.eventSource = "kms.amazonaws.com" && $.errorCode = "AccessDenied" }',
        metricTransformations=[METRIC],
    )
    world.cloudwatch.put_metric_alarm(
        **{**LAB_ALARM, "Period": 300, "Threshold": 5.0, "TreatMissingData": "notBreaching"},
        AlarmDescription="Ask the security team",
        AlarmActions=[TOPIC],
        OKActions=[TOPIC],
        Tags=[{"Key": "team", "Value": "security"}],
    )
    world.before = as_it_is(world)
    world.tell(f"  a topic with a key, a statement for AWS Backup and {len(world.own_tags)} tags; an alarm with OK actions")


def what_fails_beside_it_touches_nothing(world):
    # The alarm on what is lost gets a period that no alarm can have.
    template = world.template(world.code).replace("\n            Period: 60\n", "\n            Period: 45\n")
    seen = refused(world, template, Emails=ADDRESS, ExistingResources="Adopt")
    said("the stack's reason", "UndeliveredAlarm: ", seen)
    asked = [event for event in world.stack_events(STACK) if event["LogicalResourceId"] == "KmsAlarm"]
    expect("events of the custom resource", [], asked)
    world.delete(STACK)
    all_is(world, world.before)
    world.tell("  the custom resource is the last of the stack: it was not asked for anything")


def what_fails_at_the_last_write_is_put_back(world):
    seen = refused(world, Emails=ADDRESS, ExistingResources="Adopt")
    said("the stack's reason", "TagLimitExceeded", seen)
    all_is(world, world.before)
    world.delete(STACK)
    all_is(world, world.before)
    world.tell("  the topic takes no more tags, which are written last: filter, alarm and topic are as they were")


def with_room_for_tags_it_is_adopted(world):
    keys = [tag["Key"] for tag in world.own_tags[40:]]
    world.sns.untag_resource(ResourceArn=TOPIC, TagKeys=keys)
    parameters = {"Emails": ADDRESS, "ExistingResources": "Adopt"}
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **parameters)
    now = as_it_is(world)
    expect("subscriptions", world.before["subscriptions"], now["subscriptions"])
    expect("the topic's key", KEY, now["topic"].get("KmsMasterKeyId"))
    expect("the topic's display name", "Security", now["topic"]["DisplayName"])
    statements = now["topic"]["Policy"]["Statement"]
    expect("the statement by hand", [world.statement], [each for each in statements if each.get("Sid") == "Backup"])
    expect("the alarm may publish", 1, sum(each.get("Sid") == "KmsAlarmOfThisAccount" for each in statements))
    expect("the alarm's period", 10, now["alarm"]["Period"])
    expect("its actions", [world.stack_outputs["AlarmStateTopicArn"]], now["alarm"]["AlarmActions"])
    expect("its OK actions", [], now["alarm"].get("OKActions") or [])
    [metric_filter] = now["filters"]
    expect("the filter's pattern", world.stack_outputs["FilterPattern"], metric_filter["filterPattern"])
    world.tell("  key, statement and subscription stay; alarm and filter have this stack's settings")


def it_goes_with_the_stack(world):
    world.delete(STACK)
    expect("what is left", [], world.left())


ADOPTION_THAT_FAILS = [
    Step("The application's role and CloudTrail's log group exist", the_application_and_the_trail_exist),
    Step("Section 4, and more, was done by hand", section_4_and_more_was_done_by_hand),
    Step("A failure beside the custom resource touches nothing", what_fails_beside_it_touches_nothing),
    Step("A failure at the last write of an adoption is put back", what_fails_at_the_last_write_is_put_back),
    Step("With room for tags it is adopted, and keeps what is not this stack's", with_room_for_tags_it_is_adopted),
    Step("The mail comes", the_mail_comes),
    Step("It is removed with the stack", it_goes_with_the_stack),
]


# An update that is refused


def feed(world, name, metric):
    """Let another filter feed a metric."""
    world.logs.put_metric_filter(
        logGroupName=LOG_GROUP,
        filterName=name,
        filterPattern='{ $.eventSource = "kms.amazonaws.com" }',
        metricTransformations=[{**METRIC, "metricName": metric}],
    )


def a_metric_that_another_filter_feeds_is_refused_and_rolled_back(world):
    feed(world, "audit", "KMSCalls")
    before, identity = as_it_is(world), world.physical_id()
    seen = refused(world, **{**world.parameters, "MetricName": "KMSCalls"})
    said("the stack's reason", "already feeds Pattern1Application/KMSSecurity KMSCalls", seen)
    said("the stack's status", "UPDATE_ROLLBACK_COMPLETE", seen)
    all_is(world, before)
    expect("the physical id", identity, world.physical_id())
    world.tell("  refused, rolled back, all as before")


def a_filter_that_comes_later_refuses_nothing(world):
    feed(world, "late", "KMSSecurityError")
    world.parameters["Period"] = "60"
    world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("the alarm's period", 60, world.alarm("pattern1-logging-alarm")["Period"])
    warnings = [line for line in world.function_log().splitlines() if '"WARN"' in line and "late" in line]
    expect("a warning in the function's log", True, bool(warnings))
    world.tell("  another period, although a filter now feeds the metric too; the log warns of it")


def a_refused_update_goes_back_to_a_metric_that_is_fed_twice(world):
    before = as_it_is(world)
    seen = refused(world, **{**world.parameters, "MetricName": "KMSCalls"})
    said("the stack's status", "UPDATE_ROLLBACK_COMPLETE", seen)
    all_is(world, before)
    world.tell("  refused again, and rolled back to what once held")


def without_the_log_group_the_rollback_fails_too(world):
    world.logs.delete_log_group(logGroupName=LOG_GROUP)
    seen = refused(world, **{**world.parameters, "Period": "120"})
    said("the stack's status", "UPDATE_ROLLBACK_FAILED", seen)
    said("the stack's reason", f'LogGroupName: there is no log group "{LOG_GROUP}"', seen)
    expect("confirmed subscriptions", 1, confirmed(world))
    world.tell("  CloudTrail's log group is gone: AWS refuses the update and its rollback")


def the_rollback_goes_on_without_the_alarm(world):
    told = {event["EventId"] for event in world.stack_events(STACK)}
    world.cloudformation.continue_update_rollback(StackName=STACK, ResourcesToSkip=["KmsAlarm"])
    expect("the stack's status", "UPDATE_ROLLBACK_COMPLETE", world.follow(STACK, told))


def the_next_deployment_puts_the_alarm_right(world):
    world.logs.create_log_group(logGroupName=LOG_GROUP)
    world.logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=LOG_STREAM)
    world.parameters["Period"] = "120"
    world.deploy(STACK, world.template(world.code), **world.parameters)
    [found] = world.logs.describe_metric_filters(logGroupName=LOG_GROUP)["metricFilters"]
    expect("the metric filter", LAB_FILTER["filterName"], found["filterName"])
    expect("confirmed subscriptions", 1, confirmed(world))


REFUSED_UPDATE = [
    *DEPLOYED,
    Step(
        "A metric that another filter feeds is refused, and rolled back",
        a_metric_that_another_filter_feeds_is_refused_and_rolled_back,
    ),
    Step("A filter that comes later refuses nothing", a_filter_that_comes_later_refuses_nothing),
    Step(
        "A refused update goes back to a metric that is fed twice",
        a_refused_update_goes_back_to_a_metric_that_is_fed_twice,
    ),
    Step("Without the log group the rollback fails too", without_the_log_group_the_rollback_fails_too),
    Step("It goes on without the alarm", the_rollback_goes_on_without_the_alarm),
    Step("The next deployment puts the alarm right", the_next_deployment_puts_the_alarm_right),
    Step("Nothing is left after the delete", nothing_is_left_after_the_delete),
]


# Changed by hand


def updated(world, **changed):
    """Update in place."""
    before = world.physical_id()
    world.parameters.update(changed)
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("the physical id", before, world.physical_id())


def a_topic_made_again_is_taken_over(world):
    world.sns.delete_topic(TopicArn=TOPIC)
    world.sns.create_topic(Name="pattern1-logging-topic")
    updated(world, Period="60")
    expect("the topic's tags", True, "kms-alarm:owner" in as_it_is(world)["topic's tags"])
    expect("the subscription", ["PendingConfirmation"], subscriptions(world))
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))
    world.tell("  the topic was deleted and made again: it is ours again, and the address must confirm again")


def who_ended_the_subscription_is_asked_again(world):
    world.sns.unsubscribe(SubscriptionArn=subscriptions(world)[0])
    expect("the subscription", ["Deleted"], subscriptions(world))
    updated(world, Period="10")
    expect("the subscription", ["PendingConfirmation"], subscriptions(world))
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))


def strip(world):
    """Take off all tags."""
    for listed, untag, name in (
        (world.sns.list_tags_for_resource(ResourceArn=TOPIC), world.sns.untag_resource, {"ResourceArn": TOPIC}),
        (world.cloudwatch.list_tags_for_resource(ResourceARN=ALARM), world.cloudwatch.untag_resource, {"ResourceARN": ALARM}),
    ):
        untag(**name, TagKeys=list(tags(listed)))


def tags_that_were_removed_are_put_back(world):
    before = as_it_is(world)
    strip(world)
    expect("the topic's tags", {}, as_it_is(world)["topic's tags"])
    updated(world, Threshold="0")
    now = as_it_is(world)
    for each in ("alarm's tags", "topic's tags"):
        expect(each, before[each], now[each])
    world.tell("  the tags of alarm and topic were removed: they are there again")


def one_error_brings_the_mail(world):
    before = len(world.alerts())
    world.minutes_later()
    world.write(cloudtrail.event("decrypt-disabled", world.role_arn))
    mail = world.alert_after(before)
    world.tell(f"  {mail['subject']}")


def without_tags_nothing_is_left_either(world):
    strip(world)
    # Edited by hand, the filter feeds another metric.
    world.logs.put_metric_filter(
        logGroupName=LOG_GROUP,
        filterName=LAB_FILTER["filterName"],
        filterPattern="{ $.errorCode = * }",
        metricTransformations=[{**METRIC, "metricName": "Other"}],
    )
    nothing_is_left_after_the_delete(world)


CHANGED_BY_HAND = [
    *DEPLOYED,
    Step("A topic that was made again is taken over", a_topic_made_again_is_taken_over),
    Step("Who ended the subscription is asked again", who_ended_the_subscription_is_asked_again),
    Step("Tags that were removed are put back", tags_that_were_removed_are_put_back),
    Step("The mail comes", one_error_brings_the_mail),
    Step("Without the tags nothing is left after the delete either", without_tags_nothing_is_left_either),
]
