"""Brokers and databases that stop under load: all that was acknowledged arrives."""

import threading
from collections.abc import Iterator

import pytest

from tests.faults.load import Load
from tests.faults.platform import Platform, platform

OUTAGE_S = 50.0
"""Longer than the Kafka client tries again by itself: 40 s."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform(tmp_path_factory.mktemp("platform")) as found:
        yield found


@pytest.fixture(scope="module")
def load(running: Platform) -> Load:
    return Load(running.urls["orders"])


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_commands_are_taken_while_the_broker_is_away_and_arrive_when_it_is_back(
    end: str, running: Platform, load: Load
) -> None:
    before = load.unanswered
    with load.going_on():
        load.wait_for(40)
        getattr(running.kafka, end)()
        load.wait_for(80)
        running.kafka.start()
        load.wait_for(40)

    assert load.unanswered == before
    running.wait_caught_up()
    running.check(load)


def test_relay_and_consumers_go_on_after_an_outage_longer_than_their_clients_patience(
    running: Platform, load: Load
) -> None:
    back = threading.Event()
    with load.going_on(people=1):
        load.wait_for(20)
        running.kafka.kill()
        back.wait(OUTAGE_S)
        load.wait_for(20)
        running.kafka.start()
        load.wait_for(20)

    running.wait_caught_up()
    running.check(load)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_commands_acknowledged_around_a_restart_of_the_database_are_kept_and_arrive(
    end: str, running: Platform, load: Load
) -> None:
    with load.going_on():
        load.wait_for(40)
        getattr(running.postgres, end)()
        running.postgres.start()
        load.wait_for(80)

    running.wait_caught_up()
    running.check(load)
