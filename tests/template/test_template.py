"""template.yaml against the contract: what it asks for, what it makes, who may do what.

The tables are written out here on purpose. A change of the template that changes one of them is a change that
users, or those who approve the permissions, should be told of.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import jsonschema
import pytest
from cloudformation import ROOT, TEMPLATE, Stack, source

ROLE = "arn:aws:iam::111122223333:role/my-role"
KEY = "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LOGS = "arn:aws:logs:ap-southeast-2:111122223333"
CLOUDWATCH = "arn:aws:cloudwatch:ap-southeast-2:111122223333"
SNS = "arn:aws:sns:ap-southeast-2:111122223333"

# Parameter: type, default, values that pass, values that do not.
PARAMETERS = {
    "AppStackName": (
        "String",
        "pattern1-app",
        ["pattern1-application", "A"],
        ["", "1app", "app_1", "a.b", "a" * 129],
    ),
    "Architecture": ("String", "x86_64", ["arm64"], ["", "x86", "ARM64"]),
    "DefaultValue": (
        "String",
        "0",
        ["", "1", "0.5"],
        ["none", "-1", "01", ".5", "1.", "1e3", " "],
    ),
    "Emails": (
        "String",
        "",
        ["a@example.com", "a@example.com,b+c@example.co.uk", " a@example.com , b@example.com "],
        ["nobody", "@example.com", "a@", "a@b@c", "a@example.com;b@example.com", "a@example.com b@example.com", "a@b,", ",a@b"],
    ),
    "EvaluationPeriods": ("String", "1", ["2", "9", "10", "24"], ["", "0", "25", "-1", "1.5", "01", "100"]),
    "ExistingResources": ("String", "Fail", ["Adopt"], ["", "fail", "Overwrite"]),
    "HttpsFormat": ("String", "json", ["chat"], ["", "JSON", "slack"]),
    "LogGroupName": (
        "String",
        "pattern1-logging-loggroup",
        ["/aws/cloudtrail", "pattern1-logging-Pattern1CloudWatchLogGroup-1ABC", "a.b_c#d"],
        ["", "a b", "a:*", f"{LOGS}:log-group:a", 'a"b', "a'b", "a" * 513],
    ),
    "LoggingStackName": ("String", "", ["pattern1-logging", "A"], ["1logging", "a_b", "a.b", "a" * 129]),
    "LogRetentionDays": ("Number", "30", ["1", "365", "3653"], ["0", "2", "31", "never"]),
    "MetricName": ("String", "KMSSecurityError", ["KMS errors", "a/b.c#d-e_f"], ["", "a:b", "a*", "$a", 'a"b', "a" * 256]),
    "MetricNamespace": (
        "String",
        "Pattern1Application/KMSSecurity",
        ["My Application/KMS", "AWSome"],
        ["", "AWS/KMS", "a:b", "a*", "$a", 'a"b', "a" * 256],
    ),
    "Name": ("String", "pattern1-logging", ["a", "A_b-9", "a" * 128], ["", "-a", "a b", "a.b", "a:b", "a*", "ä", "a" * 129]),
    "NotifyRecovery": ("String", "false", ["true"], ["", "True", "yes"]),
    "Period": ("Number", "10", ["20", "30", "60", "300", "3600"], ["0", "15", "45", "90", "86400"]),
    "RawNotifications": ("String", "false", ["true"], ["", "True", "1"]),
    "TaskRoleArn": (
        "String",
        "",
        [ROLE, "arn:aws-cn:iam::111122223333:role/path/to/r", "arn:aws-us-gov:iam::111122223333:role/a+=,.@_-b"],
        [
            "my-role",
            "arn:aws:sts::111122223333:assumed-role/my-role/session",
            "arn:aws:iam::111122223333:user/me",
            "arn:aws:iam::1:role/my-role",
            "arn:aws:iam::111122223333:role/",
            'arn:aws:iam::111122223333:role/a"b',
            "arn:aws:iam::111122223333:role/*",
        ],
    ),
    "Threshold": ("String", "1", ["0", "2.5", "1000"], ["", "-1", "+1", ".5", "1.", "01", "1e3", "one", "Infinity"]),
    "TimeZone": (
        "String",
        "UTC",
        ["Australia/Sydney", "America/Argentina/ComodRivadavia", "Etc/GMT+10", "America/Port-au-Prince"],
        ["", "+10:00", "Australia/", "/etc/localtime", "../UTC", "a b", "a/b/c/d", "A" * 65],
    ),
    "TopicKmsKeyId": (
        "String",
        "",
        [KEY, "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"],
        ["alias/aws/sns", "alias/mine", "1234abcd-12ab-34cd-56ef-1234567890ab", KEY.replace("key/", "alias/"), KEY + "*", "*"],
    ),
    "TreatMissingData": ("String", "ignore", ["notBreaching", "breaching", "missing"], ["", "Ignore", "notbreaching"]),
}

# What the custom resource is given when nobody says anything: the lab's settings, and a default value of 0.
LAB = {
    "AlarmActions": ["<AlarmStateTopic>"],
    "DefaultValue": "0",
    "Emails": "",
    "EvaluationPeriods": "1",
    "ExistingResources": "Fail",
    "LogGroupName": "pattern1-logging-loggroup",
    "MetricName": "KMSSecurityError",
    "MetricNamespace": "Pattern1Application/KMSSecurity",
    "Name": "pattern1-logging",
    "Period": "10",
    "RawNotifications": "false",
    "RoleArn": "<import pattern1-app-ApplicationTaskRole>",
    "ServiceToken": "<AlarmFunction.Arn>",
    "Threshold": "1",
    "TopicKmsKeyId": "",
    "TreatMissingData": "ignore",
}

# The parameters that go to the custom resource as they are, under the same name.
PASSED_ON = {
    "DefaultValue": "3",
    "Emails": "a@example.com, b@example.com",
    "EvaluationPeriods": "2",
    "ExistingResources": "Adopt",
    "LogGroupName": "other-group",
    "MetricName": "Other",
    "MetricNamespace": "Other/Namespace",
    "Name": "other",
    "Period": "300",
    "RawNotifications": "true",
    "Threshold": "7",
    "TopicKmsKeyId": KEY,
    "TreatMissingData": "notBreaching",
}

OUTPUTS = {
    "AlarmArn": "<KmsAlarm.AlarmArn>",
    "AlarmName": "<KmsAlarm.AlarmName>",
    "AlarmStateTopicArn": "<AlarmStateTopic>",
    "DashboardUrl": "https://console.aws.amazon.com/cloudwatch/home?region=ap-southeast-2#dashboards/dashboard/<Dashboard>",
    "DeadLetterQueueUrl": "<DeadLetterQueue>",
    "FilterName": "<KmsAlarm.FilterName>",
    "FilterPattern": "<KmsAlarm.FilterPattern>",
    "FunctionName": "<AlarmFunction>",
    "TopicArn": "<KmsAlarm.TopicArn>",
}

OURS = {"StringEquals": {"aws:ResourceTag/kms-alarm:stack": "pattern1-alarm"}}

LOG_GROUP = [f"{LOGS}:log-group:pattern1-logging-loggroup", f"{LOGS}:log-group:pattern1-logging-loggroup:*"]

# Policy, statement: the actions, the resource, the condition.
PERMISSIONS = {
    ("provision", "MakeFilter"): ({"logs:PutMetricFilter"}, LOG_GROUP, None),
    ("provision", "ReadFilters"): ({"logs:DescribeMetricFilters"}, "*", None),
    ("provision", "RemoveFilter"): ({"logs:DeleteMetricFilter"}, f"{LOGS}:log-group:*", None),
    ("provision", "MakeAlarm"): (
        {"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"},
        f"{CLOUDWATCH}:alarm:pattern1-logging-alarm",
        None,
    ),
    ("provision", "ReadAlarms"): ({"cloudwatch:DescribeAlarms"}, "*", None),
    ("provision", "WhoseAlarm"): ({"cloudwatch:ListTagsForResource"}, f"{CLOUDWATCH}:alarm:*", None),
    ("provision", "RemoveAlarm"): ({"cloudwatch:DeleteAlarms"}, f"{CLOUDWATCH}:alarm:*-alarm", OURS),
    ("provision", "MakeTopic"): (
        {
            "sns:CreateTopic",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sns:SetTopicAttributes",
            "sns:TagResource",
            "sns:UntagResource",
        },
        f"{SNS}:pattern1-logging-topic",
        None,
    ),
    ("provision", "Subscribe"): (
        {"sns:Subscribe"},
        f"{SNS}:pattern1-logging-topic",
        {"StringEquals": {"sns:Protocol": "email"}},
    ),
    ("provision", "Unsubscribe"): ({"sns:Unsubscribe"}, "*", None),
    ("provision", "ReadTopic"): ({"sns:ListTagsForResource"}, f"{SNS}:*-topic", None),
    ("provision", "RemoveTopic"): ({"sns:DeleteTopic"}, f"{SNS}:*-topic", OURS),
    ("provision", "TakeTurns"): (
        {"logs:CreateLogStream", "logs:DescribeLogStreams"},
        [f"{LOGS}:log-group:<AlarmFunctionLog>", "<AlarmFunctionLog.Arn>"],
        None,
    ),
    ("alert", "WhichFiltersFeedTheMetric"): ({"logs:DescribeMetricFilters"}, "*", None),
    ("alert", "FindEvents"): ({"logs:FilterLogEvents"}, LOG_GROUP, None),
    ("alert", "WhenItWentOff"): (
        {"cloudwatch:DescribeAlarmHistory"},
        f"{CLOUDWATCH}:alarm:pattern1-logging-alarm",
        None,
    ),
    ("alert", "CountSubscriptions"): ({"sns:GetTopicAttributes"}, f"{SNS}:pattern1-logging-topic", None),
    ("alert", "Publish"): ({"sns:Publish"}, f"{SNS}:pattern1-logging-topic", None),
    ("run", "Log"): ({"logs:CreateLogStream", "logs:PutLogEvents"}, "<AlarmFunctionLog.Arn>", None),
    ("run", "KeepUndelivered"): ({"sqs:SendMessage"}, "<DeadLetterQueue.Arn>", None),
}

TOPIC_KEY = {
    ("topic-key", "PublishToEncryptedTopic"): (
        {"kms:Decrypt", "kms:GenerateDataKey*"},
        KEY,
        {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": f"{SNS}:pattern1-logging-topic"}},
    ),
}

TAGGED = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}

# What cannot be tagged: parts of the above, and the custom resource, which tags what it makes itself.
UNTAGGED = {
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "Custom::KmsAlarm",
}


SCHEMA = json.loads(Path(__file__).with_name("dashboard.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stack():
    """The stack that a bare deployment makes."""
    return Stack()


def accepts(parameter, value):
    """Whether CloudFormation would take the value: it matches the whole of it."""
    if "AllowedValues" in parameter:
        return value in [str(each) for each in parameter["AllowedValues"]]
    return len(value) <= parameter.get("MaxLength", 4096) and bool(re.fullmatch(parameter["AllowedPattern"], value))


def permissions(stack):
    """The role's statements in the form of the table."""
    found = {}
    for policy in stack.properties("AlarmFunctionRole")["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
            actions = statement["Action"]
            actions = {actions} if isinstance(actions, str) else set(actions)
            found[policy["PolicyName"], statement["Sid"]] = (actions, statement["Resource"], statement.get("Condition"))
    return found


def widgets(stack):
    """The dashboard's widgets."""
    return json.loads(stack.properties("Dashboard")["DashboardBody"])["widgets"]


def widget(stack, title):
    """The properties of the widget of that title."""
    [found] = [each["properties"] for each in widgets(stack) if each["properties"].get("title") == title]
    return found


def references(value):
    """The names that Ref and Fn::Sub mention anywhere in a value."""
    if isinstance(value, dict):
        found = {value["Ref"]} if set(value) == {"Ref"} else set()
        if "Fn::Sub" in value:
            text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
            found |= set(re.findall(r"\$\{([^}]+)\}", text))
        return found.union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def test_cfn_lint_has_nothing_to_say():
    command = [Path(sys.executable).with_name("cfn-lint"), TEMPLATE]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, ""), linted.stderr


