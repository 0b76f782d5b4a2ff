"""The time, and waiting. The walk asks nothing else for the time, so that a test can let it pass faster."""

import time
from datetime import datetime, timedelta, timezone

from scenario.world import Unmet

# How often something is looked at while it is waited for.
EVERY = 5


class Clock:
    """The time as it is."""

    # How many seconds a queue is asked until it says that it is empty: with none SQS asks some of its servers only.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
    queue_seconds = 1

    def now(self):
        """The date and time, for what is written into log groups."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds):
        """Let time pass."""
        time.sleep(seconds)

    def seconds(self):
        """What durations are measured by."""
        return time.monotonic()

    def wait(self, what, condition, limit):
        """The first true value of a condition; unmet when there is none within so many seconds."""
        value = self.look(condition, limit)
        if not value:
            raise Unmet(what, f"within {limit} s", "it did not happen")
        return value

    def look(self, condition, limit):
        """The first true value of a condition, or the last other one."""
        end = self.seconds() + limit
        while True:
            value = condition()
            if value or self.seconds() > end:
                return value
            self.sleep(EVERY)

    def until_second(self, second):
        """Wait for that second of a minute."""
        now = self.now()
        self.sleep((second - now.second - now.microsecond / 1e6) % 60)


class FastClock(Clock):
    """Hours ago, and so many times as fast. Limits stay as they are: they are for what hangs. `minutes_pass` is told of
    each minute that has passed."""

    queue_seconds = 0

    def __init__(self, minutes_pass=None, speed=60, ago=timedelta(hours=8)):
        self.speed = speed
        self.begun = time.monotonic()
        self.start = datetime.now(timezone.utc) - ago
        self.minutes_pass, self.told = minutes_pass, self.now()

    def now(self):
        return self.start + timedelta(seconds=(time.monotonic() - self.begun) * self.speed)

    def sleep(self, seconds):
        time.sleep(seconds / self.speed)
        minutes = (self.now() - self.told) // timedelta(minutes=1)
        self.told += timedelta(minutes=minutes)
        if minutes and self.minutes_pass:
            self.minutes_pass(minutes)
