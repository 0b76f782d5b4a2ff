"""What walks made: found by its name and by its tag, and removed. A walk ends with it; `make account-clean` is the same
for every walk.

By name, because Resource Groups does not list everything that has tags (roles, for one), and lists what was deleted for
a while longer; by tag, because a key has no name. A stack is removed first, and takes with it what it made; then
whatever is left is removed one by one, so that nothing stays when a stack cannot be deleted.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from . import stacks
from .access import is_denied
from .names import FAMILY, TAG, begins_with_prefix, is_prefix

# A key that was made for a walk can be removed no sooner, and costs nothing from then on.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
KEY_DAYS = 7
# How often everything is looked for again, and how long that waits: what was made in the last second may not be listed.
ROUNDS, BETWEEN = 5, 10
GONE = (
    "404", "NoSuchBucket", "NoSuchEntity", "NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException",
    "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "DashboardNotFoundError",
)


@dataclass(frozen=True)
class Thing:
    """One thing, by its kind and the name or ARN that it is removed by."""

    kind: str
    name: str

    def __str__(self):
        return f"{self.kind} {self.name}"


def by_name(account, prefix=FAMILY):
    """All whose names begin with this, in the order in which it is best removed."""
    return [
        Thing(kind, name)
        for kind, names in LISTS.items()
        for name in names(account, prefix)
        if begins_with_prefix(name.removeprefix("/aws/lambda/").removeprefix("alias/").rsplit(":", 1)[-1])
    ]


def by_tag(account, prefix=None):
    """All that has the tag, with the prefix of that walk or of any."""
    pages = account.resourcegroupstaggingapi.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": TAG, **({"Values": [prefix]} if prefix else {})}]
    )
    found = [each for page in pages for each in page["ResourceTagMappingList"]]
    things = [thing(each["ResourceARN"]) for each in found if is_ours(each["Tags"])]
    return [each for each in things if each.kind != "key" or key_id(account, each.name)]


def is_ours(tags):
    """Whether the tag has the prefix of a walk as its value, and not something that somebody else meant by it."""
    return any(tag["Key"] == TAG and is_prefix(tag["Value"]) for tag in tags)


def thing(arn):
    """The thing of an ARN; of kind "other" when walks make none like it."""
    service, resource = arn.split(":", 5)[2], arn.split(":", 5)[5]
    for at, begins, kind in KINDS:
        if at == service and resource.startswith(begins):
            name = resource.removeprefix(begins)
            return Thing(kind, arn if kind == "topic" else name.split("/")[0] if kind == "stack" else name)
    return Thing("other", arn)


# Service, how the resource part of its ARN begins, kind.
KINDS = [
    ("cloudformation", "stack/", "stack"),
    ("lambda", "function:", "function"),
    ("cloudwatch", "alarm:", "alarm"),
    ("cloudwatch", "dashboard/", "dashboard"),
    ("logs", "log-group:", "log group"),
    ("iam", "role/", "role"),
    ("kms", "key/", "key"),
    ("sns", "", "topic"),
    ("sqs", "", "queue"),
    ("s3", "", "bucket"),
]


def pages(client, operation, key, **arguments):
    """All of a list that comes in pages."""
    return [each for page in client.get_paginator(operation).paginate(**arguments) for each in page.get(key) or []]


def names(found, key, prefix, before=""):
    """The names in a list that begin like this."""
    return [each[key] for each in found if each[key].startswith(before + prefix)]


def topics(account, prefix):
    """The topics' ARNs."""
    found = pages(account.sns, "list_topics", "Topics")
    return [each["TopicArn"] for each in found if each["TopicArn"].rsplit(":", 1)[-1].startswith(prefix)]


def log_groups(account, prefix):
    """The log groups, those of functions too."""
    begins = (prefix, f"/aws/lambda/{prefix}")
    return [
        each["logGroupName"]
        for each_prefix in begins
        for each in pages(account.logs, "describe_log_groups", "logGroups", logGroupNamePrefix=each_prefix)
    ]


def queues(account, prefix):
    """The queues' names."""
    urls = pages(account.sqs, "list_queues", "QueueUrls", QueueNamePrefix=prefix)
    return [url.rsplit("/", 1)[-1] for url in urls]


def alarms(account, prefix):
    """The alarms."""
    found = account.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
    return [each["AlarmName"] for page in found for each in page["MetricAlarms"]]