def test_checkov_finds_nothing_but_what_is_excused_with_its_reason_beside_it():
    checkov = ROOT / ".tools/checkov/bin/checkov"
    command = [checkov, "--file", TEMPLATE, "--framework", "cloudformation", "--skip-download", "--output", "json"]
    # It is large: what Python compiles of it is kept.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    checked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    report = json.loads(checked.stdout)
    assert report["summary"]["failed"] == report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 10
    excused = {(each["resource"], each["check_id"]) for each in report["results"]["skipped_checks"]}
    assert excused == {
        ("AWS::Logs::LogGroup.AlarmFunctionLog", "CKV_AWS_158"),
        ("AWS::SNS::Topic.AlarmStateTopic", "CKV_AWS_26"),
        ("AWS::SQS::Queue.DeadLetterQueue", "CKV_AWS_27"),
        ("AWS::Serverless::Function.AlarmFunction", "CKV_AWS_115"),
        ("AWS::Serverless::Function.AlarmFunction", "CKV_AWS_117"),
        ("AWS::Serverless::Function.AlarmFunction", "CKV_AWS_173"),
    }


def test_the_application_repository_can_show_it():
    # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-template-publishing-applications-metadata-properties.html
    shown = source()["Metadata"]["AWS::ServerlessRepo::Application"]
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,140}", shown["Name"])
    assert 1 <= len(shown["Description"]) <= 256
    assert re.fullmatch(r"[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?", shown["Author"]) and len(shown["Author"]) <= 127
    assert all(re.fullmatch(r"[a-zA-Z0-9+_:/@-]{1,127}", label) for label in shown["Labels"]) and len(shown["Labels"]) <= 10
    assert (ROOT / shown["LicenseUrl"]).is_file() and (ROOT / shown["ReadmeUrl"]).is_file()
    crate = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{shown["SemanticVersion"]}"\n' in crate
    assert f'\nlicense = "{shown["SpdxLicenseId"]}"\n' in crate


