"""What a service does by the clock: by one process at a time, safe twice or late."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import Engine

from kit.eventstore.requests import AnyRequest
from kit.eventstore.streams import StoreUnavailable, Streams
from kit.turns import InTurn, TurnLost, alone

_log: Final = logging.getLogger(__name__)

Run: TypeAlias = Callable[[datetime, Streams, Engine], int]
"""Does all that is due at a moment; returns how much that was.

Safe to repeat: It must be, and late: whatever was not done in time is due the next time.
"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something to do, `every` so often, from the start of a process on."""

    name: str
    every: timedelta
    run: Run


class SomeFailed(Exception):  # noqa: N818 - see kit.domain.Refused
    """Some of what is due can't be done, and why. All else was done."""


@dataclass(slots=True)
class Due:
    """What a run asks of streams, and what became of it: one that fails stops no other."""

    streams: Streams
    done: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def submit(self, requests: Sequence[AnyRequest]) -> None:
        """Submit `requests` together; if that fails, one by one, those that can be.

        Raises:
            StoreUnavailable: The database is away: nothing can be.
            TurnLost: Another process may be at it: nothing more may be.
        """
        try:
            answers = self.streams.submit(requests)
        except (StoreUnavailable, TurnLost):
            raise
        except Exception as why:  # noqa: BLE001 - it is told of, and the others go on
            if len(requests) > 1:
                for request in requests:
                    self.submit([request])
                return
            self.fail(requests[0].stream_id, why)
        else:
            self.done += sum(answer.recorded for answer in answers)

    def fail(self, stream_id: str, why: Exception) -> None:
        """Note, and tell, what can't be done of a stream."""
        self.failed[stream_id] = str(why)
        _log.warning("%s: %s", stream_id, why, exc_info=why)

    def count(self) -> int:
        """Return how much was done.

        Raises:
            SomeFailed: Something was not.
        """
        if self.failed:
            [(first, why), *others] = self.failed.items()
            more = f", and {len(others)} more" if others else ""
            raise SomeFailed(f"{first}: {why}{more}; {self.done} done")
        return self.done


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Scheduler:
    """The schedules of one service, kept by this process beside others of its kind.

    Shape: `now` tells the moment that a run is given.
    """

    engine: Engine
    streams: Streams
    schedules: Sequence[Schedule]
    now: Callable[[], datetime] = _now
    _troubles: dict[str, str] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Do what is due, again and again, until `stop` is set. Never raises."""
        await asyncio.gather(*(self._keep(each, stop) for each in self.schedules))

    def troubles(self) -> Sequence[tuple[str, str]]:
        """Return the schedules whose last turn failed here, and why."""
        return sorted(self._troubles.items())

    def turn(self, schedule: Schedule) -> int | None:
        """Do what is due now; None if another process is at it. Blocks.

        Raises:
            TurnLost: Another process may be at it by now; what is left is due again.
        Safe to repeat: As the schedule's run is.
        """
        with alone(self.engine, schedule.name) as turn:
            if turn is None:
                return None
            streams = InTurn(self.streams, turn)
            return schedule.run(self.now(), streams, self.engine)

    async def _keep(self, schedule: Schedule, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                done = await asyncio.to_thread(self.turn, schedule)
            except Exception as why:  # noqa: BLE001 - it is tried again, and others go on
                self._troubles[schedule.name] = str(why)
                _log.warning("%s failed: %s", schedule.name, why, exc_info=why)
            else:
                self._troubles.pop(schedule.name, None)
                if done:
                    _log.info("%s: %d done", schedule.name, done)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), schedule.every.total_seconds())
