"""What users of SAM do, as tests."""

from scenario.as_tests import as_tests
from scenario.sam import STEPS

world, test_that = as_tests(STEPS)
