"""Later deployments: another parameter first, then new code that fails, the same code again, and the old code."""

from .going_back import as_it_is, feed, refused, said
from .steps import DEPLOYED, Step, confirmed, nothing_is_left_after_the_delete, provoke, quiet
from .world import LOG_GROUP, STACK, expect
from . import cloudtrail


def code_sha(world):
    """What the function runs."""
    name = world.stack_outputs["FunctionName"]
    return getattr(world, "lambda").get_function_configuration(FunctionName=name)["CodeSha256"]


def two_errors(world):
    """Let two calls fail; the mail."""
    return provoke(world, [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(2)])


def another_time_zone_is_the_second_deployment(world):
    expect("the mail's times", True, " UTC" in two_errors(world)["body"])
    versions, provisioned = world.versions(), world.provisioned()
    world.parameters["TimeZone"] = "Australia/Sydney"
    world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("the function's versions", versions, world.versions())
    expect("the last request of CloudFormation", provisioned, world.provisioned())
    quiet(world)
    mail = two_errors(world)
    expect("Sydney's time in the mail", True, " AEDT" in mail["body"] or " AEST" in mail["body"] or mail["body"])
    world.tell("  it reaches the mails, without a new version and without provisioning again")


def new_code_that_fails_is_rolled_back(world):
    world.new_code = world.upload(changed=b"-2")
    feed(world, "audit", "KMSCalls")
    world.before, world.old_versions, world.old_sha = as_it_is(world), world.versions(), code_sha(world)
    world.parameters["MetricName"] = "KMSCalls"
    seen = refused(world, world.template(world.new_code), **world.parameters)
    said("the stack's reason", "already feeds Pattern1Application/KMSSecurity KMSCalls", seen)
    said("the stack's status", "UPDATE_ROLLBACK_COMPLETE", seen)
    expect("all", world.before, as_it_is(world))
    expect("the function's code", world.old_sha, code_sha(world))
    expect("the function's versions", world.old_versions, world.versions())
    world.tell("  the code is the old one again, and the new code's version is gone")


def it_can_be_deployed_when_the_cause_is_gone(world):
    world.logs.delete_metric_filter(logGroupName=LOG_GROUP, filterName="audit")
    provisioned = world.provisioned()
    world.stack_outputs = world.deploy(STACK, world.template(world.new_code), **world.parameters)
    expect("other code", True, code_sha(world) != world.old_sha)
    expect("versions", (1, True), (len(world.versions()), world.versions() != world.old_versions))
    expect("provisioned again", True, world.provisioned() != provisioned)
    expect("confirmed subscriptions", 1, confirmed(world))


def new_code_alone_provisions_again(world):
    # Somebody changed the alarm, as a person or an older version may have.
    alarm = world.alarm("pattern1-logging-alarm")
    keep = ("AlarmName", "Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "ComparisonOperator")
    world.cloudwatch.put_metric_alarm(**{name: alarm[name] for name in keep}, Threshold=100.0)
    world.deploy(STACK, world.template(world.upload(changed=b"-3")), **world.parameters)
    expect("the alarm's threshold", 1.0, world.alarm("pattern1-logging-alarm")["Threshold"])
    expect("how many versions there are", 1, len(world.versions()))


def the_old_code_can_come_back(world):
    provisioned = world.provisioned()
    world.deploy(STACK, world.template(world.code), **world.parameters)
    expect("the function's code", world.old_sha, code_sha(world))
    expect("provisioned again", True, world.provisioned() != provisioned)
    expect("how many versions there are", 1, len(world.versions()))


STEPS = [
    *DEPLOYED,
    Step("Another time zone is the second deployment", another_time_zone_is_the_second_deployment),
    Step("New code that fails is rolled back", new_code_that_fails_is_rolled_back),
    Step("The same can be deployed when the cause is gone", it_can_be_deployed_when_the_cause_is_gone),
    Step("New code alone provisions again", new_code_alone_provisions_again),
    Step("The old code can come back", the_old_code_can_come_back),
    Step("Nothing is left after the delete", nothing_is_left_after_the_delete),
]
