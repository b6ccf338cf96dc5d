"""A consumer that dies at any step leaves nothing out and does nothing twice."""

from collections.abc import Callable

import pytest

from tests.faults.checks import the_history_reached_its_consumer
from tests.faults.doomed_consumer import AFTER, BEFORE, INSIDE
from tests.faults.ground import Ground
from tests.faults.processes import Child


@pytest.mark.parametrize("step", [BEFORE, INSIDE, AFTER])
async def test_what_a_killed_consumer_left_is_applied_once_by_the_next(
    step: str, ground: Ground, start_consumer: Callable[..., Child]
) -> None:
    ground.record(range(20))
    await ground.publish()
    start_consumer(step, "SIGKILL", 3).wait_killed()

    await ground.consume()

    the_history_reached_its_consumer(ground)
