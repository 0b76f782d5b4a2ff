"""What people have when they come: the lab's Section 4 done by hand, the lab's own stack for it, or
neither the lab nor its application. Three stories, told and tested like the scenario.

The lab: https://www.wellarchitectedlabs.com/security/300_labs/300_autonomous_monitoring_of_cryptographic_activity_with_kms/
"""

import json
import re

from . import cloudtrail
from .steps import LAB_ALARM, LAB_FILTER, Step, confirmed, pattern, provoke
from .steps import the_application_and_the_trail_exist, the_subscription_is_confirmed
from .world import ADDRESS, LOG_GROUP, LOG_STREAM, STACK, expect

LOGGING_STACK_NAME = "pattern1-logging"

# What the lab's stack makes besides the trail: the log group, whose name CloudFormation makes up, and all of
# Section 4 under names that are not Section 4's.
LOGGING_TEMPLATE = """
Parameters:
  AppECSTaskRoleArn: {Type: String}
  EmailAddress: {Type: String}
Resources:
  Pattern1CloudWatchLogGroup:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: 7}
  Pattern1CloudWatchLogGroupMetricFilter:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Ref Pattern1CloudWatchLogGroup
      FilterPattern: !Sub '{ $.errorCode = "*" && $.eventSource= "kms.amazonaws.com" && $.userIdentity.sessionContext.sessionIssuer.arn = "${AppECSTaskRoleArn}" }'
      MetricTransformations:
        - {MetricValue: '1', MetricNamespace: Pattern1Application/KMSSecurity, MetricName: KMSSecurityError}
  Pattern1CloudWatchLogGroupMetricFilterAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: Pattern1ApplicationKMSSecurityAlarm
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Namespace: Pattern1Application/KMSSecurity
      MetricName: KMSSecurityError
      Period: 10
      Statistic: Sum
      Threshold: 1
      TreatMissingData: ignore
      AlarmActions: [!Ref Pattern1CloudWatchAlarmTopic]
  Pattern1CloudWatchAlarmTopic:
    Type: AWS::SNS::Topic
  Pattern1CloudWatchAlarmTopicSubscription:
    Type: AWS::SNS::Subscription
    Properties: {Endpoint: !Ref EmailAddress, Protocol: email, TopicArn: !Ref Pattern1CloudWatchAlarmTopic}
Outputs:
  OutputPattern1CloudWatchLogGroup:
    Value: !Ref Pattern1CloudWatchLogGroup
    Export: {Name: !Sub '${AWS::StackName}-Pattern1CloudWatchLogGroup'}
"""


def refused(world, reason, **parameters):
    """Deploy what must be refused, and hold that nothing has changed."""
    before = world.left()
    try:
        world.deploy(STACK, world.template(world.code), **parameters)
        seen = "it deployed"
    except AssertionError as unmet:
        seen = str(unmet)
    expect("the stack's reason", True, reason in seen or seen)
    world.delete(STACK)
    expect("what exists", before, world.left())
    world.tell(f"  {reason} ...; all as before")


def the_mail_comes(world):
    """Two errors, one mail that counts and names both."""
    records = [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)]
    mail = provoke(world, records, world.stack_outputs["AlarmName"])
    expect("counted and found", True, "The alarm counted 2, and 2 were found." in mail["body"] or mail["body"])
    world.tell(f"  {mail['subject']}")


# Section 4 by hand


def section_4_was_done_by_hand(world):
    world.code = world.upload()
    topic = world.sns.create_topic(Name="pattern1-logging-topic")["TopicArn"]
    world.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=ADDRESS)
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))
    metric = {key: LAB_FILTER[key] for key in ("metricNamespace", "metricName", "metricValue")}
    world.logs.put_metric_filter(
        logGroupName=LOG_GROUP,
        filterName=LAB_FILTER["filterName"],
        filterPattern=pattern(world.role_arn),
        metricTransformations=[metric],
    )
    world.cloudwatch.put_metric_alarm(**LAB_ALARM, AlarmActions=[topic])
    world.tell("\n".join(f"  {each}" for each in world.left()))


def by_hand_is_left_alone(world):
    refused(world, "exists and was not made by this stack; choose another Name, or set", Emails=ADDRESS)


def it_is_adopted(world):
    world.stack_outputs = world.deploy(
        STACK, world.template(world.code), Emails=ADDRESS, ExistingResources="Adopt"
    )
    [found] = world.logs.describe_metric_filters()["metricFilters"]
    expect("the filter's default value", 0.0, found["metricTransformations"][0].get("defaultValue"))
    alarm = world.alarm("pattern1-logging-alarm")
    expect("the alarm's actions", [world.stack_outputs["AlarmStateTopicArn"]], alarm["AlarmActions"])
    expect("confirmed subscriptions", 1, confirmed(world))
    world.tell("  one filter, one alarm, one topic; who had confirmed need not do so again")


def the_adopted_goes_with_the_stack(world):
    world.delete(STACK)
    expect("what is left", [], world.left())
    world.tell("  nothing is left, what was made by hand neither")


