"""What one process knows of the partitions that it owns."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tenacity import RetryCallState, Retrying, wait_exponential_jitter

_PAUSES: Final = wait_exponential_jitter(multiplier=0.1, max=30, jitter=0.1)


@dataclass(slots=True)
class Place:
    """Where the group stands in a partition that this process owns, as it believes.

    Units: `next_offset` is None until it is looked up. `sure` says that what is polled now
        was fetched after the consumer was sought there. `epoch` grows each time the place
        is lost; `failures` since the last success.
    """

    next_offset: int | None = None
    sure: bool = False
    epoch: int = 0
    failures: int = 0
    looking: asyncio.Task[None] | None = None
    order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def lose(self) -> None:
        """Forget where the group stands, and what was polled on that belief."""
        self.next_offset, self.sure = None, False
        self.epoch += 1


class Turn(NamedTuple):
    """The belief on which a part of a batch was polled."""

    place: Place
    epoch: int

    @property
    def stands(self) -> bool:
        """Return whether that belief has held until now."""
        return self.place.epoch == self.epoch and self.place.next_offset is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the group stands in a partition, and where the partition ends.

    Units: offsets are those of the next record; `pos` is the last one's place in the
        history of its source, 0 before the first; `lag` counts offsets, and is 0 when
        everything is applied.
    """

    topic: str
    partition: int
    offset: int
    end: int
    pos: int

    @property
    def lag(self) -> int:
        """Return how much of the partition is still to come."""
        return max(0, self.end - self.offset)


def pause_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row: growing, with jitter."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = max(1, failures)
    return _PAUSES(state)
