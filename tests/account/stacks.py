"""Stacks: deployed, followed until they are done, deleted; and what CloudFormation said when it did not work."""

from contextlib import suppress
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from .clock import EVERY

# A request of the custom resource is given up after seven minutes, and its rollback after as many more.
LIMIT = 40 * 60
# How long a stack that is to be removed may go on with what it does: most are done by then.
PATIENCE = 2 * 60
# What CreateStack takes in the call; a longer template lies in a bucket.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_BODY = 51_200


class NotRemoved(Exception):
    """A stack that could not be deleted."""


@dataclass
class Ended:
    """How a deployment ended."""

    status: str
    seconds: float
    outputs: dict = field(default_factory=dict)
    reasons: list = field(default_factory=list)

    def __str__(self):
        return f"{self.status} in {self.seconds:.0f} s" + "".join(f"; {each}" for each in self.reasons)


def describe(account, stack):
    """A stack, by its name or its ID; nothing when there is none."""
    try:
        return account.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def events(account, stack, since=()):
    """A stack's events that are not known, oldest first."""
    new = []
    paginator = account.cloudformation.get_paginator("describe_stack_events")
    for page in paginator.paginate(StackName=stack):
        for event in page["StackEvents"]:
            if event["EventId"] in since:
                return new[::-1]
            new.append(event)
    return new[::-1]


def deploy(account, clock, tell, stack, **arguments):
    """Create or update a stack, and follow it until it is done."""
    begun = clock.seconds()
    exists = describe(account, stack)
    known = {event["EventId"] for event in events(account, stack)} if exists else set()
    call = account.cloudformation.update_stack if exists else account.cloudformation.create_stack
    identity = call(
        StackName=stack, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"], **arguments
    )["StackId"]
    return follow(account, clock, tell, identity, known, begun)


def delete(account, clock, tell, stack):
    """Delete a stack, and follow it until it is gone."""
    begun = clock.seconds()
    identity = describe(account, stack)["StackId"]
    known = {event["EventId"] for event in events(account, identity)}
    account.cloudformation.delete_stack(StackName=identity)
    return follow(account, clock, tell, identity, known, begun)


def follow(account, clock, tell, identity, known, begun):
    """Tell a stack's events until it is done."""
    reasons = []

    def done():
        # The stack first: its events are complete then.
        stack = describe(account, identity)
        for event in events(account, identity, known):
            known.add(event["EventId"])
            reason = event.get("ResourceStatusReason", "")
            tell(f"  {event['ResourceStatus']:<28} {event['LogicalResourceId']} {reason}".rstrip())
            # What was stopped because something else failed says nothing.
            if event["ResourceStatus"].endswith("FAILED") and "cancelled" not in reason:
                reasons.append(f"{event['LogicalResourceId']}: {reason}")
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    stack = clock.wait("the stack is done", done, LIMIT)
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    return Ended(stack["StackStatus"], clock.seconds() - begun, outputs, reasons)


def remove(account, stack, clock, tell):
    """Delete a stack in whatever state it is. Resources that keep it from going are left behind, for others to remove."""
    begun = clock.seconds()
    attempts, retain = 0, []
    while found := describe(account, stack):
        status = found["StackStatus"]
        waited = clock.seconds() - begun
        if waited > 2 * LIMIT:
            raise NotRemoved(f"it is {status} still")
        if status.endswith("IN_PROGRESS") and waited < PATIENCE:
            clock.sleep(EVERY)
            continue
        if status == "UPDATE_IN_PROGRESS":
            with suppress(ClientError):
                account.cloudformation.cancel_update_stack(StackName=stack)
        elif status == "DELETE_FAILED" and attempts:
            retain = [
                each["LogicalResourceId"]
                for each in account.cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
                if each["ResourceStatus"] == "DELETE_FAILED"
            ]
        if attempts > 3:
            raise NotRemoved(f"it is {status}: {found.get('StackStatusReason', '')}")
        # A stack that is made can be deleted; one that is changed first has to have ended that.
        if status == "CREATE_IN_PROGRESS" or not status.endswith("IN_PROGRESS"):
            tell(f"  {status:<28} {stack}: deleting it{', without ' + ', '.join(retain) if retain else ''}")
            account.cloudformation.delete_stack(StackName=stack, **({"RetainResources": retain} if retain else {}))
            attempts += status == "DELETE_FAILED"
        clock.sleep(EVERY)