def test_the_parameters_are_these_with_these_defaults():
    found = {name: (each["Type"], str(each["Default"])) for name, each in source()["Parameters"].items()}
    assert found == {name: (kind, default) for name, (kind, default, _, _) in PARAMETERS.items()}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_is_described_labelled_grouped_and_validated(name):
    template = source()
    parameter = template["Parameters"][name]
    assert len(parameter["Description"]) > 20
    assert parameter["ConstraintDescription"].startswith("must ")
    assert ("AllowedValues" in parameter) != ("AllowedPattern" in parameter)
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    assert interface["ParameterLabels"][name]["default"]
    assert sum(group["Parameters"].count(name) for group in interface["ParameterGroups"]) == 1


def test_the_console_form_mentions_no_parameter_that_is_gone():
    interface = source()["Metadata"]["AWS::CloudFormation::Interface"]
    assert set(interface["ParameterLabels"]) == set(PARAMETERS)
    assert {name for group in interface["ParameterGroups"] for name in group["Parameters"]} == set(PARAMETERS)


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, (_, default, good, _) in PARAMETERS.items() for value in [default, *good]],
)
def test_a_good_value_passes(name, value):
    assert accepts(source()["Parameters"][name], value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (*_, bad) in PARAMETERS.items() for value in bad])
