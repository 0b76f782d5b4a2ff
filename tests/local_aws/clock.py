"""Time that passes when a test says so.

Alarms look back, and nothing here waits for real minutes. So the time of all stays that of the machine, which is also
what a function sees, and what is there grows older: what AWS measures; what a function writes to its log, with the
times in lines that are metrics; and alarms that no log events feed. Not the log events that a test writes, nor what
metric filters and alarms make of them: that is a story, which tells its own times. Each minute AWS reports its queues,
and judges the alarms.
"""

import re
from datetime import datetime, timedelta

from ministack.services import cloudwatch_logs

from . import alarms, queues

_FUNCTIONS = "/aws/lambda/"
_MINUTE = timedelta(minutes=1)


def minutes_pass(minutes):
    """Let so many minutes pass."""
    for _ in range(minutes):
        alarms.a_minute_passes()
        _logs_of_functions_grow_older()
        queues.report()
        alarms.judge_by_the_clock()


def _logs_of_functions_grow_older():
    for name, group in cloudwatch_logs._log_groups.items():
        if name.startswith(_FUNCTIONS):
            for stream in list(group["streams"].values()):
                stream["creationTime"] -= 60_000
                for event in stream["events"]:
                    event["timestamp"] -= 60_000
                    event["message"] = _older(event["message"])


def _older(line):
    if not line.startswith('{"') or '"_aws"' not in line:
        return line
    line = re.sub(r'(?<="Timestamp":)\d+', lambda found: str(int(found[0]) - 60_000), line)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", _a_minute_before, line)


def _a_minute_before(found):
    whole = datetime.fromisoformat(found[0].partition(".")[0].removesuffix("Z")) - _MINUTE
    return f"{whole.isoformat()}{found[1] or ''}Z"