LISTS = {
    "stack": lambda account, prefix: names(
        pages(account.cloudformation, "describe_stacks", "Stacks"), "StackName", prefix
    ),
    "alarm": alarms,
    "function": lambda account, prefix: names(
        pages(getattr(account, "lambda"), "list_functions", "Functions"), "FunctionName", prefix
    ),
    "topic": topics,
    "queue": queues,
    "dashboard": lambda account, prefix: names(
        pages(account.cloudwatch, "list_dashboards", "DashboardEntries", DashboardNamePrefix=prefix), "DashboardName", prefix
    ),
    "role": lambda account, prefix: names(pages(account.iam, "list_roles", "Roles"), "RoleName", prefix),
    "log group": log_groups,
    "bucket": lambda account, prefix: names(account.s3.list_buckets()["Buckets"], "Name", prefix),
    "key's alias": lambda account, prefix: names(pages(account.kms, "list_aliases", "Aliases"), "AliasName", prefix, "alias/"),
}


def remove_queue(account, name):
    """Delete a queue by its name."""
    account.sqs.delete_queue(QueueUrl=account.sqs.get_queue_url(QueueName=name)["QueueUrl"])


def remove_role(account, name):
    """Delete a role with its policies."""
    for policy in pages(account.iam, "list_role_policies", "PolicyNames", RoleName=name):
        account.iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy in pages(account.iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
        account.iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    account.iam.delete_role(RoleName=name)


def remove_bucket(account, name):
    """Delete a bucket with what is in it."""
    for each in pages(account.s3, "list_objects_v2", "Contents", Bucket=name):
        account.s3.delete_object(Bucket=name, Key=each["Key"])
    account.s3.delete_bucket(Bucket=name)


def key_id(account, key):
    """A key's ID, by its ID or its alias; nothing when its deletion is scheduled already."""
    try:
        found = account.kms.describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise
    return None if found["KeyState"] == "PendingDeletion" else found["KeyId"]


def remove_key(account, key):
    """Schedule the deletion of a key. KMS takes no alias for that."""
    if identity := key_id(account, key):
        account.kms.schedule_key_deletion(KeyId=identity, PendingWindowInDays=KEY_DAYS)


def remove_alias(account, alias):
    """Delete an alias, and have its key deleted."""
    remove_key(account, alias)
    account.kms.delete_alias(AliasName=alias)


REMOVE = {
    "alarm": lambda account, name: account.cloudwatch.delete_alarms(AlarmNames=[name]),
    "function": lambda account, name: getattr(account, "lambda").delete_function(FunctionName=name),
    "topic": lambda account, arn: account.sns.delete_topic(TopicArn=arn),
    "queue": remove_queue,
    "dashboard": lambda account, name: account.cloudwatch.delete_dashboards(DashboardNames=[name]),
    "role": remove_role,
    "log group": lambda account, name: account.logs.delete_log_group(logGroupName=name),
    "bucket": remove_bucket,
    "key's alias": remove_alias,
    "key": remove_key,
}


def remove(account, thing, clock, tell):
    """Remove one thing. Returns why it could not be, if so."""
    try:
        if thing.kind == "stack":
            stacks.remove(account, thing.name, clock, tell)
        elif thing.kind not in REMOVE:
            return "it has the tag, but no walk makes such a thing: look at it, and remove it yourself"
        else:
            REMOVE[thing.kind](account, thing.name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            return account.words(error)
    except BotoCoreError as error:
        return account.words(error)
    except stacks.NotRemoved as error:
        return str(error)
    return None


def find(account, tell, prefix=None):
    """Everything of one walk or of all walks: what its name tells, and what only its tag tells."""
    named = by_name(account, prefix or FAMILY)
    try:
        tagged = by_tag(account, prefix)
    except ClientError as error:
        if not is_denied(error):
            raise
        tell(f"  {account.words(error)}; so names are all that it is looked for by")
        tagged = []
    return named, [each for each in tagged if each not in named]


def remove_all(account, clock, tell, prefix=None):
    """Remove everything of one walk or of all walks; what could not be removed, with why."""
    failures, removed, empty = {}, set(), 0
    for number in range(ROUNDS):
        if number:
            clock.sleep(BETWEEN)
        named, tagged = find(account, tell, prefix)
        # What was deleted is listed by its tag a while longer.
        found = named + [each for each in tagged if each not in removed]
        # The stacks first: most of the rest goes with them.
        stacks_first = [each for each in found if each.kind == "stack" and each not in failures]
        for each in stacks_first or found:
            failure = remove(account, each, clock, tell)
            if failure != failures.get(each) or each not in removed:
                tell(f"  {each}: {failure or 'removed'}")
            removed.add(each)
            failures.pop(each, None)
            if failure:
                failures[each] = failure
        # Nothing more to do, twice: what was made in the last second may have been listed by now.
        empty += all(each in failures for each in found)
        if empty == 2:
            break
    return failures
