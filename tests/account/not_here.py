"""What the local AWS cannot show, so that no table claims it: the tests walk there as if it were an account. Such a step
is run all the same, so that the walk itself is tested; that it ran proves nothing of AWS.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class NotHere:
    """Why a step shows nothing here."""

    reason: str


_MINUTES = "the local AWS judges an alarm when data comes, whatever the second and the period"

LOCAL_AWS = {
    "errors_early_and_late_in_a_minute_with_10_s": NotHere(_MINUTES),
    "errors_early_and_late_in_a_minute_with_60_s": NotHere(_MINUTES),
    "an_encrypted_topic": NotHere("the local AWS neither uses a topic's key nor asks its policy"),
    "what_is_undelivered_is_told": NotHere("the local AWS tries again at once, and its queues' metrics do not lag"),
}
