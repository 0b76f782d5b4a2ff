"""A stack whose topic, tags and filter somebody changed by hand."""

from scenario.as_tests import as_tests
from scenario.going_back import CHANGED_BY_HAND

world, test_that = as_tests(CHANGED_BY_HAND)
