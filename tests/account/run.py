"""The walk from the question to the report, and `account-clean`. Whatever happens in between, what was made is removed."""

import traceback
from datetime import datetime, timezone

from botocore.exceptions import BotoCoreError, ClientError

from scenario.world import BINARY

from . import left, price, report, signals
from .access import Account, Refused, is_expired
from .clock import Clock
from .names import NAMESPACE, TAG, Names, masked, new_prefix
from .report import FAILED, HELD, NOT_HERE, NOT_RUN, Row
from .steps import STEPS, an_encrypted_topic
from .world import World


def walk(region, profile, yes, *, tell, ask, clock=None, prefix=None, key=True, not_here=None, steps=STEPS, file=report.FILE):
    """Walk, remove everything, write the report; the exit code."""
    if not BINARY.exists():
        raise Refused(f"the function is missing: {BINARY}; make account builds it")
    clock, names = clock or Clock(), Names(prefix or new_prefix())
    skipped = {} if key else {an_encrypted_topic: "left out, by KEY=no"}
    account = Account(region, profile)
    tell = hiding(tell)
    for line in announced(account, names, key):
        tell(line)
    agreed(yes, ask, "Make all of this, and remove it again? [y/N] ")
    world = World(account, clock, names, tell)
    refusing(account, world.nothing_is_taken)
    rows, ending, code, began, not_removed = [], "It ended early.", 1, datetime.now(timezone.utc), {}
    with signals.handled(tell) as handled:
        try:
            tell(f"\nMaking {names.bucket}, {names.role}, {names.trail}, {names.inbox}")
            world.set_up()
            for row in results(world, steps, not_here or {}, skipped):
                rows.append(row)
            ending, code = "", int(any(row.outcome == FAILED for row in rows))
        except signals.Interrupted as interrupted:
            ending, code = f"It was interrupted ({interrupted}).", 128 + interrupted.number
        except (ClientError, BotoCoreError) as error:
            ending = f"It ended early: {account.words(error)}"
        except Exception as error:  # noqa: BLE001 (whatever it is, the table is told)
            ending = f"It ended early, by a fault of the walk: {error!r}"
            tell(traceback.format_exc())
        finally:
            handled.hold_off()
            tell("\nRemoving what was made")
            not_removed = removed(account, clock, tell, names.prefix)
    for line in ["", *report.told(rows), ending]:
        tell(line)
    if rows:
        file.write_text(report.written(rows, account, began, ending, not_removed), encoding="utf-8")
        tell(f"The table: {file}. It has no account number; please send it to us, whatever it says.")
    for thing, why in not_removed.items():
        tell(f"NOT REMOVED: {thing}: {why}")
    return code or int(bool(not_removed))


def hiding(tell):
    """What tells without account numbers."""
    return lambda line: tell(masked(line))


def announced(account, names, key):
    """What is said before anything is made."""
    place = "" if account.is_real else f", which is no account: AWS_ENDPOINT_URL is {account.endpoint}"
    made_key = f"  a KMS key, whose deletion is scheduled at the end: it takes {left.KEY_DAYS} days, and costs nothing"
    return [
        f"In the account that ends in {account.number[-4:]}, in {account.region}{place}, for about an hour and a half:",
        f"  two stacks of kms-alarm, {names.stack} and {names.other_stack}, changed and deleted",
        f"  a bucket for the function's code, {names.bucket}",
        f"  a log group, {names.trail}, into which events like CloudTrail's are written",
        f"  a role that nobody can assume, {names.role}",
        f"  a queue, {names.inbox}, that is subscribed to the topics instead of a person: nobody gets a mail",
        *([made_key] if key else []),
        f"Everything's name begins with {names.prefix}, everything that can have tags has the tag {TAG}, and everything is",
        "removed at the end, also after Ctrl-C; the credentials must last until then. Nothing else in the account is changed.",
        f"The metric in {NAMESPACE} and the alarms' history can be seen for a while after that, and cost nothing.",
        "What it costs, in dollars:",
        *price.told(key),
    ]


def agreed(yes, ask, question):
    """Hold that it may begin."""
    if yes:
        return
    try:
        answer = ask(question)
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused("nothing was made or removed; YES=1 answers yes")


def refusing(account, call):
    """A call whose failure is told in words."""
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        raise Refused(account.words(error)) from None


def results(world, steps, not_here, skipped):
    """Run the steps, telling each; its row when it has ended."""
    held = set()
    for number, step in enumerate(steps, 1):
        world.tell(f"\n{number}. {step.title}")
        begun, outcome = world.clock.seconds(), NOT_RUN
        reason = not_here.get(step.run.__name__)
        missing = [each.title for each in steps if each.run in step.needs and each.run not in held]
        if step.run in skipped:
            happened = skipped[step.run]
        elif missing:
            happened = f"did not hold before: {', '.join(missing)}"
        else:
            try:
                happened, outcome = step.run(world), HELD
            except AssertionError as unmet:
                happened, outcome = str(unmet), FAILED
            except Exception as error:  # noqa: BLE001 (AWS may also answer otherwise than the step can read)
                # Without credentials no step can.
                if is_expired(error):
                    raise
                happened, outcome = world.account.words(error), FAILED
            if outcome == HELD:
                held.add(step.run)
            if outcome == HELD and reason:
                happened, outcome = f"it ran ({happened}), which proves nothing: {reason.reason}", NOT_HERE
        world.tell(f"  {outcome}: {happened}")
        yield Row(step.title, step.expected, happened, outcome, world.clock.seconds() - begun)


def removed(account, clock, tell, prefix=None):
    """Remove everything, and what could not be removed with why; also when it cannot even be looked for."""
    try:
        return left.remove_all(account, clock, tell, prefix)
    except (ClientError, BotoCoreError) as error:
        again = f"make account-clean REGION={account.region}" + (f" PROFILE={account.profile}" if account.profile else "")
        return {again: f"is to be run, because this failed: {account.words(error)}"}


def clean(region, profile, yes, *, tell, ask, clock=None):
    """Remove what walks left, whoever's; the exit code."""
    account, tell = Account(region, profile), hiding(tell)
    named, tagged = refusing(account, lambda: left.find(account, tell))
    if not named and not tagged:
        tell(f"Nothing in {account.region} has such a name or the tag {TAG}.")
        return 0
    for each in named + tagged:
        tell(f"  {each}")
    agreed(yes, ask, f"Remove all of this from {account.region}? A walk that still runs would fail. [y/N] ")
    with signals.handled(tell):
        failures = removed(account, clock or Clock(), tell)
    for thing, why in failures.items():
        tell(f"NOT REMOVED: {thing}: {why}")
    return int(bool(failures))