def test_a_wrong_value_stops_before_anything_is_made(name, value):
    assert not accepts(source()["Parameters"][name], value)


def test_every_period_and_number_of_periods_is_within_the_day_that_cloudwatch_allows():
    parameters = source()["Parameters"]
    counts = [count for count in range(1000) if accepts(parameters["EvaluationPeriods"], str(count))]
    assert max(parameters["Period"]["AllowedValues"]) * max(counts) <= 86_400


def test_a_bare_deployment_gives_the_custom_resource_the_labs_settings(stack):
    properties = stack.properties("KmsAlarm")
    del properties["Revision"], properties["ServiceTimeout"]
    assert properties == LAB


def test_every_parameter_about_the_alarm_reaches_the_custom_resource_as_it_is():
    properties = Stack(**PASSED_ON).properties("KmsAlarm")
    assert {name: properties[name] for name in PASSED_ON} == PASSED_ON


def test_the_custom_resource_gets_only_the_properties_of_the_contract():
    known = {*LAB, "OKActions", "Revision", "ServiceTimeout"}
    properties = Stack(NotifyRecovery="true", TaskRoleArn=ROLE, **PASSED_ON).properties("KmsAlarm")
    assert set(properties) == known


def test_a_given_role_is_used_and_nothing_is_imported():
    given = Stack(TaskRoleArn=ROLE, AppStackName="other-app")
    assert given.properties("KmsAlarm")["RoleArn"] == ROLE
    assert ROLE in given.properties("Dashboard")["DashboardBody"]
    assert given.properties("AlarmFunction")["Environment"]["Variables"]["TASK_ROLE_ARN"] == ROLE
    given.resolve(given.template["Resources"])
    assert given.imported == set()


def test_without_one_the_role_comes_from_the_application_stack():
    imported = Stack(AppStackName="other-app")
    imported.resolve(imported.template["Resources"])
    assert imported.imported == {"other-app-ApplicationTaskRole"}


def test_a_logging_stacks_log_group_is_used_wherever_the_log_group_is_named():
    given = Stack(LoggingStackName="other-logging", TaskRoleArn=ROLE)
    imported = "<import other-logging-Pattern1CloudWatchLogGroup>"
    assert given.properties("KmsAlarm")["LogGroupName"] == imported
    found = permissions(given)
    for statement in [("provision", "MakeFilter"), ("alert", "FindEvents")]:
        assert found[statement][1] == [f"{LOGS}:log-group:{imported}", f"{LOGS}:log-group:{imported}:*"]
    assert given.properties("AlarmFunction")["Environment"]["Variables"]["LOG_GROUP_NAME"] == imported
    assert given.properties("Dashboard")["DashboardBody"].count(imported) == 3
    everything = json.dumps(given.resolve(given.template["Resources"]))
    assert "pattern1-logging-loggroup" not in everything
    assert given.imported == {"other-logging-Pattern1CloudWatchLogGroup"}


def test_only_who_asks_for_it_is_told_of_the_recovery():
    assert "OKActions" not in Stack().properties("KmsAlarm")
    assert Stack(NotifyRecovery="true").properties("KmsAlarm")["OKActions"] == ["<AlarmStateTopic>"]


def test_new_code_provisions_again(stack):
    [version] = stack.of_type("AWS::Lambda::Version")
    assert stack.properties("KmsAlarm")["Revision"] == f"<{version}>"
    newer = Stack(code="s3://bucket/code-2")
    assert newer.properties("KmsAlarm")["Revision"] != f"<{version}>"
    assert newer.of_type("AWS::Lambda::Version") == [newer.properties("KmsAlarm")["Revision"].strip("<>")]


def test_a_version_goes_with_its_successor_and_nothing_else_makes_one(stack):
    [version] = stack.of_type("AWS::Lambda::Version")
    # Left behind by a rollback, it would stop the next deployment of the same code.
    assert stack.template["Resources"][version]["DeletionPolicy"] == "Delete"
    assert stack.properties(version) == {"FunctionName": "<AlarmFunction>"}, "its other properties cannot be updated"
    parameters = {"Architecture": "arm64", "TimeZone": "Australia/Sydney", "HttpsFormat": "chat", "NotifyRecovery": "true"}
    assert Stack(**parameters, **PASSED_ON).of_type("AWS::Lambda::Version") == [version]


