"""What the steps act on: the deployer's clients, the stack and the mailbox of a local AWS."""

import io
import os
import re
import time
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from . import cloudtrail

ROOT = Path(__file__).parents[2]
# What `make build` builds, or what is given.
BINARY = Path(os.environ.get("BOOTSTRAP", ROOT / "target" / "release" / "bootstrap")).resolve()

APP_STACK = "pattern1-app"
STACK = "pattern1-alarm"
LOG_GROUP = "pattern1-logging-loggroup"
LOG_STREAM = "111122223333_CloudTrail_ap-southeast-2"
BUCKET = "pattern1-alarm-code"
# A longer template must come from S3.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
MAX_BODY = 51_200
ADDRESS = "oncall@example.com"
HEALTH = "[KMS HEALTH"

# The stand-in for the lab's application: all that the alarm needs of it is its role.
APP_TEMPLATE = """
Resources:
  Pattern1ECSTaskRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub ${AWS::StackName}-Pattern1ECSTaskRole
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: sts:AssumeRole}
Outputs:
  OutputPattern1ECSTaskRole:
    Value: !GetAtt Pattern1ECSTaskRole.Arn
    Export:
      Name: !Sub ${AWS::StackName}-ApplicationTaskRole
"""


class Unmet(AssertionError):
    """A step that does not hold."""

    def __init__(self, what, expected, seen):
        super().__init__(f"{what}\n  expected: {expected}\n  seen:     {seen}")


def expect(what, expected, seen):
    """Hold that what was seen is what was expected."""
    if seen != expected:
        raise Unmet(what, expected, seen)


