"""An update that is refused, and its rollback."""

from scenario.as_tests import as_tests
from scenario.going_back import REFUSED_UPDATE

world, test_that = as_tests(REFUSED_UPDATE)