def test_the_function_is_always_invoked_as_it_is_and_never_by_its_alias(stack):
    # A version keeps the environment that it was published with, and an alias points to a version.
    [alias] = stack.of_type("AWS::Lambda::Alias")
    [permission] = stack.of_type("AWS::Lambda::Permission")
    [subscription] = stack.of_type("AWS::SNS::Subscription")
    assert stack.properties("KmsAlarm")["ServiceToken"] == "<AlarmFunction.Arn>"
    assert stack.properties(permission)["FunctionName"] == "<AlarmFunction>"
    assert stack.properties(subscription)["Endpoint"] == "<AlarmFunction.Arn>"
    others = {name: each for name, each in stack.template["Resources"].items() if name != alias}
    assert f'"{alias}"' not in json.dumps({name: each.get("Properties") for name, each in others.items()})
    assert "FunctionName" not in stack.properties("AlarmFunction"), "a name would be one more thing that can clash"


def test_cloudformation_waits_as_long_as_an_answer_can_still_come(stack):
    service_timeout = stack.properties("KmsAlarm")["ServiceTimeout"]
    timeout = stack.properties("AlarmFunction")["Timeout"]
    age = stack.properties("Retries")["MaximumEventAgeInSeconds"]
    assert service_timeout >= 3 * timeout + 180, "three attempts, with one and two minutes between them"
    assert age >= 2 * timeout + 180, "the third attempt must be able to begin"
    assert service_timeout >= age + timeout, "no attempt may outlast CloudFormation's patience"


def needed(resources, logical_id):
    """What CloudFormation makes before a resource, and removes after it."""
    direct = dependencies(resources[logical_id]) & set(resources)
    return direct.union(*(needed(resources, each) for each in direct))


def dependencies(value):
    """The names that a resource gives CloudFormation to order it by."""
    found = {name.split(".")[0] for name in references(value)}
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("DependsOn", "Fn::GetAtt"):
                found |= {each.split(".")[0]} if isinstance(each, str) else set(each if key == "DependsOn" else each[:1])
            found |= dependencies(each)
    if isinstance(value, list):
        found = found.union(*map(dependencies, value))
    return found


def test_the_custom_resource_is_the_last_that_can_fail(stack):
    # What fails after it would take back what it adopted, and the subscriptions that had confirmed.
    resources = stack.template["Resources"]
    others = set(resources) - {"KmsAlarm"}
    assert needed(resources, "KmsAlarm") == others
    assert not any("KmsAlarm" in needed(resources, each) for each in others)


def test_cloudwatch_publishes_for_alarms_of_this_account_and_such_a_name_only_and_over_tls(stack):
    # The old name's alarm is heard during a rename, when no parameter knows that name any more.
    assert stack.properties("AlarmStateTopicPolicy") == {
        "Topics": ["<AlarmStateTopic>"],
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TheAlarm",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": "<AlarmStateTopic>",
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": "111122223333"},
                        "ArnLike": {"aws:SourceArn": f"{CLOUDWATCH}:alarm:*-alarm"},
                    },
                },
                {
                    "Sid": "OnlyOverTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sns:Publish",
                    "Resource": "<AlarmStateTopic>",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        },
    }


def test_the_function_is_invoked_by_its_topic_and_by_no_other(stack):
    [permission] = stack.of_type("AWS::Lambda::Permission")
    assert stack.properties(permission) == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "<AlarmFunction>",
        "Principal": "sns.amazonaws.com",
        "SourceArn": "<AlarmStateTopic>",
    }


def test_the_function_listens_to_the_alarm_state_topic_and_to_nothing_it_publishes_to(stack):
    [subscription] = stack.of_type("AWS::SNS::Subscription")
    assert stack.properties(subscription) == {
        "Endpoint": "<AlarmFunction.Arn>",
        "Protocol": "lambda",
        "RedrivePolicy": {"deadLetterTargetArn": "<DeadLetterQueue.Arn>"},
        "TopicArn": "<AlarmStateTopic>",
    }
    assert stack.of_type("AWS::SNS::Topic") == ["AlarmStateTopic"]
    assert "TopicName" not in stack.properties("AlarmStateTopic")


