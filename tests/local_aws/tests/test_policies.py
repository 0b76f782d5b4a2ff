"""What `--auth` enforces on callers, with the ARNs that AWS documents."""

import json
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError

from .conftest import Cbor, Function, document

LOGS = "arn:aws:logs:ap-southeast-2:111122223333:log-group:"


@pytest.fixture
def user(aws, client, name):
    """`user.allow(...)`, then `user.client("logs")`."""
    iam = client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    arguments = aws.client(key["AccessKeyId"], key["SecretAccessKey"])

    def allow(action, *resources):
        statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document([statement]))

    return SimpleNamespace(
        allow=allow,
        client=lambda service: boto3.client(service, **arguments),
        cbor=Cbor(aws, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]),
    )


@pytest.fixture
def group(client, name):
    client("logs").create_log_group(logGroupName=name)
    return name


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] in (
            "AccessDeniedException",
            "AccessDenied",
            "AuthorizationError",
        ), error
        return True
    return False


@pytest.mark.parametrize(
    ("resource", "is_refused"),
    [("{}:*", False), ("{}:log-stream:*", False), ("{}", True), ("{}-other:*", True)],
)
def test_logs_are_authorized_on_the_arn_with_a_star(user, group, resource, is_refused):
    user.allow("logs:FilterLogEvents", LOGS + resource.format(group))
    assert refused(user.client("logs").filter_log_events, logGroupName=group) is is_refused


@pytest.mark.parametrize(
    ("resource", "is_refused"), [("*", False), (LOGS + "*", True), (LOGS + "{}:*", True)]
)
def test_finding_filters_by_metric_needs_everything(user, group, resource, is_refused):
    user.allow("logs:DescribeMetricFilters", resource.format(group))
    call = user.client("logs").describe_metric_filters
    assert refused(call, metricName="m", metricNamespace="n") is is_refused


@pytest.mark.parametrize("by", ["template", "call"])
def test_a_topic_is_not_open_to_everybody_in_the_account(user, client, name, by):
    if by == "call":
        topic = client("sns").create_topic(Name=name)["TopicArn"]
    else:
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}}}
        client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
        topic = f"arn:aws:sns:ap-southeast-2:111122223333:{name}"
        client("cloudformation").get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 0.1}
        )
    publish = user.client("sns").publish
    assert refused(publish, TopicArn=topic, Message="m")
    user.allow("sns:Publish", topic)
    assert not refused(publish, TopicArn=topic, Message="m")


def test_a_topic_that_demands_tls_is_not_closed(user, client, name):
    topic = client("sns").create_topic(Name=name)["TopicArn"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=document([deny])
    )
    user.allow("sns:Publish", topic)
    assert not refused(user.client("sns").publish, TopicArn=topic, Message="m")


def test_alarms_are_authorized_by_name(user, name):
    alarm = {
        "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    user.allow("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:{name}")
    assert not refused(user.client("cloudwatch").put_metric_alarm, AlarmName=name, **alarm)
    assert refused(user.client("cloudwatch").put_metric_alarm, AlarmName=f"{name}-other", **alarm)


def test_cbor_requests_are_authorized_by_alarm_and_tag_too(user, client, name):
    arn = f"arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:{name}"
    alarm = {
        "AlarmName": name, "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    assert user.cbor.call("PutMetricAlarm", **alarm)[0] == 403
    user.allow("cloudwatch:PutMetricAlarm", arn)
    assert user.cbor.call("PutMetricAlarm", **alarm)[0] == 200
    assert user.cbor.call("PutMetricAlarm", **{**alarm, "AlarmName": f"{name}-other"})[0] == 403
    statement = {"Effect": "Allow", "Action": "cloudwatch:DeleteAlarms", "Resource": arn}
    statement["Condition"] = {"StringEquals": {"aws:ResourceTag/owner": "me"}}
    client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document([statement]))
    assert user.cbor.call("DeleteAlarms", AlarmNames=[name])[0] == 403
    client("cloudwatch").tag_resource(ResourceARN=arn, Tags=[{"Key": "owner", "Value": "me"}])
    assert user.cbor.call("DeleteAlarms", AlarmNames=[name])[0] == 200


@pytest.mark.parametrize(
    ("types", "is_refused"), [(["MetricAlarm"], False), (["MetricAlarm", "CompositeAlarm"], True)]
)
def test_composite_alarms_are_shown_to_whom_may_see_everything(user, name, types, is_refused):
    request = {"AlarmNames": [name], "AlarmTypes": types}
    user.allow("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:*")
    assert (user.cbor.call("DescribeAlarms", **request)[0] == 403) is is_refused
    user.allow("cloudwatch:DescribeAlarms", "*")
    assert user.cbor.call("DescribeAlarms", **request)[0] == 200


def test_tags_come_off_what_the_policy_names(user, client, name):
    topic = client("sns").create_topic(Name=name, Tags=[{"Key": "owner", "Value": "me"}])["TopicArn"]
    request = {"ResourceArn": topic, "TagKeys": ["owner"]}
    user.allow("sns:UntagResource", f"{topic}-other")
    assert refused(user.client("sns").untag_resource, **request)
    user.allow("sns:UntagResource", topic)
    assert not refused(user.client("sns").untag_resource, **request)
    assert client("sns").list_tags_for_resource(ResourceArn=topic)["Tags"] == []
    arn = f"arn:aws:cloudwatch:ap-southeast-2:111122223333:alarm:{name}"
    client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", Tags=[{"Key": "owner", "Value": "me"}],
    )  # fmt: skip
    request = {"ResourceARN": arn, "TagKeys": ["owner"]}
    user.allow("cloudwatch:UntagResource", f"{arn}-other")
    assert user.cbor.call("UntagResource", **request)[0] == 403
    user.allow("cloudwatch:UntagResource", arn)
    assert user.cbor.call("UntagResource", **request)[0] == 200
    assert client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def test_log_streams_are_made_and_listed_in_the_log_group_that_the_policy_names(user, client, group):
    def listed(to):
        return refused(to.describe_log_streams, logGroupName=group, logStreamNamePrefix="kms-alarm/")

    user.allow(["logs:CreateLogStream", "logs:DescribeLogStreams"], f"{LOGS}{group}-other:*")
    logs = user.client("logs")
    assert refused(logs.create_log_stream, logGroupName=group, logStreamName="kms-alarm/a")
    assert listed(logs)
    user.allow(["logs:CreateLogStream", "logs:DescribeLogStreams"], f"{LOGS}{group}:*")
    assert not refused(logs.create_log_stream, logGroupName=group, logStreamName="kms-alarm/a")
    assert not listed(logs)


def test_a_users_wrong_secret_is_refused(aws, client, name):
    client("iam").create_user(UserName=name)
    key = client("iam").create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        boto3.client("sns", **aws.client(key, "guessed")).list_topics()
    assert client("sts").get_caller_identity()["Account"] == "111122223333"


def test_a_function_logs_with_its_role(client, name, aws):
    function = Function(client, name, may_log=False)
    client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert function.lines() == []
    client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    write = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{LOGS}/aws/lambda/{name}:*",
    }
    client("iam").put_role_policy(RoleName=name, PolicyName="log", PolicyDocument=document([write]))
    client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert function.events(1) == [{}]
