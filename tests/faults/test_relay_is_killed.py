"""A relay that dies at any step leaves nothing out and nothing out of order."""

from collections.abc import Callable

import pytest

from tests.faults.checks import the_history_reached_kafka
from tests.faults.doomed_relay import STEPS
from tests.faults.ground import Ground
from tests.faults.processes import Child


@pytest.mark.parametrize("step", STEPS[1:])
async def test_what_a_killed_relay_left_is_published_by_the_next(
    step: str, ground: Ground, start_relay: Callable[..., Child]
) -> None:
    ground.record(range(20))
    start_relay(step, "SIGKILL").wait_killed()
    ground.record(range(20, 25))

    await ground.publish()

    assert len(the_history_reached_kafka(ground)) == 100
