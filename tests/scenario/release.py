"""A release as whoever has no compiler deploys it: with SAM, and with the AWS CLI alone.

The commands are those of the release's own README, against the local AWS; what SAM would ask for is given as flags. What
is on PATH is SAM and the AWS CLI, and nothing else.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from release import build, dist, verify

from . import sam
from .steps import Step, the_application_and_the_trail_exist, the_labs_test_brings_the_mail
from .steps import the_subscription_is_confirmed, what_exists_is_the_labs_alarm
from .world import ADDRESS, BINARY, BUCKET, ROOT, STACK, expect

AWS = ROOT / ".tools" / "aws" / "bin" / "aws"


def run(world, *command):
    """Run a command in the release's folder, with nothing on PATH but the two tools."""
    world.tell(f"  $ {' '.join(command)}")
    environment = {
        **{name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "NO_PROXY", "no_proxy") if name in os.environ},
        **world.aws.environment(),
        "PATH": str(world.tools),
        "SAM_CLI_TELEMETRY": "0",
    }
    # As a shell finds it.
    program = shutil.which(command[0], path=environment["PATH"])
    ran = subprocess.run(
        [program, *command[1:]],
        cwd=world.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    output = ran.stdout + ran.stderr
    world.tell("\n".join(f"    {line}".rstrip() for line in output.splitlines() if line.strip()))
    expect(f"{' '.join(command)} succeeds", True, ran.returncode == 0 or output)


def a_release_is_written(world):
    world.temporary = tempfile.TemporaryDirectory(prefix="kms-alarm-release-")
    world.folder = Path(world.temporary.name) / dist.name()
    dist.write(world.folder, {build.here(): BINARY.read_bytes()})
    verify.check(world.folder)
    world.template_file = dist.TEMPLATES[build.here()]
    world.tell("\n".join(f"  {line}" for line in (world.folder / dist.SUMS).read_text(encoding="utf-8").splitlines()))


def no_compiler_is_there(world):
    world.tools = Path(world.temporary.name) / "bin"
    world.tools.mkdir()
    (world.tools / "sam").symlink_to(shutil.which("sam", path=sam.path()))
    (world.tools / "aws").symlink_to(AWS)
    for compiler in ("cargo", "rustc", "cargo-lambda", "zig", "python-zig", "python3", "cc"):
        expect(f"{compiler} is on PATH", None, shutil.which(compiler, path=str(world.tools)))


def sam_deploys_it(world):
    options = ["--no-confirm-changeset", "--no-progressbar", "--parameter-overrides", f"Emails={ADDRESS}"]
    run(world, "sam", "deploy", "--template", world.template_file, *options)
    deployed(world)


def deployed(world):
    """Hold that the stack's function is the one of the release's zip."""
    world.stack_outputs = world.outputs(STACK)
    code = (world.folder / dist.package(build.here())).read_bytes()
    function = getattr(world, "lambda").get_function_configuration(FunctionName=world.stack_outputs["FunctionName"])
    expect("the function's code", base64.b64encode(hashlib.sha256(code).digest()).decode(), function["CodeSha256"])


def sam_removes_it(world):
    run(world, "sam", "delete", "--no-prompts", "--region", world.aws.region)
    expect("what is left", [], world.left())


def the_aws_cli_deploys_it(world):
    run(world, "aws", "s3", "mb", f"s3://{BUCKET}")
    bucket, packaged = ["--s3-bucket", BUCKET], "packaged.yaml"
    package = ["--template-file", world.template_file, *bucket, "--output-template-file", packaged]
    run(world, "aws", "cloudformation", "package", *package)
    deploy = ["--template-file", packaged, *bucket, "--stack-name", STACK, "--capabilities", "CAPABILITY_IAM"]
    everyday = ["Period=60", "Threshold=0", "TreatMissingData=notBreaching", "NotifyRecovery=true"]
    run(world, "aws", "cloudformation", "deploy", *deploy, "--parameter-overrides", f"Emails={ADDRESS}", *everyday)
    deployed(world)
    alarm = world.alarm("pattern1-logging-alarm")
    seen = [alarm[each] for each in ("Period", "Threshold", "TreatMissingData", "OKActions")]
    expect("the alarm", [60, 0.0, "notBreaching", [world.stack_outputs["AlarmStateTopicArn"]]], seen)


def the_aws_cli_removes_it(world):
    run(world, "aws", "cloudformation", "delete-stack", "--stack-name", STACK)
    world.wait("the stack is gone", lambda: not world.exists(STACK), 120)
    expect("what is left", [], world.left())
    world.temporary.cleanup()


STEPS = [
    Step("A release is written", a_release_is_written),
    Step("No compiler is there", no_compiler_is_there),
    Step("The application's role and CloudTrail's log group exist", the_application_and_the_trail_exist),
    Step("SAM deploys it", sam_deploys_it),
    Step("What exists now is the lab's alarm", what_exists_is_the_labs_alarm),
    Step("The subscription is confirmed", the_subscription_is_confirmed),
    Step("The lab's test brings the mail", the_labs_test_brings_the_mail),
    Step("SAM removes it, and nothing is left", sam_removes_it),
    Step("The AWS CLI deploys it", the_aws_cli_deploys_it),
    Step("The AWS CLI removes it, and nothing is left", the_aws_cli_removes_it),
]
