"""New code, and new code that fails at first."""

from scenario.as_tests import as_tests
from scenario.new_code import STEPS

world, test_that = as_tests(STEPS)
