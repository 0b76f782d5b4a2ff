"""SNS to Lambda: permission, retries and where events go that no retry helped."""

import json
import time

import pytest

from .conftest import Function, code, document, eventually


@pytest.fixture
def topic(client, name):
    return client("sns").create_topic(Name=name)["TopicArn"]


@pytest.fixture
def queue(client, name):
    url = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return {
        "url": url,
        "arn": client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ],
    }


def may_send(queue):
    return [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue["arn"]}]


def left_behind(client, queue):
    """The message in the queue, once it is there."""
    request = {"QueueUrl": queue["url"], "MessageAttributeNames": ["All"]}
    (message,) = eventually(lambda: client("sqs").receive_message(**request).get("Messages"))
    return message


def test_a_message_reaches_the_function_once(client, name, topic):
    function = Function(client, name)
    function.listen(topic)
    client("sns").publish(TopicArn=topic, Subject="Hello", Message="text")
    (event,) = function.events(1)
    (record,) = event["Records"]
    assert (record["EventSource"], record["Sns"]["Subject"], record["Sns"]["Message"]) == (
        "aws:sns",
        "Hello",
        "text",
    )
    assert record["Sns"]["TopicArn"] == topic


def test_a_topic_that_the_function_does_not_let_in_is_refused(client, name, topic, aws):
    function = Function(client, name)
    client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.arn)
    other = client("sns").create_topic(Name=f"{name}-other")["TopicArn"]
    function.listen(other)
    client("sns").publish(TopicArn=topic, Message="refused")
    log = aws.data / "local-aws.log"
    eventually(lambda: f"the policy of {name} does not let {topic} in" in log.read_text())
    client("sns").publish(TopicArn=other, Message="let in")
    (event,) = function.events(1)
    assert event["Records"][0]["Sns"]["Message"] == "let in"


def test_a_failure_is_repeated_twice_and_then_left_in_the_dead_letter_queue(client, name, topic, queue):
    function = Function(client, name, may_send(queue), DeadLetterConfig={"TargetArn": queue["arn"]})
    function.listen(topic)
    client("sns").publish(TopicArn=topic, Message="please fail")
    message = left_behind(client, queue)
    events = function.events(3)
    assert len(events) == 3
    assert json.loads(message["Body"]) == events[0]
    assert {
        key: value["StringValue"] for key, value in message["MessageAttributes"].items() if key != "RequestID"
    } == {
        "ErrorCode": "200",
        "ErrorMessage": "as asked",
    }


def test_an_on_failure_destination_gets_lambdas_envelope(client, name, topic, queue):
    function = Function(client, name, may_send(queue))
    client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": queue["arn"]}},
    )
    function.listen(topic)
    client("sns").publish(TopicArn=topic, Message="please fail")
    record = json.loads(left_behind(client, queue)["Body"])
    assert len(function.events(2)) == 2
    assert record["requestContext"].pop("requestId")
    assert record["requestContext"] == {
        "functionArn": function.arn,
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 2,
    }
    assert record["requestPayload"] == function.events(1)[0]
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"] == {"errorMessage": "as asked", "errorType": "RuntimeError"}
    assert record["version"] == "1.0"


def test_the_role_must_allow_the_queue(client, name, topic, queue, aws):
    function = Function(client, name, DeadLetterConfig={"TargetArn": queue["arn"]})
    function.listen(topic)
    client("sns").publish(TopicArn=topic, Message="please fail")
    eventually(
        lambda: f"{name}: the role may not send to {queue['arn']}" in (aws.data / "local-aws.log").read_text()
    )


def test_the_depth_of_the_queue_fires_an_alarm_as_long_as_something_waits(client, name, topic, queue, aws):
    watch(
        client,
        name,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": name}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=3,
    )
    function = Function(client, name, may_send(queue), DeadLetterConfig={"TargetArn": queue["arn"]})
    client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'"please fail"')
    assert len(function.events(3)) == 3
    message = left_behind(client, queue)
    client("sqs").change_message_visibility(
        QueueUrl=queue["url"], ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    assert state(client, name) == "OK"
    aws.minutes_pass(2)
    assert state(client, name) == "ALARM"
    client("sqs").purge_queue(QueueUrl=queue["url"])
    aws.minutes_pass(1)
    assert state(client, name) == "OK"


def watch(client, name, **settings):
    """An alarm on more than none."""
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        **settings,
    )


def state(client, name):
    return client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def watch_losses(client, name, topic):
    """An alarm on the sum of what Lambda and SNS gave up and the queue got, in one of the last five minutes."""
    metrics = [
        ("sent", "AWS/SQS", "NumberOfMessagesSent", "QueueName", name),
        ("dropped", "AWS/Lambda", "AsyncEventsDropped", "FunctionName", name),
        ("failed", "AWS/SNS", "NumberOfNotificationsFailed", "TopicName", topic.split(":")[-1]),
    ]
    stats = [
        {
            "Id": label,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": dimension, "Value": value}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for label, namespace, metric, dimension, value in metrics
    ]
    total = {"Id": "losses", "Expression": "FILL(sent, 0) + FILL(dropped, 0) + FILL(failed, 0)", "ReturnData": True}
    watch(client, name, Metrics=[total, *stats], EvaluationPeriods=5, DatapointsToAlarm=1)


def counted(client, namespace, metric, dimension, value):
    """The sum of a metric."""
    now = time.time()
    found = client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": dimension, "Value": value}],
        StartTime=now - 3600,
        EndTime=now + 3600,
        Period=3600,
        Statistics=["Sum"],
    )
    return sum(each["Sum"] for each in found["Datapoints"])


