"""Thirty roles in two accounts and two Regions behind one alarm and one topic: all of them are counted, none beside them,
and each team gets what is its own. In the end every caller counts, users too.
"""

import json

from . import cloudtrail
from .going_back import as_it_is
from .steps import Step, nothing_is_left_after_the_delete, pattern, provoke, quiet
from .steps import the_application_and_the_trail_exist, the_subscription_is_confirmed
from .world import ADDRESS, STACK, expect

HOME, OTHER = "arn:aws:iam::111122223333:role", "arn:aws:iam::444455556666:role"
# A role's name may hold a comma.
GIVEN = f"{HOME}/orders-*, {OTHER}/billing/*,{HOME}/services/ledger , {HOME}/audit,eu"
ORDERS = [f"{HOME}/orders-{number:02}" for number in range(1, 21)]
BILLING = [f"{OTHER}/billing/{number:02}" for number in range(1, 9)]
ROLES = [*ORDERS, *BILLING, f"{HOME}/services/ledger", f"{HOME}/audit,eu"]
# Each is nearly one of them.
WRONG = [
    f"{HOME}/orders",
    f"{HOME}/services/orders-01",
    f"{OTHER}/orders-01",
    f"{OTHER}/billing",
    f"{HOME}/billing/01",
    f"{HOME}/services/ledger2",
    f"{OTHER}/services/ledger",
    f"{HOME}/audit",
]
BILLING_TEAM, LEDGER_TEAM, PROGRAMS = "billing@example.com", "ledger@example.com", "programs@example.com"


def failures(roles):
    """One error of each role."""
    return [cloudtrail.event("decrypt-disabled", role) for role in roles]


def elsewhere(role, region="eu-west-1", account="444455556666"):
    """An error in another account and Region, whose trail delivers here too."""
    record = cloudtrail.event("decrypt-disabled", role)
    text = json.dumps(record).replace("ap-southeast-2", region).replace("111122223333", account)
    return json.loads(text)


def of_a_user():
    """An error of a user, who has no role."""
    record = cloudtrail.event("decrypt-disabled", "")
    user = {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::111122223333:user/alice"}
    return {**record, "userIdentity": {**user, "accountId": "111122223333"}}


def thirty_roles_are_one_stack(world):
    expect("roles", 30, len(ROLES))
    world.code = world.upload()
    world.parameters = {"Emails": ADDRESS, "TaskRoleArn": GIVEN}
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("the filter pattern", pattern(GIVEN), world.stack_outputs["FilterPattern"])
    world.tell(f"  {len(world.stack_outputs['FilterPattern'])} characters of pattern")


def each_team_chooses_its_own(world):
    topic = world.stack_outputs["TopicArn"]
    for address, roles in [(BILLING_TEAM, f"{OTHER}/billing/"), (LEDGER_TEAM, f"{HOME}/services/ledger")]:
        policy = {"role": [{"prefix": roles}, "unknown"]}
        world.sns.subscribe(
            TopicArn=topic, Protocol="email", Endpoint=address, Attributes={"FilterPolicy": json.dumps(policy)}
        )
        expect(f"subscriptions of {address} confirmed", 1, len(world.aws.confirm(address)))
    world.sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint=PROGRAMS)
    expect(f"subscriptions of {PROGRAMS} confirmed", 1, len(world.aws.confirm(PROGRAMS)))


def teams_mails(world, address):
    """The alerts that a team got."""
    return [mail for mail in world.aws.mails(address) if mail["subject"].startswith("[KMS")]


def wrong_roles_raise_no_alarm(world):
    world.write(*failures(WRONG), *failures(WRONG))
    quiet(world)
    expect("mails about them", [], world.alerts())
    world.tell(f"  {len(WRONG)} roles that are nearly right: no mail")


