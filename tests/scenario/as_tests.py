"""A story as tests: each step is one, and one that does not hold fails the rest."""

import pytest

from local_aws import LocalAws

from .world import World


def as_tests(steps):
    """The fixture `world` and the test `test_that`, to be given these names in a test module."""
    held = []

    @pytest.fixture(scope="module", name="world")
    def world_fixture(tmp_path_factory):
        with LocalAws(data=tmp_path_factory.mktemp("local-aws"), auth=True) as aws:
            yield World(aws)

    @pytest.mark.parametrize("step", steps, ids=[step.run.__name__ for step in steps])
    def test_that(world, step):
        missing = [each.title for each in steps[: steps.index(step)] if each not in held]
        assert not missing, f"did not hold before this: {missing}"
        step.run(world)
        held.append(step)

    return world_fixture, test_that
