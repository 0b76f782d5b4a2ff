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
OTHERS = "arn:aws:iam::444455556666:role/orders-*"
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
        [
            "nobody",
            "@example.com",
            "a@",
            "a@b@c",
            "a@example.com;b@example.com",
            "a@example.com b@example.com",
            "a@b,",
            ",a@b",
            # Each would break the text of the watch's ticks.
            '"a"@b',
            "a\\@b",
            "<a>@b",
            "a@b>",
            "a\x01@b",
            "a@" + "b" * 2499,
        ],
    ),
    "EscalationTopicArn": (
        "String",
        "",
        [f"{SNS}:escalation", "arn:aws-cn:sns:cn-north-1:111122223333:A_b-9"],
        ["escalation", f"{SNS}:a.fifo", f"{SNS}:", "arn:aws:sqs:ap-southeast-2:111122223333:a", f"{SNS}:a:{ROLE}"],
    ),
    "EvaluationPeriods": ("String", "1", ["2", "9", "10", "24"], ["", "0", "25", "-1", "1.5", "01", "100"]),
    "ExistingResources": ("String", "Fail", ["Adopt"], ["", "fail", "Overwrite"]),
    "HttpsFormat": ("String", "json", ["chat", "slack", "alarm"], ["", "JSON", "teams"]),
    "Ignore": (
        "String",
        "",
        [
            "code=AccessDenied, until=2027-01-31, why=known",
            "by=config.amazonaws.com, operation=Decrypt, until=2027-01-31, why=config recorder; "
            "role=arn:aws:iam::111122223333:role/a/b+c@d*,until=2027-02-28,why=asked for, twice;",
            " why = a ; ".join(["key = alias/orders, until = 2027-01-31,"] * 10) + " why = a",
        ],
        [
            "everything",
            "code=AccessDenied, until=2027-01-31",
            "code=AccessDenied, why=known",
            "code=AccessDenied, until=soon, why=known",
            "code=, until=2027-01-31, why=known",
            "code=*, until=2027-01-31, why=known",
            "until=2027-01-31, why=all",
            "code=AccessDenied, until=2027-01-31, why=known; code=DisabledException",
            ";".join(["code=A, until=2027-01-31, why=a"] * 11),
            "code=A, until=2027-01-31, why=" + "a" * 1500,
            # Each would break the text of the watch's ticks.
            *[f"code=A, until=2027-01-31, why=a{character}b" for character in '"\\<>\n\x00é'],
        ],
    ),
    "LogGroupName": (
        "String",
        "pattern1-logging-loggroup",
        ["/aws/cloudtrail", "pattern1-logging-Pattern1CloudWatchLogGroup-1ABC", "a.b_c#d"],
        ["", "a b", "a:*", f"{LOGS}:log-group:a", 'a"b', "a'b", "a" * 513],
    ),
    "LoggingStackName": ("String", "", ["pattern1-logging", "A"], ["1logging", "a_b", "a.b", "a" * 129]),
    "LogRetentionDays": ("Number", "30", ["1", "365", "3653"], ["0", "2", "31", "never"]),
    "MailFrom": ("String", "LOW", ["INFO", "MEDIUM", "HIGH", "CRITICAL"], ["", "low", "NONE"]),
    "MetricName": ("String", "KMSSecurityError", ["KMS errors", "a/b.c#d-e_f"], ["", "a:b", "a*", "$a", 'a"b', "a" * 256]),
    "MetricNamespace": (
        "String",
        "Pattern1Application/KMSSecurity",
        ["My Application/KMS", "AWSome"],
        ["", "AWS/KMS", "a:b", "a*", "$a", 'a"b', "a" * 256],
    ),
    "Name": ("String", "pattern1-logging", ["a", "A_b-9", "a" * 128], ["", "-a", "a b", "a.b", "a:b", "a*", "ä", "a" * 129]),
    "NotifyRecovery": ("String", "false", ["true"], ["", "True", "yes"]),
    "Owner": (
        "String",
        "",
        ["A", "Team Orders, #orders-oncall", "orders@example.com", "Équipe", "a" * 60],
        [" ", " a", "a ", "a\nb", '"a"', "<a>", "a\\b", "a" * 61],
    ),
    "Period": ("Number", "10", ["20", "30", "60", "300", "3600"], ["0", "15", "45", "90", "86400"]),
    "RawNotifications": ("String", "false", ["true"], ["", "True", "1"]),
    "RunbookUrl": (
        "String",
        "",
        ["https://wiki", "https://wiki.example.com:8443/kms?page=1&x=(2)#first", "https://w/" + "a" * 290],
        [
            "http://wiki/kms",
            "https://",
            "https:///kms",
            "https://-wiki/kms",
            "https://wiki./kms",
            "https://me@wiki/kms",
            "https://wiki/a b",
            "https://wiki/a|b",
            "https://wiki/<b>",
            "javascript:alert(1)",
            "https://w/" + "a" * 291,
        ],
    ),
    "TaskRoleArn": (
        "String",
        "",
        [
            ROLE,
            "arn:aws-cn:iam::111122223333:role/path/to/r",
            "arn:aws-us-gov:iam::111122223333:role/a+=,.@_-b",
            "*",
            f"{ROLE},{OTHERS}",
            f"{ROLE} , {OTHERS}, arn:aws:iam::444455556666:role/*",
            f"{ROLE},2,{OTHERS}",
        ],
        [
            "my-role",
            f"{ROLE}, my-role",
            f"*,{ROLE}",
            f"{ROLE},*",
            f"{ROLE},",
            f"{ROLE},,{OTHERS}",
            f" {ROLE}",
            "arn:aws:iam::111122223333:role/a*b",
            "arn:aws:iam::111122223333:role/a**",
            "arn:aws:iam::*:role/a",
            f"{ROLE}," * 40 + ROLE,
            "arn:aws:sts::111122223333:assumed-role/my-role/session",
            "arn:aws:iam::111122223333:user/me",
            "arn:aws:iam::1:role/my-role",
            "arn:aws:iam::111122223333:role/",
            'arn:aws:iam::111122223333:role/a"b',
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
    "WatchMinutes": ("Number", "5", ["0", "1", "10", "15", "30", "60"], ["", "2", "05", "1.5", "-5", "120", "never"]),
}

# What the custom resource is given when nobody says anything: the lab's settings, and a default value of 0.
LAB = {
    "AlarmActions": ["<AlarmStateTopic>"],
    "DefaultValue": "0",
    "Emails": "",
    "EvaluationPeriods": "1",
    "ExistingResources": "Fail",
    "Ignore": "",
    "LogGroupName": "pattern1-logging-loggroup",
    "MailFrom": "LOW",
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
    "Ignore": "code=AccessDenied, until=2027-01-31, why=known",
    "LogGroupName": "other-group",
    "MailFrom": "HIGH",
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

MINUTES = ("0", "1", "5", "10", "15", "30", "60")

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
        [f"{CLOUDWATCH}:alarm:pattern1-logging-alarm", f"{CLOUDWATCH}:alarm:pattern1-logging-health"],
        None,
    ),
    ("alert", "IsItUsual"): ({"cloudwatch:GetMetricData"}, "*", None),
    ("alert", "CountSubscriptions"): ({"sns:GetTopicAttributes"}, f"{SNS}:pattern1-logging-topic", None),
    ("alert", "Publish"): ({"sns:Publish"}, f"{SNS}:pattern1-logging-topic", None),
    ("watch", "IsItAsSpecified"): ({"cloudwatch:DescribeAlarms", "logs:DescribeMetricFilters"}, "*", None),
    ("watch", "WhoIsTold"): (
        {"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"},
        f"{SNS}:pattern1-logging-topic",
        None,
    ),
    ("watch", "IsItHeard"): ({"sns:GetTopicAttributes"}, "<AlarmStateTopic>", None),
    ("watch", "ReadTrail"): ({"logs:FilterLogEvents"}, LOG_GROUP, None),
    ("watch", "ReadMetrics"): ({"cloudwatch:GetMetricStatistics"}, "*", None),
    ("watch", "ReadOwnLog"): (
        {"logs:FilterLogEvents"},
        [f"{LOGS}:log-group:<AlarmFunctionLog>", "<AlarmFunctionLog.Arn>"],
        None,
    ),
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
    "AWS::Events::Rule",
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


def test_several_roles_reach_the_function_as_they_are_given():
    given = Stack(TaskRoleArn=f"{ROLE}, {OTHERS}")
    assert given.properties("KmsAlarm")["RoleArn"] == f"{ROLE}, {OTHERS}"
    assert given.properties("AlarmFunction")["Environment"]["Variables"]["TASK_ROLE_ARN"] == f"{ROLE}, {OTHERS}"
    assert tick(given)["detail"]["ResourceProperties"]["RoleArn"] == f"{ROLE}, {OTHERS}"
    assert "KMS errors of `" + f"{ROLE}, {OTHERS}`" in given.properties("Dashboard")["DashboardBody"]
    assert "KMS errors of every caller" in Stack(TaskRoleArn="*").properties("Dashboard")["DashboardBody"]


def test_without_one_the_role_comes_from_the_application_stack():
    imported = Stack(AppStackName="other-app")
    imported.resolve(imported.template["Resources"])
    assert imported.imported == {"other-app-ApplicationTaskRole"}


def test_a_logging_stacks_log_group_is_used_wherever_the_log_group_is_named():
    given = Stack(LoggingStackName="other-logging", TaskRoleArn=ROLE)
    imported = "<import other-logging-Pattern1CloudWatchLogGroup>"
    assert given.properties("KmsAlarm")["LogGroupName"] == imported
    found = permissions(given)
    for statement in [("provision", "MakeFilter"), ("alert", "FindEvents"), ("watch", "ReadTrail")]:
        assert found[statement][1] == [f"{LOGS}:log-group:{imported}", f"{LOGS}:log-group:{imported}:*"]
    assert given.properties("AlarmFunction")["Environment"]["Variables"]["LOG_GROUP_NAME"] == imported
    assert given.properties("Dashboard")["DashboardBody"].count(imported) == 3
    everything = json.dumps(given.resolve(given.template["Resources"]))
    assert "pattern1-logging-loggroup" not in everything
    assert given.imported == {"other-logging-Pattern1CloudWatchLogGroup"}


def test_only_who_asks_for_it_is_told_of_the_recovery():
    assert "OKActions" not in Stack().properties("KmsAlarm")
    assert Stack(NotifyRecovery="true").properties("KmsAlarm")["OKActions"] == ["<AlarmStateTopic>"]


@pytest.mark.parametrize(("minutes", "ending"), [("0", ""), ("5", ", <WatchRule> every 5 minutes")])
def test_new_code_provisions_again(minutes, ending):
    for code in ("s3://bucket/code-1", "s3://bucket/code-2"):
        stack = Stack(code=code, WatchMinutes=minutes)
        [version] = stack.of_type("AWS::Lambda::Version")
        assert stack.properties("KmsAlarm")["Revision"] == f"<{version}>{ending}"
    assert Stack().of_type("AWS::Lambda::Version") != [version]


def test_another_interval_provisions_again():
    # It writes a value, which the health alarm would otherwise miss until the first tick of the new interval.
    revisions = {Stack(WatchMinutes=minutes).properties("KmsAlarm")["Revision"] for minutes in MINUTES}
    assert len(revisions) == len(MINUTES)


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
    [subscription] = stack.of_type("AWS::SNS::Subscription")
    assert stack.properties("KmsAlarm")["ServiceToken"] == "<AlarmFunction.Arn>"
    for permission in stack.of_type("AWS::Lambda::Permission"):
        assert stack.properties(permission)["FunctionName"] == "<AlarmFunction>"
    assert target(stack)["Arn"] == "<AlarmFunction.Arn>"
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


# What comes after the custom resource: no tick may come before the first Create is done or after the Delete has begun,
# and the health alarm needs the first value. Each makes a call that was made before it, of the same kind and with the
# same rights, so it does not fail where that one did not.
LATER = {"WatchPermission": "AlarmStatePermission", "HealthAlarm": "UndeliveredAlarm"}


@pytest.mark.parametrize(("minutes", "later"), [("0", set()), ("5", set(LATER))])
def test_the_custom_resource_is_the_last_that_can_fail(minutes, later):
    # What fails after it would take back what it adopted, and the subscriptions that had confirmed.
    resources = made(Stack(WatchMinutes=minutes))
    others = set(resources) - {"KmsAlarm"}
    assert {each for each in others if "KmsAlarm" in needed(resources, each)} == later
    assert needed(resources, "KmsAlarm") == others - later
    for each in later:
        assert resources[each]["Type"] == resources[LATER[each]]["Type"]


def test_the_rule_is_made_before_the_custom_resource_and_lets_no_tick_through(stack):
    # EventBridge's calls may be denied to who deploys, and nothing before it needed any.
    assert "WatchRule" in needed(made(stack), "KmsAlarm")
    permissions_of_events = [
        each
        for each in stack.of_type("AWS::Lambda::Permission")
        if stack.properties(each)["Principal"] == "events.amazonaws.com"
    ]
    assert permissions_of_events == ["WatchPermission"]


def made(stack):
    """The resources that these parameters make."""
    return {
        name: each
        for name, each in stack.template["Resources"].items()
        if stack.resolve({"Condition": each["Condition"]} if "Condition" in each else True)
    }


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
                        "ArnLike": {
                            "aws:SourceArn": [f"{CLOUDWATCH}:alarm:*-alarm", f"{CLOUDWATCH}:alarm:*-health"],
                        },
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


def test_the_function_is_invoked_by_its_topic_and_its_rule_and_by_no_other(stack):
    invoked = {"Action": "lambda:InvokeFunction", "FunctionName": "<AlarmFunction>"}
    assert {each: stack.properties(each) for each in stack.of_type("AWS::Lambda::Permission")} == {
        "AlarmStatePermission": {**invoked, "Principal": "sns.amazonaws.com", "SourceArn": "<AlarmStateTopic>"},
        "WatchPermission": {**invoked, "Principal": "events.amazonaws.com", "SourceArn": "<WatchRule.Arn>"},
    }


def target(stack):
    """The target of the watch's rule."""
    [found] = stack.properties("WatchRule")["Targets"]
    return found


def tick(stack):
    """What the function gets at a quarter to ten."""
    transformer = target(stack)["InputTransformer"]
    assert transformer["InputPathsMap"] == {"time": "$.time"}
    template = transformer["InputTemplate"]
    given = {"time": "2026-11-23T09:45:00Z", "aws.events.rule-name": "<WatchRule>"}
    assert re.findall(r": <([a-z.-]+)>", template) == list(given)
    # EventBridge puts a text between quotes.
    for name, value in given.items():
        template = template.replace(f"<{name}>", json.dumps(value))
    return json.loads(template)


def test_a_tick_is_the_event_that_the_function_reads(stack):
    event = tick(stack)
    sample = json.loads((ROOT / "events/watch-tick.json").read_text(encoding="utf-8"))
    assert {name: event[name] for name in ("source", "detail-type", "time")} == {
        name: sample[name] for name in ("source", "detail-type", "time")
    }
    assert set(event["detail"]) == set(sample["detail"])
    detail = dict(event["detail"])
    del detail["ResourceProperties"]
    assert detail == {
        "DeadLetterQueueName": "<DeadLetterQueue.QueueName>",
        "LogicalResourceId": "KmsAlarm",
        "RuleName": "<WatchRule>",
        "StackId": stack.values["AWS::StackId"],
        "WatchMinutes": "5",
    }
    assert stack.template["Resources"]["KmsAlarm"]["Type"] == "Custom::KmsAlarm"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        PASSED_ON,
        {"NotifyRecovery": "true"},
        {"TaskRoleArn": ROLE, "LoggingStackName": "other-logging"},
        {"DefaultValue": "", "Emails": " a@example.com , b@example.com "},
    ],
)
def test_a_tick_carries_to_the_letter_what_the_custom_resource_is_given(parameters):
    # A digest of both is compared. CloudFormation hands every scalar over as text.
    given = Stack(**parameters)
    properties = given.properties("KmsAlarm")
    for name in ("ServiceToken", "ServiceTimeout", "Revision"):
        del properties[name]
    assert tick(given)["detail"]["ResourceProperties"] == properties
    assert all(isinstance(each, (str, list)) for each in properties.values())


