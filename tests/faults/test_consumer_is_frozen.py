"""A consumer that sleeps past its session has lost its partitions, and learns it late."""

from collections.abc import Callable

import pytest

from kit.consumers import positions
from tests.faults.checks import the_history_reached_its_consumer
from tests.faults.doomed_consumer import AFTER, BEFORE, COPYING, INSIDE, LATE
from tests.faults.ground import Ground
from tests.faults.processes import Child
from tests.kit.consumers.kafka import caught_up

LOCK_WAIT_S = 2.0
"""How long the next owner waits here for what a frozen one has locked."""

REJECTED = (LATE, " put off: ")


@pytest.fixture
def ground(narrow_ground: Ground) -> Ground:
    return narrow_ground


@pytest.mark.parametrize("step", [BEFORE, COPYING, INSIDE, AFTER])
async def test_what_a_consumer_writes_late_is_rejected_and_both_go_on(
    step: str,
    ground: Ground,
    start_consumer: Callable[..., Child],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(positions, "LOCK_WAIT_S", LOCK_WAIT_S)
    ground.record(range(20))
    await ground.publish()
    zombie = start_consumer(step, "SIGSTOP", 3)
    zombie.wait_frozen()

    async with ground.consumption() as owner:
        await caught_up(owner)
        zombie.thaw()
        zombie.wait_said(*REJECTED)
        ground.record(range(20, 40))
        await ground.publish()
        await caught_up(owner)

    zombie.end()
    the_history_reached_its_consumer(ground)
