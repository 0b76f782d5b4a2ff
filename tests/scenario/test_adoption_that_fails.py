"""An adoption that fails, and what it must not have touched."""

from scenario.as_tests import as_tests
from scenario.going_back import ADOPTION_THAT_FAILS

world, test_that = as_tests(ADOPTION_THAT_FAILS)
