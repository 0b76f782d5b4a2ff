"""Time that passes when a test says so.

Alarms look back, and nothing here waits for real minutes. So the time of all stays that of the machine, which is also
what a function sees, and what is there grows older: what AWS measures, and what a function writes as a metric. Not log
events and what metric filters make of them, whose times a story tells itself; and not alarms, so that a state that
changed keeps its time. Each minute AWS reports its queues, and judges the alarms.
"""

from . import alarms, queues


def minutes_pass(minutes):
    """Let so many minutes pass."""
    for _ in range(minutes):
        alarms.a_minute_passes()
        queues.report()
        alarms.judge_by_the_clock()
