"""What is lost is told."""

from scenario.as_tests import as_tests
from scenario.second_net import STEPS

world, test_that = as_tests(STEPS)