SECTION_4_BY_HAND = [
    Step("The application's role and CloudTrail's log group exist", the_application_and_the_trail_exist),
    Step("The lab's Section 4 was done by hand", section_4_was_done_by_hand),
    Step("A deployment leaves it alone and says so", by_hand_is_left_alone),
    Step("With ExistingResources=Adopt it is taken over", it_is_adopted),
    Step("The mail comes", the_mail_comes),
    Step("It is removed with the stack", the_adopted_goes_with_the_stack),
]


# The lab's stack


def the_labs_stack_counts_already(world):
    world.code = world.upload()
    arguments = {"AppECSTaskRoleArn": world.role_arn, "EmailAddress": ADDRESS}
    outputs = world.deploy(LOGGING_STACK_NAME, LOGGING_TEMPLATE, **arguments)
    world.log_group = outputs["OutputPattern1CloudWatchLogGroup"]
    world.logs.create_log_stream(logGroupName=world.log_group, logStreamName=LOG_STREAM)
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))
    world.labs_own = world.left()
    world.tell(f"  log group {world.log_group}")


def the_same_metric_is_refused(world):
    reason = "already feeds Pattern1Application/KMSSecurity KMSSecurityError, so each error would count twice"
    refused(world, reason, Emails=ADDRESS, LoggingStackName=LOGGING_STACK_NAME)


def another_metric_works_beside_it(world):
    world.parameters = {
        "Emails": ADDRESS,
        "LoggingStackName": LOGGING_STACK_NAME,
        "MetricName": "KMSSecurityErrorExplained",
    }
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    filters = world.logs.describe_metric_filters(logGroupName=world.log_group)["metricFilters"]
    expect("metric filters of the lab's log group", 2, len(filters))
    expect("subscriptions confirmed", 1, len(world.aws.confirm(ADDRESS)))
    before = len(world.mails('ALARM: "Pattern1ApplicationKMSSecurityAlarm"'))
    the_mail_comes(world)
    world.wait(
        "the lab's own mail comes too",
        lambda: world.mails('ALARM: "Pattern1ApplicationKMSSecurityAlarm"')[before:],
    )
    world.tell("  and the lab's own mail, from its own alarm")


def both_can_feed_one_metric(world):
    quiet(world)
    del world.parameters["MetricName"]
    world.parameters["ExistingResources"] = "Adopt"
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    records = [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)]
    mail = provoke(world, records)
    # AWS adds up both filters' values of a minute, 4, before the alarm sees them; the local AWS shows it each filter's.
    counted = re.search(r"The alarm counted \d+, and (\d+) were found", mail["body"])
    expect("found", "2", counted and counted[1] or mail["body"])
    expect("in the subject", True, "[x2, " in mail["subject"] or mail["subject"])
    world.tell(f"  each error counts twice for the alarm, and once in the mail: {mail['subject']}")


def quiet(world):
    """A call that succeeds, some minutes later, so that an alarm returns to OK."""
    world.minutes_later(2)
    world.write(cloudtrail.event("decrypt-success", world.role_arn))
    name = world.stack_outputs["AlarmName"]
    world.wait("the alarm returns to OK", lambda: world.alarm(name)["StateValue"] == "OK")


def the_labs_stack_stays_as_it_was(world):
    world.delete(STACK)
    expect("what is left", world.labs_own, world.left())
    world.tell("\n".join(f"  {each}" for each in world.left()))


LOGGING_STACK = [
    Step("The application's role exists", the_application_and_the_trail_exist),
    Step("The lab's stack pattern1-logging counts already", the_labs_stack_counts_already),
    Step("The same metric is refused", the_same_metric_is_refused),
    Step("With another MetricName both work side by side", another_metric_works_beside_it),
    Step("With ExistingResources=Adopt both feed one metric", both_can_feed_one_metric),
    Step("After the delete the lab's stack is as it was", the_labs_stack_stays_as_it_was),
]


# The role by its ARN


def a_role_of_no_stack_exists(world):
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = world.iam.create_role(RoleName="orders", Path="/services/", AssumeRolePolicyDocument=document)
    world.role_arn = role["Role"]["Arn"]
    world.log_group = "/aws/cloudtrail/all"
    world.logs.create_log_group(logGroupName=world.log_group)
    world.logs.create_log_stream(logGroupName=world.log_group, logStreamName=LOG_STREAM)
    world.tell(f"  {world.role_arn}, log group {world.log_group}, no stack of the lab")


def its_arn_is_enough(world):
    world.code = world.upload()
    world.stack_outputs = world.deploy(
        STACK, world.template(world.code), Emails=ADDRESS, TaskRoleArn=world.role_arn, LogGroupName=world.log_group
    )
    expect("the filter pattern", pattern(world.role_arn), world.stack_outputs["FilterPattern"])


ROLE_BY_ARN = [
    Step("A role that no stack exports, and another log group", a_role_of_no_stack_exists),
    Step("Its ARN is enough to deploy", its_arn_is_enough),
    Step("The subscription is confirmed", the_subscription_is_confirmed),
    Step("The mail comes", the_mail_comes),
]
