"""The same as users of SAM walk it: validate, build, deploy, change a parameter, change the code, delete.

The commands are the README's, against the local AWS; what they would ask for is given as flags. `sam` and
`cargo-lambda` are the user's when both are on PATH, else those of tests/requirements-sam.txt.
"""

import os
import shutil
import subprocess

from release import build

from .steps import Step, confirmed, the_application_and_the_trail_exist, the_labs_test_brings_the_mail
from .steps import the_subscription_is_confirmed, what_exists_is_the_labs_alarm
from .world import ADDRESS, ROOT, STACK, expect

OWN = ROOT / ".tools" / "sam" / "bin"
BUILT = ROOT / ".aws-sam" / "build" / "AlarmFunction" / "bootstrap"
# Given instead of answers; everything else is samconfig.toml's.
QUIETLY = ["--no-confirm-changeset", "--no-progressbar"]


def path():
    """Where the tools are looked for; the pinned ones first unless both are the user's."""
    if shutil.which("sam") and shutil.which("cargo-lambda"):
        return os.environ["PATH"]
    # cargo-lambda finds its linker through the first python3 on PATH.
    return f"{OWN}{os.pathsep}{os.environ['PATH']}"


def run(world, *command, fails=False):
    """Run a command of SAM's user, telling its output; returns that."""
    world.tell(f"  $ {' '.join(command)}")
    # Its own cargo target folder would hide what was built from sam; and what Python compiles here is compiled once.
    unset = ("CARGO_TARGET_DIR", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {**world.aws.environment(), "PATH": path(), "SAM_CLI_TELEMETRY": "0"}
    # As `make` built it before; with others everything would be compiled again.
    environment["RUSTFLAGS"] = build.flags(environment=environment)
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    output = ran.stdout + ran.stderr
    world.tell("\n".join(f"    {line}".rstrip() for line in output.splitlines() if line.strip()))
    expect(f"{' '.join(command)} succeeds", not fails, ran.returncode == 0 or output)
    return output


def the_tools_are_there(world):
    for tool in ("sam", "cargo-lambda"):
        found = shutil.which(tool, path=path())
        expect(f"{tool} is installed", True, found is not None)
        version = subprocess.run([found, *(["lambda"] if tool != "sam" else []), "--version"], capture_output=True, text=True)
        world.tell(f"  {version.stdout.strip()}, {found}")


def the_template_is_valid(world):
    run(world, "sam", "validate")


def it_builds(world):
    BUILT.unlink(missing_ok=True)
    run(world, "sam", "build")
    expect("the bootstrap is an ELF file", b"\x7fELF", BUILT.read_bytes()[:4])


def deploy(world, *overrides):
    """`sam deploy`, and the stack's outputs."""
    options = ["--parameter-overrides", *overrides] if overrides else []
    output = run(world, "sam", "deploy", *QUIETLY, *options)
    world.stack_outputs = world.outputs(STACK)
    return output


def it_deploys(world):
    deploy(world, f"Emails={ADDRESS}")


def a_second_time_nothing_changes(world):
    before = world.versions()
    deploy(world)
    expect("the function's versions", before, world.versions())
    expect("confirmed subscriptions", 1, confirmed(world))


def a_parameter_changes(world):
    before = world.physical_id()
    deploy(world, "Threshold=0")
    expect("the physical id", before, world.physical_id())
    expect("the alarm's threshold", 0.0, world.alarm("pattern1-logging-alarm")["Threshold"])
    # Who is not named keeps its value.
    expect("confirmed subscriptions", 1, confirmed(world))


def new_code_provisions_again(world):
    before, provisioned = world.versions(), world.provisioned()
    # As a build of changed code would be another file. Bytes behind the end of an ELF file are not read.
    with BUILT.open("ab") as built:
        built.write(b"changed")
    deploy(world)
    expect("a version instead of the other", (1, True), (len(world.versions()), world.versions() != before))
    expect("provisioned again", True, world.provisioned() != provisioned)
    expect("confirmed subscriptions", 1, confirmed(world))
    world.tell(f"  version {before} -> {world.versions()}, and the alarm was provisioned again")


def the_everyday_profile_sets_the_alarm(world):
    run(world, "sam", "deploy", *QUIETLY, "--config-env", "everyday")
    alarm = world.alarm("pattern1-logging-alarm")
    seen = [alarm[each] for each in ("Period", "Threshold", "TreatMissingData", "OKActions")]
    expect("the alarm", [60, 0.0, "notBreaching", [world.stack_outputs["AlarmStateTopicArn"]]], seen)
    expect("confirmed subscriptions", 1, confirmed(world))


def it_is_removed(world):
    run(world, "sam", "delete", "--no-prompts", "--region", world.aws.region)
    expect("the stack", False, world.exists(STACK))
    expect("what is left", [], world.left())


STEPS = [
    Step("SAM and cargo-lambda are there", the_tools_are_there),
    Step("The template is valid", the_template_is_valid),
    Step("It builds", it_builds),
    Step("The application's role and CloudTrail's log group exist", the_application_and_the_trail_exist),
    Step("It deploys", it_deploys),
    Step("What exists now is the lab's alarm", what_exists_is_the_labs_alarm),
    Step("The subscription is confirmed", the_subscription_is_confirmed),
    Step("A second deployment changes nothing", a_second_time_nothing_changes),
    Step("The lab's test brings the mail", the_labs_test_brings_the_mail),
    Step("A changed parameter changes the alarm in place", a_parameter_changes),
    Step("Changed code provisions again by itself", new_code_provisions_again),
    Step("The everyday profile sets the alarm", the_everyday_profile_sets_the_alarm),
    Step("It is removed, and nothing is left", it_is_removed),
]
