"""Each permission of the role is needed: a stack lives its whole life without it, and that is seen.

The local AWS enforces the role's policies. For each action of each statement there is a stack whose template lacks
just that one. It is deployed, its rule ticks, its alarm goes off and recovers, its settings change, its name changes, an alert cannot
be delivered, it is deleted, until what is missing is seen: CloudFormation is told FAILED with the action, or the alert
or the function's log names it. CAUGHT says when it must be seen, BEYOND what cannot be enforced here and why. Together they are the
template's permissions, no more and no fewer.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from urllib.error import HTTPError

import pytest
from samtranslator.yaml_helper import yaml_parse

from local_aws import LocalAws
from scenario import cloudtrail
from scenario.steps import LAB_ALARM
from scenario.world import APP_STACK, APP_TEMPLATE, HEALTH, World, expect

# Policy, statement, action: the phase of the stack's life in which it is missed.
CAUGHT = {
    ("provision", "MakeFilter", "logs:PutMetricFilter"): "create",
    ("provision", "ReadFilters", "logs:DescribeMetricFilters"): "create",
    ("provision", "RemoveFilter", "logs:DeleteMetricFilter"): "update",
    ("provision", "MakeAlarm", "cloudwatch:PutMetricAlarm"): "create",
    ("provision", "MakeAlarm", "cloudwatch:TagResource"): "update",
    ("provision", "MakeAlarm", "cloudwatch:UntagResource"): "adopt",
    ("provision", "ReadAlarms", "cloudwatch:DescribeAlarms"): "create",
    ("provision", "WhoseAlarm", "cloudwatch:ListTagsForResource"): "update",
    ("provision", "RemoveAlarm", "cloudwatch:DeleteAlarms"): "rename",
    ("provision", "MakeTopic", "sns:CreateTopic"): "create",
    ("provision", "MakeTopic", "sns:GetTopicAttributes"): "alert",
    ("provision", "MakeTopic", "sns:ListSubscriptionsByTopic"): "create",
    ("provision", "MakeTopic", "sns:SetTopicAttributes"): "update",
    ("provision", "MakeTopic", "sns:TagResource"): "create",
    ("provision", "Subscribe", "sns:Subscribe"): "create",
    ("provision", "Unsubscribe", "sns:Unsubscribe"): "update",
    ("provision", "ReadTopic", "sns:ListTagsForResource"): "create",
    ("provision", "RemoveTopic", "sns:DeleteTopic"): "rename",
    ("provision", "TakeTurns", "logs:CreateLogStream"): "create",
    ("provision", "TakeTurns", "logs:DescribeLogStreams"): "create",
    ("alert", "WhichFiltersFeedTheMetric", "logs:DescribeMetricFilters"): "alert",
    ("alert", "FindEvents", "logs:FilterLogEvents"): "alert",
    ("alert", "WhenItWentOff", "cloudwatch:DescribeAlarmHistory"): "recovery",
    ("alert", "IsItUsual", "cloudwatch:GetMetricData"): "alert",
    ("alert", "CountSubscriptions", "sns:GetTopicAttributes"): "alert",
    ("alert", "Publish", "sns:Publish"): "alert",
    ("watch", "IsItAsSpecified", "cloudwatch:DescribeAlarms"): "watch",
    ("watch", "IsItAsSpecified", "logs:DescribeMetricFilters"): "watch",
    ("watch", "WhoIsTold", "sns:GetTopicAttributes"): "watch",
    ("watch", "WhoIsTold", "sns:ListSubscriptionsByTopic"): "watch",
    ("watch", "IsItHeard", "sns:GetTopicAttributes"): "watch",
    ("watch", "ReadTrail", "logs:FilterLogEvents"): "watch",
    ("watch", "ReadMetrics", "cloudwatch:GetMetricStatistics"): "watch",
    ("watch", "ReadOwnLog", "logs:FilterLogEvents"): "watch",
    ("run", "Log", "logs:CreateLogStream"): "create",
    ("run", "Log", "logs:PutLogEvents"): "create",
    ("run", "KeepUndelivered", "sqs:SendMessage"): "undelivered",
}

# What no removal can show here.
BEYOND = {
    ("topic-key", "PublishToEncryptedTopic", "kms:Decrypt"): "the local AWS encrypts no topic, so it asks for no key",
    ("topic-key", "PublishToEncryptedTopic", "kms:GenerateDataKey*"): "the same",
    ("provision", "MakeTopic", "sns:UntagResource"): "an adopted topic is tagged last, so only a lost answer is undone",
}

# An action that several flows need is in all their policies. Without one of them the others still allow it, so it is
# missed by the whole role: before the first deployment for the flow that deploys, after it for the others.
SHARED = {
    "cloudwatch:DescribeAlarms": {"ReadAlarms", "IsItAsSpecified"},
    "logs:CreateLogStream": {"TakeTurns", "Log"},
    "logs:DescribeMetricFilters": {"ReadFilters", "WhichFiltersFeedTheMetric", "IsItAsSpecified"},
    "logs:FilterLogEvents": {"FindEvents", "ReadTrail"},
    "sns:GetTopicAttributes": {"MakeTopic", "CountSubscriptions", "WhoIsTold"},
    "sns:ListSubscriptionsByTopic": {"MakeTopic", "WhoIsTold"},
}

KEY = "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = "arn:aws:{}:ap-southeast-2:111122223333:{}"

PHASES = ["adopt", "create", "watch", "alert", "recovery", "update", "rename", "undelivered", "delete"]


def policies(template):
    """The policies of the function's role."""
    for policy in template["Resources"]["AlarmFunctionRole"]["Properties"]["Policies"]:
        yield policy["Fn::If"][1] if "Fn::If" in policy else policy