def test_the_function_is_what_was_built_and_knows_where_to_publish(stack):
    function = stack.properties("AlarmFunction")
    del function["Code"], function["Description"], function["Tags"]
    assert function == {
        "Architectures": ["x86_64"],
        "DeadLetterConfig": {"TargetArn": "<DeadLetterQueue.Arn>"},
        "Environment": {
            "Variables": {
                "TOPIC_ARN": f"{SNS}:pattern1-logging-topic",
                "TIME_ZONE": "UTC",
                "HTTPS_FORMAT": "json",
                "LOG_GROUP_NAME": "pattern1-logging-loggroup",
                "TASK_ROLE_ARN": "<import pattern1-app-ApplicationTaskRole>",
                "ROLE_ARN": "<AlarmFunctionRole.Arn>",
            }
        },
        "Handler": "bootstrap",
        "LoggingConfig": {"LogGroup": "<AlarmFunctionLog>"},
        "MemorySize": 128,
        "Role": "<AlarmFunctionRole.Arn>",
        "Runtime": "provided.al2023",
        "Timeout": 60,
    }
    written = source()["Resources"]["AlarmFunction"]
    assert written["Metadata"]["BuildMethod"] == "rust-cargolambda"
    assert written["Properties"]["CodeUri"] == "."


def test_a_chat_that_reads_the_topic_is_told_to_the_function():
    variables = Stack(HttpsFormat="chat").properties("AlarmFunction")["Environment"]["Variables"]
    assert variables["HTTPS_FORMAT"] == "chat"


@pytest.mark.parametrize("name", ["pattern1-logging", "other"])
def test_alerts_go_to_the_topic_that_the_function_may_publish_to(name):
    stack = Stack(Name=name)
    topic = stack.properties("AlarmFunction")["Environment"]["Variables"]["TOPIC_ARN"]
    assert topic == f"{SNS}:{name}-topic"
    assert permissions(stack)["alert", "Publish"][1] == topic


def test_the_role_may_do_this_and_nothing_else(stack):
    assert permissions(stack) == PERMISSIONS


def test_a_key_of_ones_own_is_used_for_the_peoples_topic_only():
    assert permissions(Stack(TopicKmsKeyId=KEY)) == {**PERMISSIONS, **TOPIC_KEY}


def test_what_is_allowed_on_everything_reads_or_needs_a_secret(stack):
    everything = [actions for actions, resource, _ in permissions(stack).values() if resource == "*"]
    assert set().union(*everything) == {
        "cloudwatch:DescribeAlarms",
        "logs:DescribeMetricFilters",
        # Of a subscription's ARN, a part is random.
        "sns:Unsubscribe",
    }


def test_a_log_group_that_is_named_is_named_in_both_forms(stack):
    for actions, resources, _ in permissions(stack).values():
        if any(action.startswith("logs:") for action in actions) and isinstance(resources, list):
            short, long = resources
            assert long in (f"{short}:*", "<AlarmFunctionLog.Arn>")


@pytest.mark.parametrize("flow", ["provision", "alert"])
def test_a_flows_policy_has_the_calls_that_the_flow_makes(stack, flow):
    # The code names an action as IAM does whenever it makes a call, to say in a failure what was refused. What
    # follows "Action" is a policy that it writes.
    files = [ROOT / "src" / f"{flow}.rs", *(ROOT / "src" / flow).glob("**/*.rs")]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    calls = set(re.findall(r'(?<!"Action": )"((?:logs|cloudwatch|sns):[A-Z]\w+)"', code))
    allowed = set().union(*(actions for (policy, _), (actions, *_) in permissions(stack).items() if policy == flow))
    assert calls == allowed


def test_the_policies_are_part_of_the_role_and_so_outlive_the_custom_resource(stack):
    role = stack.properties("AlarmFunctionRole")
    assert set(role) == {"AssumeRolePolicyDocument", "Policies", "Tags"}
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    assert stack.of_type("AWS::IAM::Role") == ["AlarmFunctionRole"]
    assert not stack.of_type("AWS::IAM::Policy") + stack.of_type("AWS::IAM::ManagedPolicy")


def test_the_longest_names_fit_what_iam_allows_a_role():
    stack = Stack(Name="a" * 128, LogGroupName="a" * 512, TopicKmsKeyId=KEY)
    policies = stack.properties("AlarmFunctionRole")["Policies"]
    # 10,240 characters for all of a role's own policies, white space not counted.
    assert sum(len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) for policy in policies) <= 10_240


def test_what_the_function_cannot_handle_is_kept_whole_for_as_long_as_there_is(stack):
    queue = stack.properties("DeadLetterQueue")
    del queue["Tags"]
    assert queue == {"MessageRetentionPeriod": 1_209_600, "SqsManagedSseEnabled": True}
    # CloudFormation and SNS invoke the function itself; settings of another qualifier would not count.
    [retries] = stack.of_type("AWS::Lambda::EventInvokeConfig")
    assert stack.properties(retries) == {
        "FunctionName": "<AlarmFunction>",
        "MaximumEventAgeInSeconds": 360,
        "MaximumRetryAttempts": 2,
        "Qualifier": "$LATEST",
    }


