"""What whoever has no compiler does, as tests."""

from scenario.as_tests import as_tests
from scenario.release import STEPS

world, test_that = as_tests(STEPS)
