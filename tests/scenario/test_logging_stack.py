"""Beside the lab: its stack pattern1-logging made the log group, and counts the same metric."""

from scenario.as_tests import as_tests
from scenario.beside_the_lab import LOGGING_STACK

world, test_that = as_tests(LOGGING_STACK)