def every_role_is_counted_and_no_wrong_one(world):
    world.first = provoke(world, failures(ROLES), noise=[*failures(WRONG), of_a_user()])
    expect("counted and found", True, "The alarm counted 30, and 30 were found." in world.first["body"])
    envelope = json.loads(world.aws.mails(PROGRAMS)[-1]["body"])
    callers = [group["caller"] for group in json.loads(envelope["Message"])["groups"]]
    expect("the callers", sorted(ROLES), sorted(callers))
    attributes = {name: each["Value"] for name, each in envelope["MessageAttributes"].items()}
    expect("the attribute role", sorted(ROLES), json.loads(attributes["role"]))
    expect("the attribute account", ["111122223333", "444455556666"], json.loads(attributes["account"]))
    for address in (BILLING_TEAM, LEDGER_TEAM):
        expect(f"alerts to {address}", 1, len(teams_mails(world, address)))


def another_account_and_region_are_named(world):
    quiet(world)
    failed = [elsewhere(BILLING[0]) for _ in range(2)]
    # Both accounts get an event of the second call.
    failed[1]["sharedEventID"] = "00000000-0000-4000-8000-00000000abcd"
    copy = {**failed[1], "eventID": "00000000-0000-4000-8000-00000000abce", "recipientAccountId": "777788889999"}
    mail = provoke(world, [*failed, copy])
    for words in [
        "The alarm counted 3, and 2 were found.",
        ", in eu-west-1 of account 444455556666",
        "Sign in to account 444455556666. ",
        "aws kms enable-key --key-id arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        " --region eu-west-1",
    ]:
        expect(f'"{words}" in the mail', True, words in mail["body"] or mail["body"])
    expect("the place in the subject", True, mail["subject"].endswith("[x2, eu-west-1 444455556666]") or mail["subject"])
    expect("alerts to the billing team", 2, len(teams_mails(world, BILLING_TEAM)))
    expect("alerts to the ledger team", 1, len(teams_mails(world, LEDGER_TEAM)))
    world.tell(f"  {mail['subject']}, to the team of that account and not to the other")


def too_many_roles_are_refused(world):
    before = as_it_is(world)
    exact = ",".join(ORDERS[:12])
    try:
        world.deploy(STACK, world.template(world.code), **{**world.parameters, "TaskRoleArn": exact})
        seen = "it deployed"
    except AssertionError as unmet:
        seen = str(unmet)
    reason = "RoleArn: 12 roles make a filter pattern of "
    expect("the stack's reason", True, reason in seen and "CloudWatch Logs allows 1024" in seen or seen)
    expect("what exists", before["filters"], as_it_is(world)["filters"])
    world.tell(f"  {reason}...; rolled back, the filter as before")


def the_watch_agrees(world):
    world.write_now(cloudtrail.event("decrypt-success", ORDERS[0]))
    for _ in range(2):
        expect("the rule ticked", True, world.tick())
    expect("mails about the watch", [], world.health_mails())


def every_caller_counts(world):
    world.parameters["TaskRoleArn"] = "*"
    world.stack_outputs = world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("the filter pattern", pattern("*"), world.stack_outputs["FilterPattern"])
    quiet(world)
    failed = [of_a_user(), of_a_user(), *failures(WRONG[:1])]
    mail = provoke(world, failed, noise=[cloudtrail.event("s3-error", WRONG[0])])
    expect("counted and found", True, "The alarm counted 3, and 3 were found." in mail["body"])
    expect("the user in the mail", True, mail["body"].startswith("alice could not Decrypt"))


STEPS = [
    Step("CloudTrail's log group exists", the_application_and_the_trail_exist),
    Step("Thirty roles in four ARNs are one stack", thirty_roles_are_one_stack),
    Step("The subscription is confirmed", the_subscription_is_confirmed),
    Step("Each team chooses its own alerts", each_team_chooses_its_own),
    Step("Roles with nearly the same names raise no alarm", wrong_roles_raise_no_alarm),
    Step("Every role is counted, and no other", every_role_is_counted_and_no_wrong_one),
    Step("Another account and Region are named, and their team is told", another_account_and_region_are_named),
    Step("Too many roles are refused, with the length", too_many_roles_are_refused),
    Step("Every caller counts when asked for, users too", every_caller_counts),
    Step("The watch agrees", the_watch_agrees),
    Step("Nothing is left after the delete", nothing_is_left_after_the_delete),
]
