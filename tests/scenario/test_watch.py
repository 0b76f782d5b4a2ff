"""What keeps the alarm from seeing or from being heard is told, repaired, and over in the end."""

import pytest

from local_aws import LocalAws
from scenario.steps import the_application_and_the_trail_exist
from scenario.watch import SABOTAGES, a_day_of_health, is_watched, suffer, the_function_breaks
from scenario.world import World


@pytest.fixture(scope="module", name="world")
def world_fixture(tmp_path_factory):
    """One stack for all: each sabotage leaves it as it was."""
    with LocalAws(data=tmp_path_factory.mktemp("local-aws"), auth=True) as aws:
        world = World(aws)
        the_application_and_the_trail_exist(world)
        is_watched(world)
        yield world


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=[each.name.replace(" ", "-") for each in SABOTAGES])
def test_a_sabotage_is_told_and_put_right(world, sabotage):
    suffer(world, sabotage)


def test_a_function_that_breaks_is_told_without_it(world):
    the_function_breaks(world)


def test_a_day_of_health_mails_and_writes_nothing(world, capsys):
    calls = a_day_of_health(world)
    with capsys.disabled():
        print(f"\nmatrix: a day of health: 288 ticks, no mail, no write, {sum(calls.values()) // 288} calls a tick")
    writes = {name for name in calls if not name.split(":")[1].startswith(("Describe", "Filter", "Get", "List"))}
    assert not writes
    # Of the topic that people subscribe to, and of the one that the alarm notifies.
    twice = {"sns:GetTopicAttributes"}
    assert calls == {name: 288 * (1 + (name in twice)) for name in calls}