def test_the_queue_is_reached_over_tls_and_opened_to_sns_for_the_one_topic_only(stack):
    let_in, over_tls = stack.properties("DeadLetterQueuePolicy")["PolicyDocument"]["Statement"]
    assert let_in == {
        "Sid": "WhatSnsCannotDeliver",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "<DeadLetterQueue.Arn>",
        "Condition": {"ArnEquals": {"aws:SourceArn": "<AlarmStateTopic>"}},
    }
    assert over_tls == {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "<DeadLetterQueue.Arn>",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_each_loss_tells_people_without_the_function(stack):
    alarm = stack.properties("UndeliveredAlarm")
    description = alarm.pop("AlarmDescription")
    del alarm["Tags"]
    total, *parts = alarm.pop("Metrics")
    assert total == {"Id": "losses", "Label": "losses", "Expression": "FILL(sent, 0) + FILL(dropped, 0) + FILL(failed, 0)"}
    stats = {part["Id"]: part["MetricStat"] for part in parts}
    assert {name: (each["Metric"]["Namespace"], each["Metric"]["MetricName"]) for name, each in stats.items()} == {
        "sent": ("AWS/SQS", "NumberOfMessagesSent"),
        "dropped": ("AWS/Lambda", "AsyncEventsDropped"),
        "failed": ("AWS/SNS", "NumberOfNotificationsFailed"),
    }
    assert [each["Metric"]["Dimensions"] for each in stats.values()] == [
        [{"Name": "QueueName", "Value": "<DeadLetterQueue.QueueName>"}],
        [{"Name": "FunctionName", "Value": "<AlarmFunction>"}],
        [{"Name": "TopicName", "Value": "<AlarmStateTopic.TopicName>"}],
    ]
    assert {(each["Period"], each["Stat"]) for each in stats.values()} == {(60, "Sum")}
    assert not any(part["ReturnData"] for part in parts)
    assert alarm == {
        "AlarmActions": [f"{SNS}:pattern1-logging-topic"],
        "AlarmName": "pattern1-logging-undelivered",
        "ComparisonOperator": "GreaterThanThreshold",
        # With FILL, one of one would never look at a report that comes late.
        "DatapointsToAlarm": 1,
        "EvaluationPeriods": 5,
        "Threshold": 0,
        "TreatMissingData": "notBreaching",
    }
    assert "aws sqs receive-message --region ap-southeast-2 --queue-url <DeadLetterQueue>" in description
    assert len(description) <= 1024 - 300, "room for the real names"


def test_the_functions_log_ends_with_the_stack_and_does_not_come_back(stack):
    log = stack.properties("AlarmFunctionLog")
    del log["Tags"]
    assert log == {"LogGroupName": "/aws/lambda/pattern1-alarm-AlarmFunction", "RetentionInDays": "30"}
    assert Stack(LogRetentionDays="7").properties("AlarmFunctionLog")["RetentionInDays"] == "7"
    actions = set().union(*(actions for actions, *_ in permissions(stack).values()))
    assert "logs:CreateLogGroup" not in actions


def test_nothing_is_kept_when_the_stack_is_deleted(stack):
    for name, resource in stack.template["Resources"].items():
        assert {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")} <= {None, "Delete"}, name


def test_everything_that_can_carry_a_tag_names_the_application(stack):
    for logical_id, resource in stack.template["Resources"].items():
        tags = stack.properties(logical_id).get("Tags", [])
        if resource["Type"] in TAGGED:
            assert {"Key": "application", "Value": "kms-alarm"} in tags, logical_id
        else:
            assert resource["Type"] in UNTAGGED


def test_every_arn_is_that_of_the_partition_it_is_deployed_in(stack):
    assert "arn:aws" not in json.dumps(stack.template["Resources"])
    china = Stack(pseudo={"AWS::Partition": "aws-cn", "AWS::Region": "cn-north-1"})
    resolved = json.dumps(china.resolve(china.template["Resources"]))
    assert "arn:aws-cn:sns:cn-north-1:" in resolved
    assert "arn:aws:" not in resolved


def test_the_outputs_are_these(stack):
    outputs = stack.template["Outputs"]
    assert {name: stack.resolve(output["Value"]) for name, output in outputs.items()} == OUTPUTS
    assert all(output["Description"] for output in outputs.values())


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
        ("aws-eusc", "console.amazonaws-eusc.eu"),
    ],
)
def test_the_dashboards_address_is_that_of_the_partitions_console(partition, host):
    stack = Stack(pseudo={"AWS::Partition": partition})
    output = stack.template["Outputs"]["DashboardUrl"]
    assert stack.resolve({"Condition": output["Condition"]})
    assert stack.resolve(output["Value"]).startswith(f"https://{host}/cloudwatch/")


