"""The leader's loop: number what was committed, publish it, move the cursor.

While one batch is on its way to Kafka the next is numbered and fetched. Every stream is
published in order, without holes and once: whoever takes over asks Kafka how far the one
before got. `ce_pos` lets a reader drop what repeats all the same.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from aiokafka.errors import KafkaError
from opentelemetry import metrics
from sqlalchemy import Engine

from kit.database import passing
from kit.relay.leadership import LEASE_S, Deposed, Leadership
from kit.relay.outbox import Outbox, Outgoing, log_state

_log = logging.getLogger(__name__)
_meter = metrics.get_meter(__name__)
_published = _meter.create_counter("relay.published", "{fact}", "Facts published")

LONGEST_PAUSE_S: Final = 5.0
PULSE_S: Final = 1.0
"""How often a leader shows that it lives, whatever else it waits for."""

BATCH: Final = 4_000
"""Facts of one Kafka transaction: a commit costs the same for few as for many."""


class Publishing(Protocol):
    """Where the relay publishes to; `kit.relay.publisher.Publisher` is the real one."""

    async def start(self) -> None:
        """Connect, and fence whoever published before."""
        ...

    async def stop(self) -> None:
        """Disconnect; what is not committed is never seen."""
        ...

    async def last_published(self) -> Mapping[int, UUID]:
        """Return the last that was published, whoever did it: event ids by position."""
        ...

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        """Publish `batch` whole or not at all."""
        ...


@dataclass(slots=True)
class Relay:
    """Publishes one service's history for as long as it leads.

    Units: `idle_s` is how long it rests when nothing waits, `standby_s` how often it asks
        to lead when another does, `lease_s` for how long that one may show no life.
    Shape: `trouble` is what it failed at last, or None since it got on again.
    """

    engine: Engine
    publisher: Publishing
    batch: int = BATCH
    idle_s: float = 0.1
    standby_s: float = 1.0
    lease_s: float = LEASE_S
    trouble: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Lead, or stand by, until `stop`. An error costs a pause, never a fact.

        After any error: a new producer, a new epoch, on from the cursor.
        """
        failures = 0
        while not stop.is_set():
            try:
                led = await self._serve(stop)
                failures, pause = 0, 0.0 if led else self.standby_s
                self.trouble = None
            except Exception as error:  # noqa: BLE001 - a relay that gives up loses its service
                failures += 1
                pause = min(0.1 * 2**failures, LONGEST_PAUSE_S)
                self.trouble = f"{type(error).__name__}: {error}"
                _complain(error, pause)
            if pause:
                await _rest(stop, pause)

    async def _serve(self, stop: asyncio.Event) -> bool:
        with Leadership(self.engine, self.lease_s) as leadership:
            if not await asyncio.to_thread(leadership.claim):
                return False
            _log.info("leading, epoch %s", leadership.epoch)
            async with _living(leadership) as pulse:
                try:
                    await self.publisher.start()
                    await self._lead(Outbox(self.engine, leadership.epoch), pulse, stop)
                finally:
                    await self.publisher.stop()
        return True

    async def _lead(
        self, outbox: Outbox, pulse: asyncio.Task[None], stop: asyncio.Event
    ) -> None:
        published = await self._resume(outbox)
        self.trouble = None
        coming = asyncio.create_task(asyncio.to_thread(self._next, outbox, published))
        try:
            while not stop.is_set():
                batch = await coming
                after = batch[-1].pos if batch else published
                if pulse.done():
                    pulse.result()
                if not batch:
                    await _rest(stop, self.idle_s)
                coming = asyncio.create_task(
                    asyncio.to_thread(self._next, outbox, after, idle=not batch)
                )
                if batch:
                    await self.publisher.publish(batch)
                    await asyncio.to_thread(outbox.advance, published, after)
                    published = after
                    _published.add(len(batch))
        finally:
            await asyncio.gather(coming, return_exceptions=True)

    async def _resume(self, outbox: Outbox) -> int:
        """Return the last position published, after moving a cursor left behind to it."""
        cursor = (await asyncio.to_thread(log_state, self.engine)).published
        claimed = await self.publisher.last_published()
        committed = await asyncio.to_thread(outbox.last_of, claimed)
        if committed < cursor:
            _log.error("the topic ends at %s, but %s was published", committed, cursor)
        if committed <= cursor:
            return cursor
        await asyncio.to_thread(outbox.advance, cursor, committed)
        return committed

    def _next(
        self, outbox: Outbox, after: int, *, idle: bool = False
    ) -> Sequence[Outgoing]:
        """Number what waits, and return the first facts after `after`.

        Only a leader numbers. So when there was nothing after `after`, there still is not,
        unless something was numbered now: an idle relay asks one thing, not two.
        """
        numbered = outbox.sequence(self.batch)
        return [] if idle and not numbered else outbox.fetch(after, self.batch)


@asynccontextmanager
async def _living(leadership: Leadership) -> AsyncIterator[asyncio.Task[None]]:
    """Show that the leader lives, in a task that ends only with an error."""
    over = asyncio.Event()

    async def pulse() -> None:
        while not over.is_set():
            await asyncio.to_thread(leadership.renew)
            await _rest(over, PULSE_S)

    beating = asyncio.create_task(pulse())
    try:
        yield beating
    finally:
        over.set()
        await asyncio.gather(beating, return_exceptions=True)


def _complain(error: Exception, pause: float) -> None:
    if isinstance(error, Deposed):
        _log.warning("deposed: %s", error)
    elif isinstance(error, KafkaError | OSError) or passing(error):
        _log.warning("%s: %s; again in %.1f s", type(error).__name__, error, pause)
    else:
        _log.exception("the relay failed; again in %.1f s", pause)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
