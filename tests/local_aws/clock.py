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


def minutes_pass(minutes):
    """Let so many minutes pass. A function that an alarm starts on the way sees what is there when all have passed."""
    _logs_of_functions_grow_older(timedelta(minutes=minutes))
    for _ in range(minutes):
        alarms.a_minute_passes()
        queues.report()
        alarms.judge_by_the_clock()


def _logs_of_functions_grow_older(by):
    milliseconds = int(by.total_seconds() * 1000)
    for name, group in cloudwatch_logs._log_groups.items():
        if name.startswith(_FUNCTIONS):
            for stream in list(group["streams"].values()):
                stream["creationTime"] -= milliseconds
                for event in stream["events"]:
                    event["timestamp"] -= milliseconds
                    event["message"] = _older(event["message"], by)


def _older(line, by):
    if not line.startswith('{"') or '"_aws"' not in line:
        return line
    milliseconds = int(by.total_seconds() * 1000)
    line = re.sub(r'(?<="Timestamp":)\d+', lambda found: str(int(found[0]) - milliseconds), line)

    def before(found):
        whole = datetime.fromisoformat(found[0].partition(".")[0].removesuffix("Z")) - by
        return f"{whole.isoformat()}{found[1] or ''}Z"

    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", before, line)
