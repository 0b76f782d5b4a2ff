"""The log events that CloudTrail would deliver: the recorded samples of tests/cloudtrail, each
with its own id and time. Ids are counted, not random, so a run can be repeated.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import json
from datetime import timedelta
from itertools import count
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "cloudtrail"

# How long CloudTrail takes from the call to the log group: minutes.
DELAY = timedelta(minutes=2, seconds=50)

_number = count(1)


def event(sample, role_arn):
    """One sample, that of a session as one of that role would cause it; its time is set when it is delivered."""
    record = json.loads((SAMPLES / f"{sample}.json").read_text(encoding="utf-8"))
    record["eventID"] = f"00000000-0000-4000-8000-{next(_number):012d}"
    if "sessionIssuer" in record["userIdentity"]["sessionContext"]:
        record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = role_arn
    return record


def change(operation, source, parameters, user="mallory"):
    """A call by which an IAM user changes something, as CloudTrail would record it."""
    record = event("disable-key", "")
    record["userIdentity"].update(arn=f"arn:aws:iam::111122223333:user/{user}", userName=user)
    record.update(
        eventName=operation,
        eventSource=f"{source}.amazonaws.com",
        requestParameters=parameters,
        responseElements=None,
        resources=[],
    )
    return record


def log_events(records, at, delay=DELAY):
    """The records as PutLogEvents takes them, delivered at that time."""
    happened = (at - delay).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {
            "timestamp": int(at.timestamp() * 1000),
            "message": json.dumps({**record, "eventTime": happened}),
        }
        for record in records
    ]
