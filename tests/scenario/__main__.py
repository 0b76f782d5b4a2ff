"""`make demo` and `make sam`: tell a story, step by step, with times. Exits with 0 when every step held;
else says what was expected and what was seen. `--keep` stops the demo after the deploy and waits."""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

from local_aws import LocalAws

from . import beside_the_lab, cloudtrail, fleet, going_back, new_code, sam, second_net
from .steps import DEPLOYED, STEPS
from .world import BINARY, LOG_GROUP, LOG_STREAM, World


STORIES = {
    "adoption-that-fails": going_back.ADOPTION_THAT_FAILS,
    "changed-by-hand": going_back.CHANGED_BY_HAND,
    "demo": STEPS,
    "fleet": fleet.STEPS,
    "logging-stack": beside_the_lab.LOGGING_STACK,
    "new-code": new_code.STEPS,
    "refused-update": going_back.REFUSED_UPDATE,
    "role-by-arn": beside_the_lab.ROLE_BY_ARN,
    "sam": sam.STEPS,
    "second-net": second_net.STEPS,
    "section-4-by-hand": beside_the_lab.SECTION_4_BY_HAND,
}


def main():
    """Run the steps and print the table."""
    parser = argparse.ArgumentParser(prog="scenario", description="The main job on a local AWS.")
    parser.add_argument("story", nargs="?", default="demo", choices=STORIES)
    parser.add_argument("--keep", action="store_true", help="leave the local AWS running after the deploy")
    arguments = parser.parse_args()
    keep, steps = arguments.keep, DEPLOYED if arguments.keep else STORIES[arguments.story]
    if arguments.story != "sam" and not BINARY.exists():
        sys.exit(f"{BINARY} is missing: make build")
    # Ended by a signal like by Ctrl-C: the context managers stop what they started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts what runs in its background with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.monotonic()

    def tell(line):
        print(line, flush=True)

    with contextlib.ExitStack() as stack:
        data = stack.enter_context(tempfile.TemporaryDirectory(prefix="kms-alarm-demo-"))
        aws = stack.enter_context(LocalAws(data=data, auth=True))
        tell(f"A local AWS at {aws.endpoint}, role policies enforced.")
        tell("CloudTrail's minutes pass here as fast as the steps want: log events carry times of the")
        tell("last half hour, and alarms are evaluated as soon as their data comes.\n")
        rows, failure = [], None
        world = World(aws, tell)
        for number, step in enumerate(steps, 1):
            begun = time.monotonic()
            tell(f"[{begun - started:6.2f} s] {number}. {step.title}")
            try:
                step.run(world)
            except AssertionError as unmet:
                failure = unmet
            except Exception as error:  # noqa: BLE001 (whatever it is, the table is told)
                failure = f"{step.title}\n  expected: every call succeeds\n  seen:     {error!r}"
            rows.append((step.title, time.monotonic() - begun, failure is None))
            if failure:
                break
        tell("")
        for title, seconds, held in rows:
            tell(f"  {'ok    ' if held else 'FAILED'}  {seconds:6.2f} s  {title}")
        if failure:
            tell(f"\n{failure}")
            sys.exit(1)
        tell(f"\n{len(rows)} steps held, {time.monotonic() - started:.1f} s in all")
        if keep:
            look_around(world, Path(data))


def look_around(world, data):
    """Say how to look around, then wait for Ctrl-C."""
    records = [cloudtrail.event("decrypt-disabled", world.role_arn) for _ in range(3)]
    errors = data / "errors.json"
    errors.write_text(json.dumps(cloudtrail.log_events(records, world.time)), encoding="utf-8")
    exports = "\n".join(f"  export {name}={value}" for name, value in world.aws.environment().items())
    print(
        f"""
The local AWS stays until Ctrl-C. In another terminal:

{exports}

  aws cloudformation describe-stacks --stack-name pattern1-alarm
  aws logs describe-metric-filters --log-group-name {LOG_GROUP}
  aws cloudwatch describe-alarms --alarm-names pattern1-logging-alarm
  aws logs put-log-events --log-group-name {LOG_GROUP} \\
    --log-stream-name {LOG_STREAM} --log-events file://{errors}
  ls {data}/mails
""",
        flush=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


try:
    main()
except KeyboardInterrupt:
    sys.exit(130)