# The longest that the template takes.
LONGEST_EMAILS = ",".join(["a@" + "b" * 318] * 7 + ["a@" + "b" * 251])
LONGEST_ROLES = ",".join([OTHERS] * 25)[:-1] + "--"
LONGEST_IGNORE = ";".join(["code=A, until=2027-01-31, why=" + "a" * 119] * 10) + ";"


def check_longest(stack):
    """The template takes all of the values, and would take no longer Emails and Ignore."""
    for name, value in stack.values.items():
        assert name.startswith("AWS::") or accepts(source()["Parameters"][name], value), name
    for name in ("Emails", "Ignore"):
        assert len(stack.values[name]) == source()["Parameters"][name]["MaxLength"]


def test_the_longest_tick_is_no_longer_than_eventbridge_takes():
    longest = {"AWS::StackId": "a" * 240, "AWS::Region": "ap-southeast-2"}
    stack = Stack(
        pseudo=longest,
        DefaultValue="999999999.999999999",
        Emails=LONGEST_EMAILS,
        EvaluationPeriods="24",
        Ignore=LONGEST_IGNORE,
        LogGroupName="a" * 512,
        MailFrom="CRITICAL",
        MetricName="a" * 255,
        MetricNamespace="a" * 255,
        Name="a" * 128,
        NotifyRecovery="true",
        RawNotifications="false",
        TaskRoleArn=LONGEST_ROLES,
        Threshold="999999999.999999999",
        TopicKmsKeyId="arn:aws-us-gov:kms:ap-southeast-2:111122223333:key/" + "a" * 64,
        TreatMissingData="notBreaching",
        WatchMinutes="60",
    )
    check_longest(stack)
    text = target(stack)["InputTransformer"]["InputTemplate"]
    topic = "arn:aws-us-gov:sns:ap-southeast-2:111122223333:" + "a" * 256
    text = text.replace("<AlarmStateTopic>", topic).replace("<DeadLetterQueue.QueueName>", "a" * 80)
    assert "<" not in text.replace("<time>", "").replace("<aws.events.rule-name>", "")
    # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
    assert len(text) <= 8192


