"""What the steps act on: an account in which this walk has a bucket, a role, a log group and a queue of its own."""

import io
import json
import zipfile

from scenario import cloudtrail, world as scenario_world
from scenario.world import BINARY

from . import left, stacks
from .access import Refused
from .inbox import Inbox
from .names import NAMESPACE

LOG_STREAM = "kms-alarm-proof"
# Nobody can assume the role: its errors are written, not made.
NOBODY = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
# How long an alert may take from the log event, and an alarm to come back; by CloudWatch's minutes.
ALERT = 10 * 60


class World:
    """One walk. `tell` is called with each line worth telling."""

    # The packaged template, from the scenario; it needs nothing of the world.
    template = scenario_world.World.template

    def __init__(self, account, clock, names, tell):
        self.account, self.clock, self.names, self.tell = account, clock, names, tell
        self.inbox, self.role_arn, self.outputs = None, None, {}
        self.code, self.parameters = None, {}

    # What the stacks need

    def nothing_is_taken(self):
        """Hold that nothing has a name of this walk. It lists everything once, so it also needs all the permissions to."""
        taken = left.by_name(self.account, self.names.prefix)
        if taken:
            raise Refused(f"the name is taken: there is {taken[0]} already; nothing was made, start again for another name")

    def set_up(self):
        """Make the bucket, the role, the log group and the queue."""
        account, names = self.account, self.names
        where = {} if account.region == "us-east-1" else {
            "CreateBucketConfiguration": {"LocationConstraint": account.region}
        }
        account.s3.create_bucket(Bucket=names.bucket, **where)
        account.s3.put_bucket_tagging(Bucket=names.bucket, Tagging={"TagSet": names.tags()})
        self.role_arn = account.iam.create_role(
            RoleName=names.role,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [NOBODY]}),
            Description="Nobody can assume it; kms-alarm's errors are written in its name",
            Tags=names.tags(),
        )["Role"]["Arn"]
        account.logs.create_log_group(logGroupName=names.trail, tags={tag["Key"]: tag["Value"] for tag in names.tags()})
        account.logs.create_log_stream(logGroupName=names.trail, logStreamName=LOG_STREAM)
        self.inbox = Inbox(account, self.clock, names.inbox, names.tags())
        self.inbox.let_in(names.prefix)
        self.code = self.upload("first")
        self.parameters = self.of(names.base)

    def upload(self, version):
        """Put the function's code into the bucket; another version is the same with some bytes behind its end, which
        nobody reads. Returns its address."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, BINARY.read_bytes() + version.encode())
        self.account.s3.put_object(Bucket=self.names.bucket, Key=f"{version}.zip", Body=package.getvalue())
        return f"s3://{self.names.bucket}/{version}.zip"

    def of(self, base):
        """The parameters of a stack with that base name: the lab's, but the names."""
        return {
            "Name": base,
            "TaskRoleArn": self.role_arn,
            "LogGroupName": self.names.trail,
            "MetricNamespace": NAMESPACE,
            "MetricName": self.names.prefix,
            "Period": "10",
            "LogRetentionDays": "1",
        }

    # The stacks

    def deploy(self, stack, template=None, **parameters):
        """Create or update a stack; how that ended."""
        template = template or self.template(self.code)
        body = {"TemplateBody": template}
        if len(template.encode()) > stacks.MAX_BODY:
            self.account.s3.put_object(Bucket=self.names.bucket, Key="template.yaml", Body=template.encode())
            body = {"TemplateURL": f"{self.account.s3.meta.endpoint_url}/{self.names.bucket}/template.yaml"}
        return stacks.deploy(
            self.account,
            self.clock,
            self.tell,
            stack,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Tags=self.names.tags(),
            **body,
        )

    def delete(self, stack):
        """Delete a stack; how that ended."""
        return stacks.delete(self.account, self.clock, self.tell, stack)

    def physical_id(self, stack):
        """The ID under which CloudFormation knows the alarm."""
        found = self.account.cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="KmsAlarm")
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def left_of(self, *beginnings):
        """What exists whose name begins with one of these, as short texts, and the filters of the log group."""
        filters = self.account.logs.describe_metric_filters(logGroupName=self.names.trail)["metricFilters"]
        things = [each for beginning in beginnings for each in left.by_name(self.account, beginning)]
        named = [each["filterName"] for each in filters if each["filterName"].startswith(beginnings)]
        return [str(each) for each in things] + [f"metric filter {each}" for each in named]

    # The alarm

    def alarm(self, name):
        """An alarm's settings and state; nothing when there is none."""
        found = self.account.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return found[0] if found else None

    def write(self, *samples, role_arn=None):
        """Let CloudTrail's events of that moment appear in the log group: of the role, or of another one."""
        records = [cloudtrail.event(sample, role_arn or self.role_arn) for sample in samples]
        self.account.logs.put_log_events(
            logGroupName=self.names.trail,
            logStreamName=LOG_STREAM,
            logEvents=cloudtrail.log_events(records, self.clock.now()),
        )
        return records

    def quiet(self, base):
        """Write calls that succeed, until the alarm is OK: each brings its minute the default value."""

        def is_ok():
            self.write("decrypt-success")
            self.clock.sleep(15)
            alarm = self.alarm(f"{base}-alarm")
            return alarm and alarm["StateValue"] == "OK"

        self.clock.wait(f"{base}-alarm is OK while calls succeed", is_ok, ALERT)
        # The next error is in a minute of its own.
        self.clock.until_second(2)

    def fire(self, base):
        """Let two calls fail; the alert that comes, and after how many seconds."""
        self.quiet(base)
        before, begun = len(self.inbox.alerts()), self.clock.seconds()
        # Beside them, what must not be counted.
        self.write("other-role-error", role_arn=f"{self.role_arn}-of-others")
        records = self.write("s3-error", "decrypt-disabled", "decrypt-disabled")[1:]
        self.tell(f"  two KMS errors of {self.names.role} written, and two errors that are others' affair")
        message = self.clock.wait("an alert comes", lambda: self.inbox.alerts(before), ALERT)[0]
        self.tell(f"  {message.subject}")
        return message.alert, message.seen - begun, records
