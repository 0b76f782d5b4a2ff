"""Thirty roles in two accounts and two Regions: all of them are counted, none beside them, and each team is told."""

from scenario.as_tests import as_tests
from scenario.fleet import STEPS

world, test_that = as_tests(STEPS)
