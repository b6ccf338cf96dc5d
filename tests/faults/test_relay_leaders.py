"""Two relays of one history: one leads, and one that does not know it lost is fenced."""

from collections.abc import Callable

import psycopg
import pytest

from tests.faults.checks import the_history_reached_kafka
from tests.faults.ground import Ground
from tests.faults.processes import Child

FENCED = {
    "before numbering": ["deposed: ", "; again in "],
    "after numbering, before fetching": ["deposed: ", "; again in "],
    "after fetching, before sending": ["deposed: ", "; again in "],
    "in the Kafka transaction, before its commit": ["deposed: ", "; again in "],
    "after Kafka's commit, before the cursor moves": ["deposed: epoch 1 is over"],
}
"""What a zombie says, by step: told by the epoch, by Kafka, or by its dead session."""

LEASE_S = 3
"""For how long the leader may show no life here."""


def epoch(ground: Ground) -> int:
    with psycopg.connect(ground.url) as db:
        [found] = db.execute("SELECT epoch FROM log_leader").fetchone() or ()
    return int(found)


async def test_of_two_relays_one_leads_and_the_other_takes_over_when_it_dies(
    ground: Ground, start_relay: Callable[..., Child]
) -> None:
    ground.record(range(10))
    first = start_relay()
    first.wait_said("leading, epoch 1")
    second = start_relay()
    second.wait_said("asked to lead: ")
    await ground.published()
    ground.record(range(10, 20))
    await ground.published()
    assert epoch(ground) == 1

    first.kill()
    second.wait_said("leading, epoch 2")
    ground.record(range(20, 25))
    await ground.published()

    second.end()
    assert epoch(ground) == 2
    assert len(the_history_reached_kafka(ground)) == 100


@pytest.mark.parametrize("step", FENCED)
async def test_a_leader_that_froze_is_followed_and_does_nothing_when_it_thaws(
    step: str, ground: Ground, start_relay: Callable[..., Child]
) -> None:
    ground.record(range(20))
    zombie = start_relay(step, "SIGSTOP")
    zombie.wait_frozen()

    async with ground.relaying(LEASE_S):
        await ground.published()
        zombie.thaw()
        zombie.wait_said(*FENCED[step])
        ground.record(range(20, 25))
        await ground.published()

    assert len(the_history_reached_kafka(ground)) == 100