def actions(statement):
    """A statement's actions as a list."""
    return [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


def permissions(template):
    """Every policy, statement and action of the function's role."""
    return {
        (policy["PolicyName"], statement["Sid"], action)
        for policy in policies(template)
        for statement in policy["PolicyDocument"]["Statement"]
        for action in actions(statement)
    }


def without(document, missing, sids):
    """A policy document, less one action in these statements."""
    kept = []
    for statement in document["Statement"]:
        left = [action for action in actions(statement) if action != missing or statement["Sid"] not in sids]
        kept += [{**statement, "Action": left}] if left else []
    # A policy has at least one statement.
    return {**document, "Statement": kept or [{"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}]}


class Life:
    """A stack with names of its own, in a local AWS in which others live too."""

    def __init__(self, aws, name, template, permission):
        self.world = World(aws)
        self.aws = aws
        self.name = name
        self.told_before = 0
        self.flow, sid, self.action = permission
        is_shared = sid in SHARED.get(self.action, ())
        self.later = is_shared and self.flow in ("alert", "watch")
        self.sids = SHARED[self.action] if is_shared else {sid}
        template = json.loads(json.dumps(template))
        if not self.later:
            for each in policies(template):
                each["PolicyDocument"] = without(each["PolicyDocument"], self.action, self.sids)
        self.template = json.dumps(template)
        self.parameters = {
            "Name": name,
            "LogGroupName": f"{name}-one",
            "MetricName": name,
            "NotifyRecovery": "true",
            "Emails": f"a@{name}.example, b@{name}.example",
        }

    def lived(self):
        """The first phase in which something is missed, and how it is told."""
        for phase in PHASES:
            seen = getattr(self, phase)()
            if seen:
                return phase, seen
        return "never", ""

    def deploy(self):
        """Deploy; what a failure tells."""
        try:
            self.outputs = self.world.deploy(self.name, self.template, **self.parameters)
        except AssertionError as unmet:
            return str(unmet)
        self.confirm("b")
        return None

    def confirm(self, address):
        # There may be nothing to confirm.
        with suppress(HTTPError):
            self.aws.confirm(f"{address}@{self.name}.example")

    def adopt(self):
        """An adoption that fails at its last write, because the topic has all the tags that it can have."""
        for group in ("one", "two"):
            self.world.logs.create_log_group(logGroupName=f"{self.name}-{group}")
            self.world.logs.create_log_stream(logGroupName=f"{self.name}-{group}", logStreamName="s")
        # It takes its time, and one permission only is for that.
        if self.action not in ("nothing", "cloudwatch:UntagResource"):
            return None
        tags = [{"Key": str(number), "Value": "x"} for number in range(50)]
        topic = self.world.sns.create_topic(Name=f"{self.name}-topic", Tags=tags)["TopicArn"]
        alarm = {**LAB_ALARM, "AlarmName": f"{self.name}-alarm"}
        self.world.cloudwatch.put_metric_alarm(**alarm)
        self.parameters["ExistingResources"] = "Adopt"
        failure = self.deploy()
        if "TagLimitExceeded" not in failure or self.action in failure:
            return failure
        self.world.delete(self.name)
        self.parameters["ExistingResources"] = "Fail"
        self.world.sns.delete_topic(TopicArn=topic)
        self.world.cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"]])
        # A function's last words come when its log group is gone.
        self.told_before = len(self.local_log())
        return None

    def create(self):
        failure = self.deploy()
        if self.later:
            iam = self.world.iam
            [role] = [each["RoleName"] for each in iam.list_roles()["Roles"] if each["RoleName"].startswith(f"{self.name}-")]
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
                document = json.dumps(without(document, self.action, self.sids))
                iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)
        return failure or self.said("no log lines, the role may not") or self.warned("cannot take turns")

    def warned(self, words):
        """A line of the function's log, when it has these words."""
        return next((line for line in self.log().splitlines() if words in line), None)

    def said(self, words):
        """A line of the local AWS's own log about this stack's function."""
        lines = self.local_log()[self.told_before :]
        return next((line for line in lines if f" {self.name}-AlarmFunction" in line and words in line), None)

    def local_log(self):
        return (self.aws.data / "local-aws.log").read_text(encoding="utf-8").splitlines()

    def write(self, *samples):
        self.world.minutes_later(2)
        records = [cloudtrail.event(sample, self.role) for sample in samples]
        self.world.logs.put_log_events(
            logGroupName=self.parameters["LogGroupName"],
            logStreamName="s",
            logEvents=cloudtrail.log_events(records, self.world.time),
        )

    def watch(self):
        """A tick, and a change of the alarm on it. It misses first what an alert misses later."""
        if self.flow not in ("watch", ""):
            return None
        at = datetime.now(timezone.utc)
        expect("rules that tick", 1, len(self.aws.tick(at, f"{self.name}-")))
        tick = f'"tick":"{at:%Y-%m-%dT%H:%M:%SZ}"'
        line = self.world.wait("the tick is done", lambda: self.warned(tick))
        if json.loads(line)["health"]["unknown"]:
            return line
        health = {"AlarmName": f"{self.name}-health", "StateReason": "A test"}
        self.world.cloudwatch.set_alarm_state(**health, StateValue="ALARM")
        missing = self.told(HEALTH)
        self.world.cloudwatch.set_alarm_state(**health, StateValue="OK")
        return missing

    def alert(self):
        self.write("decrypt-disabled", "decrypt-disabled")
        missing = self.told("[KMS", "ALARM: ")
        if missing:
            return missing
        # The mail is sent before the function is done.
        self.world.wait("the alert is done", lambda: self.warned("published an alert"))
        return self.warned("subscriptions could not be counted")

    def recovery(self):
        self.write("decrypt-success")
        return self.told("[KMS RECOVERED]")

    def told(self, *beginnings):
        """What the mail says is missing because it was denied; if the mail is CloudWatch's own, what the function logged."""

        def arrived():
            mails = self.aws.mails(f"b@{self.name}.example")
            mails = [mail for mail in mails if HEALTH in beginnings or not mail["subject"].startswith(HEALTH)]
            return next((mail for mail in mails if mail["subject"].startswith(beginnings)), None)

        mail = self.world.wait("a mail arrives", arrived)
        if f"{self.name}-undelivered" in mail["subject"]:
            return self.log()
        missing = mail["body"].partition("\nWHAT IS MISSING\n")[2]
        return missing if "AccessDenied" in missing else None

    def log(self):
        group = f"/aws/lambda/{self.name}-AlarmFunction"
        return "\n".join(each["message"] for each in self.world.logs.filter_log_events(logGroupName=group)["events"])

    def update(self):
        emails = f"b@{self.name}.example, c@{self.name}.example"
        # Only a confirmed subscription can be ended.
        self.confirm("a")
        # Somebody removed the alarm's tags.
        alarm = ARN.format("cloudwatch", f"alarm:{self.name}-alarm")
        self.world.cloudwatch.untag_resource(ResourceARN=alarm, TagKeys=["kms-alarm:owner", "kms-alarm:stack"])
        self.parameters.update(Emails=emails, LogGroupName=f"{self.name}-two", Period="60", TopicKmsKeyId=KEY)
        return self.deploy()

    def rename(self):
        self.parameters.update(Name=f"{self.name}-renamed")
        failure = self.deploy()
        topics = [topic["TopicArn"].split(":")[-1] for topic in self.world.sns.list_topics()["Topics"]]
        left = self.world.alarm(f"{self.name}-alarm") or f"{self.name}-topic" in topics
        return failure or (self.log() if left else None)

    def undelivered(self):
        self.world.sns.delete_topic(TopicArn=self.outputs["TopicArn"])
        self.write("decrypt-disabled", "decrypt-disabled")
        self.world.wait("the function gives up", lambda: self.said("sent to") or self.said("may not send to"))
        return self.said("the role may not send to") and "sqs:SendMessage: " + self.said("may not send to")

    def delete(self):
        try:
            self.world.delete(self.name)
        except AssertionError as unmet:
            return str(unmet)
        return None


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    """What became of each stack. They wait most of the time, for permissions that may be late: so all at once."""
    with LocalAws(data=tmp_path_factory.mktemp("local-aws"), auth=True) as aws:
        world = World(aws)
        Life.role = world.deploy(APP_STACK, APP_TEMPLATE)["OutputPattern1ECSTaskRole"]
        template = yaml_parse(world.template(world.upload()))
        stacks = {permission: f"stack-{number}" for number, permission in enumerate(sorted(CAUGHT), 1)}
        stacks["", "", "nothing"] = "stack-0"
        with ThreadPoolExecutor(len(stacks)) as pool:
            begun = {
                permission: pool.submit(Life(aws, name, template, permission).lived)
                for permission, name in stacks.items()
            }
            yield template, begun


def test_the_tables_are_the_templates_permissions(lives):
    template, _ = lives
    assert permissions(template) == {*CAUGHT, *BEYOND}


def test_a_stack_with_every_permission_misses_none(lives):
    _, begun = lives
    assert begun["", "", "nothing"].result() == ("never", "")


@pytest.mark.parametrize("permission", CAUGHT, ids="-".join)
def test_a_missing_permission_is_seen_and_named(lives, permission):
    _, begun = lives
    phase, seen = begun[permission].result()
    assert permission[2] in seen, f"{phase}: {seen}"
    assert phase == CAUGHT[permission], seen