@pytest.mark.parametrize(
    ("minutes", "schedule", "period"),
    [
        ("1", "rate(1 minute)", 120),
        ("5", "rate(5 minutes)", 600),
        ("10", "rate(10 minutes)", 1200),
        ("15", "rate(15 minutes)", 1800),
        ("30", "rate(30 minutes)", 3600),
        ("60", "rate(60 minutes)", 7200),
    ],
)
def test_it_ticks_as_often_as_asked_and_two_intervals_are_judged(minutes, schedule, period):
    stack = Stack(WatchMinutes=minutes)
    assert stack.properties("WatchRule")["ScheduleExpression"] == schedule
    [stat] = [each["MetricStat"] for each in stack.properties("HealthAlarm")["Metrics"] if "MetricStat" in each]
    assert stat["Period"] == period == 2 * 60 * int(minutes)
    assert widget(stack, "Health: problems found")["period"] == period


def test_a_tick_that_cannot_be_delivered_gives_way_to_the_next(stack):
    assert target(stack)["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 1}
    assert "State" not in stack.properties("WatchRule")


def test_who_asks_for_no_watch_gets_none_of_it():
    stack = Stack(WatchMinutes="0")
    assert set(made(Stack())) - set(made(stack)) == {"WatchRule", "WatchPermission", "HealthAlarm"}
    assert not [policy for policy, _ in permissions(stack) if policy == "watch"]
    resources = {name: stack.resolve(each) for name, each in made(stack).items()}
    text = json.dumps(resources)
    assert "pattern1-logging-health" not in text and "Problems" not in text


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
                "MAIL_FROM": "LOW",
                "IGNORE": "",
                "OWNER": "",
                "RUNBOOK_URL": "",
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


@pytest.mark.parametrize("reader", ["chat", "slack", "alarm"])
def test_who_reads_the_topic_over_https_is_told_to_the_function(reader):
    variables = Stack(HttpsFormat=reader).properties("AlarmFunction")["Environment"]["Variables"]
    assert variables["HTTPS_FORMAT"] == reader


def test_whom_to_ask_and_what_to_follow_is_told_to_the_function():
    stack = Stack(Owner="Team Orders", RunbookUrl="https://wiki.example.com/kms")
    variables = stack.properties("AlarmFunction")["Environment"]["Variables"]
    assert (variables["OWNER"], variables["RUNBOOK_URL"]) == ("Team Orders", "https://wiki.example.com/kms")
    assert "Owner" not in stack.properties("KmsAlarm"), "it changes nothing that is made"


def test_what_is_not_mailed_is_told_to_the_function():
    variables = Stack(**PASSED_ON).properties("AlarmFunction")["Environment"]["Variables"]
    assert variables["MAIL_FROM"] == PASSED_ON["MailFrom"]
    assert variables["IGNORE"] == PASSED_ON["Ignore"]


def test_the_longest_environment_is_no_larger_than_lambda_takes():
    stack = Stack(
        pseudo={"AWS::Region": "ap-southeast-2", "AWS::Partition": "aws-us-gov"},
        Emails=LONGEST_EMAILS,
        HttpsFormat="alarm",
        Ignore=LONGEST_IGNORE,
        LogGroupName="a" * 512,
        MailFrom="CRITICAL",
        Name="a" * 128,
        # A character has up to four bytes.
        Owner="🔑" * 60,
        RunbookUrl="https://w/" + "a" * 290,
        TaskRoleArn=LONGEST_ROLES,
        TimeZone="A" * 64,
    )
    check_longest(stack)
    assert len(LONGEST_ROLES) == source()["Parameters"]["TaskRoleArn"]["MaxLength"]
    assert not accepts(source()["Parameters"]["Owner"], stack.values["Owner"] + "a")
    variables = stack.properties("AlarmFunction")["Environment"]["Variables"]
    # Made by CloudFormation: a role's name has 64 characters.
    variables["ROLE_ARN"] = "arn:aws-us-gov:iam::111122223333:role/" + "a" * 64
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    assert len(json.dumps(variables, ensure_ascii=False).encode()) <= 4096


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
        "cloudwatch:GetMetricData",
        "logs:DescribeMetricFilters",
        "cloudwatch:GetMetricStatistics",
        # Of a subscription's ARN, a part is random.
        "sns:Unsubscribe",
    }


