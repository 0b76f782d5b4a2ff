"""The scenario as tests: each step is one, and one that does not hold fails the rest."""

import pytest

from local_aws import LocalAws
from scenario.steps import STEPS
from scenario.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with LocalAws(data=tmp_path_factory.mktemp("local-aws"), auth=True) as aws:
        yield World(aws)


held = []


@pytest.mark.parametrize("step", STEPS, ids=[step.run.__name__ for step in STEPS])
def test_that(world, step):
    before = STEPS[: STEPS.index(step)]
    missing = [each.title for each in before if each not in held]
    assert not missing, f"did not hold before this: {missing}"
    step.run(world)
    held.append(step)
