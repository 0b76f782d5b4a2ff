"""What is lost is told: what SNS cannot hand to the function, each time; and which alarms are heard."""

import json

from .going_back import as_it_is
from .steps import DEPLOYED, Step, nothing_is_left_after_the_delete, quiet
from .world import STACK, expect
from . import cloudtrail

UNDELIVERED = 'ALARM: "pattern1-logging-undelivered"'


def two_calls_fail(world):
    world.minutes_later()
    world.write(*[cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)])


def mails(world, beginning, count):
    """That so many mails begin like this; the newest."""
    world.wait(f"{count} mails {beginning}", lambda: len(world.mails(beginning)) >= count)
    expect(f"mails {beginning}", count, len(world.mails(beginning)))
    return world.mails(beginning)[-1]


def what_sns_cannot_hand_over_is_kept_and_told(world):
    function = world.stack_outputs["FunctionName"]
    policy = json.loads(getattr(world, "lambda").get_policy(FunctionName=function)["Policy"])
    sns = {"Service": "sns.amazonaws.com"}
    [world.permission] = [each["Sid"] for each in policy["Statement"] if each["Principal"] == sns]
    getattr(world, "lambda").remove_permission(FunctionName=function, StatementId=world.permission)
    two_calls_fail(world)
    mail = mails(world, UNDELIVERED, 1)
    expect("how to look, in the mail", True, "aws sqs receive-message" in mail["body"])
    expect("alerts", [], world.alerts())
    world.tell(f"  the function lets nobody in: {mail['subject']}")


def the_next_loss_is_told_too(world):
    world.aws.minutes_pass(6)
    expect("the alarm on losses", "OK", world.alarm("pattern1-logging-undelivered")["StateValue"])
    quiet(world)
    two_calls_fail(world)
    mails(world, UNDELIVERED, 2)
    world.tell("  although the first one still waits in the queue")


def what_was_kept_is_handed_over(world):
    function = world.stack_outputs["FunctionName"]
    getattr(world, "lambda").add_permission(
        FunctionName=function,
        StatementId=world.permission,
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=world.stack_outputs["AlarmStateTopicArn"],
    )
    queue = world.stack_outputs["DeadLetterQueueUrl"]
    found = world.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    expect("messages in the queue", 2, len(found))
    for number, message in enumerate(found, 1):
        event = {"Records": [{"EventSource": "aws:sns", "Sns": json.loads(message["Body"])}]}
        answer = getattr(world, "lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        expect("the function's error", None, answer.get("FunctionError"))
        world.wait("the alert arrives", lambda number=number: len(world.alerts()) >= number)
        world.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    for mail in world.alerts():
        expect("counted and found", True, "The alarm counted 2, and 2 were found." in mail["body"])
    world.tell("  with an envelope around it, as the function gets it from SNS; the queue is empty")


def an_alarm_of_the_old_name_is_heard_and_no_other(world):
    alarm = as_it_is(world)["alarm"]
    world.parameters["Name"] = "renamed"
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    keep = ("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "ComparisonOperator", "Threshold")
    for name, result in [("pattern1-logging-alarm", "Successfully executed"), ("pattern1-logging-other", "Failed to execute")]:
        actions = [world.stack_outputs["AlarmStateTopicArn"]]
        world.cloudwatch.put_metric_alarm(
            AlarmName=name, AlarmActions=actions, **{each: alarm[each] for each in keep}
        )
        world.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="A test")
        history = world.cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")
        [entry] = [each["HistorySummary"] for each in history["AlarmHistoryItems"]][:1]
        expect(f"the topic and {name}", result, entry[: len(result)])
        world.cloudwatch.delete_alarms(AlarmNames=[name])


STEPS = [
    *DEPLOYED,
    Step("What SNS cannot hand over is kept, and told", what_sns_cannot_hand_over_is_kept_and_told),
    Step("The next loss is told too", the_next_loss_is_told_too),
    Step("What was kept is handed over", what_was_kept_is_handed_over),
    Step("An alarm of the old name is heard, and no other", an_alarm_of_the_old_name_is_heard_and_no_other),
    Step("Nothing is left after the delete", nothing_is_left_after_the_delete),
]