def test_a_log_group_that_is_named_is_named_in_both_forms(stack):
    for actions, resources, _ in permissions(stack).values():
        if any(action.startswith("logs:") for action in actions) and isinstance(resources, list):
            short, long = resources
            assert long in (f"{short}:*", "<AlarmFunctionLog.Arn>")


# The log streams that every flow leaves are allowed once, with the first flow.
TURNS = {"logs:CreateLogStream", "logs:DescribeLogStreams"}


@pytest.mark.parametrize("flow", ["provision", "alert", "watch"])
def test_a_flows_policy_has_the_calls_that_the_flow_makes(stack, flow):
    # The code names an action as IAM does whenever it makes a call, to say in a failure what was refused. What
    # follows "Action" is a policy that it writes.
    files = [ROOT / "src" / f"{flow}.rs", *(ROOT / "src" / flow).glob("**/*.rs")]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    calls = set(re.findall(r'(?<!"Action": )"((?:logs|cloudwatch|sns):[A-Z]\w+)"', code))
    allowed = set().union(*(actions for (policy, _), (actions, *_) in permissions(stack).items() if policy == flow))
    assert calls - (TURNS - allowed) == allowed


def test_the_policies_are_part_of_the_role_and_so_outlive_the_custom_resource(stack):
    role = stack.properties("AlarmFunctionRole")
    assert set(role) == {"AssumeRolePolicyDocument", "Policies", "Tags"}
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    assert stack.of_type("AWS::IAM::Role") == ["AlarmFunctionRole"]
    assert not stack.of_type("AWS::IAM::Policy") + stack.of_type("AWS::IAM::ManagedPolicy")