@pytest.mark.parametrize("partition", ["aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-to-come"])
def test_a_partition_whose_console_is_unknown_costs_the_link_and_nothing_else(partition):
    stack = Stack(pseudo={"AWS::Partition": partition, "AWS::Region": "us-iso-east-1"})
    assert not stack.resolve({"Condition": stack.template["Outputs"]["DashboardUrl"]["Condition"]})
    assert "Mappings" not in stack.template
    conditional = {name for name, each in stack.template["Outputs"].items() if "Condition" in each}
    assert conditional == {"DashboardUrl"}
    stack.resolve(stack.template["Resources"])
    assert not any("Condition" in resource for resource in stack.template["Resources"].values())


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"Threshold": "2.5", "Period": "300", "TaskRoleArn": ROLE},
        {"LogGroupName": "/a/b.c_d#e-f", "MetricNamespace": "My App/KMS", "MetricName": "a b"},
    ],
)
def test_the_dashboard_is_as_documented_and_its_widgets_do_not_overlap(parameters):
    body = json.loads(Stack(**parameters).properties("Dashboard")["DashboardBody"])
    jsonschema.validate(body, SCHEMA, jsonschema.Draft202012Validator)
    areas = []
    for each in widgets(Stack(**parameters)):
        assert each["x"] + each["width"] <= 24
        columns, rows = range(each["x"], each["x"] + each["width"]), range(each["y"], each["y"] + each["height"])
        areas.append({(x, y) for x in columns for y in rows})
    assert not any(one & other for one, other in combinations(areas, 2))


@pytest.mark.parametrize(("period", "shown"), [("10", 60), ("30", 60), ("60", 60), ("300", 300)])
def test_the_dashboard_shows_the_alarms_metric_against_its_threshold(period, shown):
    errors = widget(Stack(Period=period, Threshold="7", MetricName="Other"), "KMS errors")
    assert errors["metrics"][0][:2] == ["Pattern1Application/KMSSecurity", "Other"]
    assert (errors["stat"], errors["period"]) == ("Sum", shown)
    assert errors["annotations"]["horizontal"][0]["value"] == 7


def test_the_dashboard_shows_both_alarms(stack):
    assert widget(stack, "Alarms")["alarms"] == [f"{CLOUDWATCH}:alarm:pattern1-logging-alarm", "<UndeliveredAlarm.Arn>"]


@pytest.mark.parametrize("title", ["Latest errors", "Errors by code"])
def test_the_dashboards_queries_find_what_the_filter_counts(title):
    query = widget(Stack(TaskRoleArn=ROLE, LogGroupName="my-group"), title)["query"]
    source_command, condition = query.split("\n| ")[:2]
    assert source_command == "SOURCE 'my-group'"
    assert condition == (
        'filter eventSource = "kms.amazonaws.com" and ispresent(errorCode)'
        f' and userIdentity.sessionContext.sessionIssuer.arn = "{ROLE}"'
    )


def test_the_latest_errors_are_shown_with_who_what_and_why(stack):
    query = widget(stack, "Latest errors")["query"]
    assert query.endswith("\n| display time, code, operation, key, task, ip, message")


def test_the_dashboard_shows_how_the_function_is(stack):
    shown = widget(stack, "The function: invocations, errors, undelivered")["metrics"]
    assert [metric[1] for metric in shown] == [
        "Invocations",
        "Errors",
        "Throttles",
        "AsyncEventsDropped",
        "NumberOfNotificationsFailed",
        "DeadLetterErrors",
        "NumberOfNotificationsFailedToRedriveToDlq",
        "ApproximateNumberOfMessagesVisible",
    ]
    duration = widget(stack, "The function: duration")
    assert duration["annotations"]["horizontal"][0]["value"] == 1000 * stack.properties("AlarmFunction")["Timeout"]


def samconfig():
    """What SAM reads in samconfig.toml."""
    return tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))


def test_sam_needs_no_answer_but_the_addresses():
    default = samconfig()["default"]
    assert default["global"]["parameters"] == {"stack_name": "pattern1-alarm"}
    assert default["deploy"]["parameters"] == {
        "capabilities": "CAPABILITY_IAM",
        "confirm_changeset": True,
        "fail_on_empty_changeset": False,
        "resolve_s3": True,
        # Where --guided puts the code too: the same code from two places would count as new code, and fail as a version.
        "s3_prefix": "pattern1-alarm",
    }
    assert not re.search(r"\d{12}", (ROOT / "samconfig.toml").read_text(encoding="utf-8"))


def test_the_everyday_profile_is_the_default_one_with_other_settings():
    profiles = samconfig()
    everyday = profiles["everyday"]
    overrides = everyday["deploy"]["parameters"].pop("parameter_overrides")
    assert everyday == profiles["default"], "SAM reads only the profile that it is given"
    settings = dict(each.split("=") for each in overrides.split())
    assert all(accepts(source()["Parameters"][name], value) for name, value in settings.items())
    properties = Stack(**settings).properties("KmsAlarm")
    assert {name: value for name, value in properties.items() if LAB.get(name) != value and name in {*LAB, "OKActions"}} == {
        "OKActions": ["<AlarmStateTopic>"],
        "Period": "60",
        "Threshold": "0",
        "TreatMissingData": "notBreaching",
    }
