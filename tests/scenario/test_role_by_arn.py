"""Without the lab's application: the role is given by its ARN."""

from scenario.as_tests import as_tests
from scenario.beside_the_lab import ROLE_BY_ARN

world, test_that = as_tests(ROLE_BY_ARN)
