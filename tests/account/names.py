"""The names and the tag of what a walk makes, by which it is found again; and what hides account numbers.

Every name begins with the prefix, which has eight random digits: what one walk makes is no other's. The stacks give it
to what they make, because CloudFormation begins names with the stack's, and hands the stack's tags on.
"""

import re
import secrets

FAMILY = "kms-alarm-proof-"
# The tag's value is the prefix.
TAG = "kms-alarm-proof"
# Metrics cannot be deleted: they all lie in one namespace, until CloudWatch forgets them after 15 months.
NAMESPACE = "KmsAlarmProof"


def new_prefix():
    """A prefix that no other walk has."""
    return FAMILY + secrets.token_hex(4)


def is_prefix(text):
    """Whether a text is the prefix of a walk."""
    return re.fullmatch(FAMILY + "[0-9a-f]{8}", text) is not None


def begins_with_prefix(name):
    """Whether a name begins with the prefix of a walk, and is not merely like one."""
    return re.match(FAMILY + r"[0-9a-f]{8}(?![0-9A-Za-z])", name) is not None


class Names:
    """The names of one walk."""

    def __init__(self, prefix):
        self.prefix = prefix
        # What the walk makes beside the stacks.
        self.bucket = f"{prefix}-code"
        self.inbox = f"{prefix}-inbox"
        self.key = f"alias/{prefix}-key"
        self.role = f"{prefix}-role"
        self.trail = f"{prefix}-trail"
        # Two stacks, and what their alarms and topics are named after.
        self.stack, self.base = f"{prefix}-1", f"{prefix}-first"
        self.other_stack, self.other_base = f"{prefix}-2", f"{prefix}-second"
        self.renamed_base = f"{prefix}-third"

    def tags(self, key="Key", value="Value"):
        """The tag as a list, with the words that a service has for its halves."""
        return [{key: TAG, value: self.prefix}]


def masked(text):
    """The text without account numbers."""
    return re.sub(r"(?<!\d)\d{12}(?!\d)", "************", str(text))
