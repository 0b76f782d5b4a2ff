"""Beside the lab: its Section 4 was done by hand first."""

from scenario.as_tests import as_tests
from scenario.beside_the_lab import SECTION_4_BY_HAND

world, test_that = as_tests(SECTION_4_BY_HAND)
