"""The demo's scenario as tests."""

from scenario.as_tests import as_tests
from scenario.steps import STEPS

world, test_that = as_tests(STEPS)
