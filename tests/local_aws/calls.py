"""How often which operation was called, by whom.

Only so that tests can say what a function costs: requests that are signed with a role's key, counted by operation as
IAM names it. Nothing of AWS is followed here.
"""

import collections
import re

from ministack.core import iam_actions

from . import ACCOUNT
from .patch import around

_counts = collections.Counter()


def counts():
    """The calls of roles so far: `{"logs:FilterLogEvents": 2}`."""
    return dict(_counts)


@around(iam_actions, "extract_iam_action")
def _extract_iam_action(original, service, method, path, headers, *rest):
    action = original(service, method, path, headers, *rest)
    key = re.search(r"Credential=([^/]+)/", headers.get("authorization", ""))
    if key and key[1] != ACCOUNT:
        _counts[action] += 1
    return action