def let_in(client, queue, topic):
    """Let a topic send to the queue, over TLS only."""
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue["arn"],
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue["arn"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Policy": document([allow, deny])}
    client("sqs").set_queue_attributes(QueueUrl=queue["url"], Attributes=policy)


def subscribe(client, topic, function, queue):
    """Subscribe a function that does not let the topic in; what cannot be delivered goes to the queue."""
    subscription = client("sns").subscribe(
        TopicArn=topic,
        Protocol="lambda",
        Endpoint=function.arn,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": queue["arn"]})},
    )
    return subscription["SubscriptionArn"]


def test_what_sns_cannot_hand_over_goes_to_the_subscriptions_queue(client, name, topic, queue):
    subscribe(client, topic, Function(client, name), queue)
    let_in(client, queue, topic)
    watch_losses(client, name, topic)
    client("sns").publish(TopicArn=topic, Subject="Hello", Message="text")
    envelope = json.loads(left_behind(client, queue)["Body"])
    assert (envelope["Type"], envelope["TopicArn"]) == ("Notification", topic)
    assert (envelope["Subject"], envelope["Message"]) == ("Hello", "text")
    eventually(lambda: counted(client, "AWS/SNS", "NumberOfNotificationsRedrivenToDlq", "TopicName", name) == 1)
    assert counted(client, "AWS/SQS", "NumberOfMessagesSent", "QueueName", name) == 1
    eventually(lambda: state(client, name) == "ALARM")


def test_a_queue_that_lets_another_topic_in_gets_nothing(client, name, topic, queue):
    subscribe(client, topic, Function(client, name), queue)
    let_in(client, queue, topic + "-other")
    watch_losses(client, name, topic)
    client("sns").publish(TopicArn=topic, Message="text")
    eventually(lambda: counted(client, "AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq", "TopicName", name) == 1)
    eventually(lambda: state(client, name) == "ALARM")
    assert "Messages" not in client("sqs").receive_message(QueueUrl=queue["url"])


def test_each_loss_is_told_while_the_first_still_waits(client, name, topic, queue, aws):
    function = Function(client, name, may_send(queue), DeadLetterConfig={"TargetArn": queue["arn"]})
    watch_losses(client, name, topic)

    def lose(count):
        client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'"please fail"')
        eventually(lambda: counted(client, "AWS/Lambda", "AsyncEventsDropped", "FunctionName", name) == count)

    def alarmed():
        history = client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")
        return sum(each["HistorySummary"].endswith("to ALARM") for each in history["AlarmHistoryItems"])

    lose(1)
    eventually(lambda: alarmed() == 1)
    # Five minutes with nothing new, although the message still waits.
    aws.minutes_pass(4)
    assert state(client, name) == "ALARM"
    aws.minutes_pass(2)
    assert state(client, name) == "OK"
    lose(2)
    eventually(lambda: alarmed() == 2)
    assert len(function.events(6)) == 6


def test_an_event_that_not_even_the_queue_takes_is_counted(client, name, topic, queue):
    Function(client, name, DeadLetterConfig={"TargetArn": queue["arn"]})
    watch_losses(client, name, topic)
    client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'"please fail"')
    eventually(lambda: counted(client, "AWS/Lambda", "DeadLetterErrors", "FunctionName", name) == 1)
    eventually(lambda: state(client, name) == "ALARM")


def test_a_template_sets_dead_letters_retries_and_permission(client, name):
    client("s3").create_bucket(
        Bucket=name.lower(), CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    client("s3").put_object(Bucket=name.lower(), Key="code.zip", Body=code())
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Function": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "FunctionName": name,
                    "Runtime": "provided.al2023",
                    "Handler": "bootstrap",
                    "CodeUri": {"Bucket": name.lower(), "Key": "code.zip"},
                    "AutoPublishAlias": "live",
                    "DeadLetterQueue": {"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
                    "EventInvokeConfig": {"MaximumRetryAttempts": 0},
                    "Events": {"Alarm": {"Type": "SNS", "Properties": {"Topic": {"Ref": "Topic"}}}},
                },
            },
        },
        "Outputs": {each: {"Value": {"Ref": each}} for each in ("Topic", "Queue")},
    }
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )

    def stack():
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    eventually(lambda: not stack()["StackStatus"].endswith("IN_PROGRESS"))
    assert stack()["StackStatus"] == "CREATE_COMPLETE", cloudformation.describe_stack_events(StackName=name)[
        "StackEvents"
    ]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack()["Outputs"]}
    client("sns").publish(TopicArn=outputs["Topic"], Message="please fail")
    message = left_behind(client, {"url": outputs["Queue"]})
    assert json.loads(message["Body"])["Records"][0]["Sns"]["Message"] == "please fail"
    lines = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern='"event "')[
        "events"
    ]
    assert len(lines) == 1


@pytest.mark.parametrize(("account", "delivered"), [("111122223333", True), ("444455556666", False)])
def test_the_account_in_the_permission_is_compared(client, name, topic, aws, account, delivered):
    function = Function(client, name)
    client("lambda").add_permission(
        FunctionName=name,
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceAccount=account,
    )
    client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.arn)
    client("sns").publish(TopicArn=topic, Message="text")
    refusal = f"the policy of {name} does not let"
    if delivered:
        assert function.events(1)
    else:
        eventually(lambda: refusal in (aws.data / "local-aws.log").read_text())
        assert not [line for line in function.lines() if line.startswith("event ")]