class World:
    """The deployer beside one local AWS. `tell` is called with each line worth telling."""

    def __init__(self, aws, tell=lambda line: None):
        self.aws = aws
        self.tell = tell
        # Where CloudTrail delivers to.
        self.log_group = LOG_GROUP
        # The local AWS judges alarms by the events' minutes, not by a clock: so minutes pass
        # here as fast as the steps want, from half an hour ago until now.
        self.time = datetime.now(timezone.utc).replace(second=12, microsecond=0) - timedelta(minutes=30)
        config = Config(retries={"max_attempts": 1}, read_timeout=60)
        for service in (
            "cloudformation", "cloudwatch", "events", "iam", "lambda", "logs", "s3", "sns", "sqs"
        ):
            setattr(self, service, boto3.client(service, config=config, **aws.client()))

    def wait(self, what, condition, seconds=30):
        """The first true value of a condition; a step fails when there is none in time."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Unmet(what, f"within {seconds} s", "it did not happen" if value is None else value)
            time.sleep(0.05)

    # The stack

    def upload(self, changed=b""):
        """Put the function's code where CloudFormation finds it; returns its address. With other bytes behind its end,
        which are not read, it is another code."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, BINARY.read_bytes() + changed)
        name = f"bootstrap{changed.decode()}.zip"
        with suppress(ClientError):
            self.s3.create_bucket(
                Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": self.aws.region}
            )
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=package.getvalue())
        return f"s3://{BUCKET}/{name}"

    def template(self, code):
        """The project's template, its code an address, as `sam package` leaves it."""
        text = (ROOT / "template.yaml").read_text(encoding="utf-8")
        packaged, places = re.subn(r"^(\s+CodeUri:) \.$", rf"\1 {code}", text, flags=re.M)
        expect("CodeUri: . in template.yaml", 1, places)
        return packaged

    def deploy(self, stack, template, **parameters):
        """Create or update a stack, telling its events; returns its outputs."""
        body = {"TemplateBody": template}
        if len(template.encode()) > MAX_BODY:
            # As SAM does it, which puts the template where it put the code.
            self.s3.put_object(Bucket=BUCKET, Key=f"{stack}.template", Body=template.encode())
            body = {"TemplateURL": f"{self.aws.endpoint}/{BUCKET}/{stack}.template"}
        arguments = {
            "StackName": stack,
            **body,
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
        }
        before = {event["EventId"] for event in self.stack_events(stack)}
        if self.exists(stack):
            self.cloudformation.update_stack(**arguments)
        else:
            self.cloudformation.create_stack(**arguments)
        status = self.follow(stack, before)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            reasons = [
                f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
                for event in self.stack_events(stack)
                if event["EventId"] not in before and event["ResourceStatus"].endswith("FAILED")
            ]
            raise Unmet(f"stack {stack}", "complete", f"{status}: {'; '.join(reasons)}")
        return self.outputs(stack)

    def delete(self, stack):
        """Delete a stack, telling its events."""
        told = {event["EventId"] for event in self.stack_events(stack)}
        identity = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=stack)
        status = self.follow(identity, told)
        expect(f"stack {stack}", "DELETE_COMPLETE", status)

    def follow(self, stack, before):
        """Tell a stack's new events until it is done; returns its status."""
        told = set(before)

        def done():
            # The status first: its events are complete then.
            status = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            for event in reversed(self.stack_events(stack)):
                if event["EventId"] not in told:
                    told.add(event["EventId"])
                    self.tell(
                        f"  {event['ResourceStatus']:<28} {event['LogicalResourceId']}"
                        f" {event.get('ResourceStatusReason', '')}".rstrip()
                    )
            return None if status.endswith("IN_PROGRESS") else status

        # Each request may take a minute, and a rollback may need another.
        return self.wait(f"stack {stack} is done", done, 300)

    def stack_events(self, stack):
        """A stack's events, newest first; none when there is no such stack."""
        try:
            return self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        except ClientError:
            return []

    def exists(self, stack):
        """Whether there is such a stack."""
        try:
            return bool(self.cloudformation.describe_stacks(StackName=stack)["Stacks"])
        except ClientError:
            return False

    def outputs(self, stack):
        """A stack's outputs by name."""
        found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def physical_id(self):
        """The id under which CloudFormation knows the alarm."""
        found = self.cloudformation.describe_stack_resource(
            StackName=STACK, LogicalResourceId="KmsAlarm"
        )
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def versions(self):
        """The function's published versions."""
        function = self.outputs(STACK)["FunctionName"]
        found = getattr(self, "lambda").list_versions_by_function(FunctionName=function)["Versions"]
        return [each["Version"] for each in found if each["Version"] != "$LATEST"]

    def provisioned(self):
        """The last request of CloudFormation that was carried out to its end; the topic's last tag names it."""
        topic = self.outputs(STACK)["TopicArn"]
        found = self.sns.list_tags_for_resource(ResourceArn=topic)["Tags"]
        return next(tag["Value"] for tag in found if tag["Key"] == "kms-alarm:complete")

    # What the alarm sees and says

    def minutes_later(self, minutes=4):
        """Let time pass: more than the minute on each side that an alert also searches."""
        self.time += timedelta(minutes=minutes)

    def catch_up(self, minutes_ago):
        """Let time pass until so many minutes ago."""
        now = datetime.now(timezone.utc).replace(second=12, microsecond=0)
        self.time = max(self.time, now - timedelta(minutes=minutes_ago))

    def write(self, *records):
        """Let CloudTrail deliver records to the log group."""
        self.logs.put_log_events(
            logGroupName=self.log_group,
            logStreamName=LOG_STREAM,
            logEvents=cloudtrail.log_events(records, self.time),
        )

    def alarm(self, name):
        """An alarm's settings and state; nothing when there is none."""
        alarms = self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return alarms[0] if alarms else None

    def mails(self, beginning):
        """The mails so far whose subject begins like this, oldest first."""
        return [mail for mail in self.aws.mails(ADDRESS) if mail["subject"].startswith(beginning)]

    def alerts(self):
        """The mails so far that are alerts, oldest first."""
        return [mail for mail in self.mails("[KMS") if not mail["subject"].startswith(HEALTH)]

    def health_mails(self, to=ADDRESS):
        """The mails so far about the watch, oldest first."""
        return [mail for mail in self.aws.mails(to) if mail["subject"].startswith(HEALTH)]

    def tick(self, minutes=5, ahead=0):
        """Let minutes pass, and then the rule tick; whether it did. The log events that are written meanwhile are of
        now, so that those minutes begin and end with the ticks. Where a story has events of later than now, the tick
        must be that far ahead."""
        self.minutes_pass(minutes)
        ticked = self.aws.tick(datetime.now(timezone.utc) + timedelta(minutes=ahead))
        self.aws.settle()
        return bool(ticked)

    def minutes_pass(self, minutes):
        """Let minutes pass without a tick, and the function do what the alarms then ask of it."""
        self.aws.minutes_pass(minutes)
        self.aws.settle()

    def write_now(self, *records):
        """Let CloudTrail deliver records of calls that were made just now."""
        now = datetime.now(timezone.utc)
        self.logs.put_log_events(
            logGroupName=self.log_group,
            logStreamName=LOG_STREAM,
            logEvents=cloudtrail.log_events(records, now, timedelta()),
        )

    def alert_after(self, count):
        """The next alert when there have been so many."""
        return self.wait("an alert arrives", lambda: self.alerts()[count:])[0]

    def function_log(self):
        """All that the functions wrote to their logs."""
        lines = []
        for group in self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
            pages = self.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            lines += [event["message"] for page in pages for event in page["events"]]
        return "\n".join(lines)

    def left(self):
        """Everything that exists of the alarm's stack and names, as short texts."""
        found = []
        for metric_filter in self.logs.describe_metric_filters()["metricFilters"]:
            found.append(f"metric filter {metric_filter['filterName']}")
        for alarm in self.cloudwatch.describe_alarms()["MetricAlarms"]:
            found.append(f"alarm {alarm['AlarmName']}")
        for topic in self.sns.list_topics()["Topics"]:
            found.append(f"topic {topic['TopicArn']}")
        for subscription in self.sns.list_subscriptions()["Subscriptions"]:
            found.append(f"subscription {subscription['SubscriptionArn']}")
        for function in getattr(self, "lambda").list_functions()["Functions"]:
            found.append(f"function {function['FunctionName']}")
        for group in self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]:
            found.append(f"log group {group['logGroupName']}")
        for url in self.sqs.list_queues().get("QueueUrls", []):
            found.append(f"queue {url}")
        for dashboard in self.cloudwatch.list_dashboards()["DashboardEntries"]:
            found.append(f"dashboard {dashboard['DashboardName']}")
        for rule in self.events.list_rules()["Rules"]:
            found.append(f"rule {rule['Name']}")
        for role in self.iam.list_roles()["Roles"]:
            if role["RoleName"].startswith(STACK):
                found.append(f"role {role['RoleName']}")
        return sorted(found)