def test_the_longest_names_fit_what_iam_allows_a_role():
    stack = Stack(Name="a" * 128, LogGroupName="a" * 512, TopicKmsKeyId=KEY, pseudo={"AWS::StackName": "a" * 128})
    log = stack.properties("AlarmFunctionLog")["LogGroupName"]
    arns = {"<AlarmFunctionLog.Arn>": f"{LOGS}:log-group:{log}:*", "<AlarmFunctionLog>": log}
    arns["<DeadLetterQueue.Arn>"] = "arn:aws:sqs:ap-southeast-2:111122223333:" + "a" * 80
    # CloudFormation puts the stack's name, the resource's and a dozen letters together.
    arns["<AlarmStateTopic>"] = "arn:aws:sns:ap-southeast-2:111122223333:" + "a" * 157
    policies = [policy["PolicyDocument"] for policy in stack.properties("AlarmFunctionRole")["Policies"]]
    text = "".join(json.dumps(policy, separators=(",", ":")) for policy in policies)
    for name, arn in arns.items():
        text = text.replace(name, arn)
    assert "<" not in text
    # 10,240 characters for all of a role's own policies, white space not counted.
    assert len(text) <= 10_240


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


def test_a_problem_and_the_absence_of_ticks_come_back_to_the_function(stack):
    alarm = stack.properties("HealthAlarm")
    description = alarm.pop("AlarmDescription")
    del alarm["Tags"]
    assert alarm == {
        "AlarmActions": ["<AlarmStateTopic>"],
        "AlarmName": "pattern1-logging-health",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "EvaluationPeriods": 1,
        "Metrics": [
            # Without FILL, CloudWatch would first look further back, and be late.
            {"Id": "health", "Label": "problems, or no check", "Expression": "FILL(problems, 1)"},
            {
                "Id": "problems",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "kms-alarm",
                        "MetricName": "Problems",
                        "Dimensions": [{"Name": "Name", "Value": "pattern1-logging"}],
                    },
                    "Period": 600,
                    "Stat": "Maximum",
                },
            },
        ],
        "OKActions": ["<AlarmStateTopic>"],
        "Threshold": 1,
        "TreatMissingData": "breaching",
    }
    assert len(description) <= 1024 - 2 * 128 - 300, "room for the real names"


def test_the_escalation_topic_hears_without_the_peoples_topic():
    stack = Stack(EscalationTopicArn=f"{SNS}:escalation")
    health, undelivered = stack.properties("HealthAlarm"), stack.properties("UndeliveredAlarm")
    assert health["AlarmActions"] == health["OKActions"] == ["<AlarmStateTopic>", f"{SNS}:escalation"]
    assert undelivered["AlarmActions"] == [f"{SNS}:pattern1-logging-topic", f"{SNS}:escalation"]
    everything = stack.resolve(stack.template["Resources"])
    assert json.dumps(everything).count(f"{SNS}:escalation") == 3


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
    assert "AWS::" not in json.dumps(lookups(stack.template)), "a mapping would lack it"
    conditional = {name for name, each in stack.template["Outputs"].items() if "Condition" in each}
    assert conditional == {"DashboardUrl"}
    stack.resolve(stack.template["Resources"])
    assert set(made(stack)) == set(made(Stack()))


def lookups(value):
    """What is looked up in mappings."""
    if isinstance(value, dict):
        found = [value["Fn::FindInMap"]] if "Fn::FindInMap" in value else []
        return found + [each for inner in value.values() for each in lookups(inner)]
    return [each for inner in value for each in lookups(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"Threshold": "2.5", "Period": "300", "TaskRoleArn": ROLE},
        {"WatchMinutes": "0"},
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


def test_the_dashboard_shows_every_alarm(stack):
    kms, undelivered = f"{CLOUDWATCH}:alarm:pattern1-logging-alarm", "<UndeliveredAlarm.Arn>"
    assert widget(stack, "Alarms")["alarms"] == [kms, f"{CLOUDWATCH}:alarm:pattern1-logging-health", undelivered]
    assert widget(Stack(WatchMinutes="0"), "Alarms")["alarms"] == [kms, undelivered]


def test_the_dashboard_shows_health_beside_the_alarm(stack):
    health = widget(stack, "Health: problems found")
    assert health["metrics"][0][:4] == ["kms-alarm", "Problems", "Name", "pattern1-logging"]
    assert health["stat"] == "Maximum"
    titles = [each["properties"].get("title") for each in widgets(stack) if each["y"] == 2]
    assert titles == ["KMS errors", "Health: problems found", "Alarms"]
    for minutes in ("0", "5"):
        row = [each["width"] for each in widgets(Stack(WatchMinutes=minutes)) if each["y"] == 2]
        assert sum(row) == 24


@pytest.mark.parametrize("title", ["Latest errors", "Errors by code"])
@pytest.mark.parametrize(
    ("roles", "condition"),
    [
        ("", ' and userIdentity.sessionContext.sessionIssuer.arn = "<import pattern1-app-ApplicationTaskRole>"'),
        ("*", ""),
        (
            f"{ROLE} , arn:aws:iam::444455556666:role/a.b/c+d,e-*,{OTHERS}",
            r" and userIdentity.sessionContext.sessionIssuer.arn like /^(arn:aws:iam::111122223333:role\/my-role"
            r"|arn:aws:iam::444455556666:role\/a\.b\/c\+d,e-.*|arn:aws:iam::444455556666:role\/orders-.*)$/",
        ),
    ],
)
def test_the_dashboards_queries_find_what_the_filter_counts(title, roles, condition):
    query = widget(Stack(TaskRoleArn=roles, LogGroupName="my-group"), title)["query"]
    source_command, filter_command = query.split("\n| ")[:2]
    assert source_command == "SOURCE 'my-group'"
    assert filter_command == f'filter eventSource = "kms.amazonaws.com" and ispresent(errorCode){condition}'


def test_the_latest_errors_are_shown_with_who_what_and_why(stack):
    query = widget(stack, "Latest errors")["query"]
    assert query.endswith("\n| display time, code, operation, key, caller, task, ip, message")


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
