"""Where a process stands, as far as its database and Kafka say so in time."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from kit.consumers.parking import ParkedStream, parked_streams
from kit.consumers.places import Standing
from kit.process import Process
from kit.relay.outbox import LogState, log_state

T = TypeVar("T")

TIMEOUT_S: Final = 3.0


@dataclass(slots=True)
class Found:
    """What was found out; what was not is None, and `missing` says what did not answer."""

    missing: list[str] = field(default_factory=list)
    log: LogState | None = None
    parked: Sequence[ParkedStream] | None = None
    consumers: Sequence[Standing] | None = None

    @property
    def lag(self) -> int | None:
        """Facts on their way out and in, or None if that is not known."""
        if self.log is None or self.consumers is None:
            return None
        behind = self.log.pending + self.log.head - self.log.published
        return behind + sum(part.lag for part in self.consumers)

    @property
    def known_facts(self) -> int | None:
        """Facts of others that were come to know, or None if that is not known."""
        if self.consumers is None:
            return None
        known: dict[str, int] = {}
        for part in self.consumers:
            known[part.topic] = max(known.get(part.topic, 0), part.pos)
        return sum(known.values())

    async def ask(self, whom: str, answer: Awaitable[T]) -> T | None:
        """Return the answer if it comes in time; else note who did not give it."""
        try:
            return await asyncio.wait_for(answer, TIMEOUT_S)
        except Exception as why:  # noqa: BLE001 - whatever it is, others are asked all the same
            self.missing.append(f"{whom} does not answer ({type(why).__name__})")
            return None


async def look(process: Process) -> Found:
    """Find out where `process` stands. Takes some seconds if what it needs is away."""
    found = Found()
    if not process.started:
        found.missing.append("it is starting")
        return found
    engine, group = process.engine, process.blueprint.name
    if process.relay is not None and process.relay.trouble is not None:
        found.missing.append(f"the relay does not get on: {process.relay.trouble}")
    if process.scheduler is not None:
        found.missing += [
            f"{name} does not get on: {why}" for name, why in process.scheduler.troubles()
        ]
    found.log, found.parked, found.consumers = await asyncio.gather(
        found.ask("the database", asyncio.to_thread(log_state, engine)),
        found.ask("the database", asyncio.to_thread(parked_streams, engine, group)),
        found.ask("kafka", _consumers(process)),
    )
    return found


async def _consumers(process: Process) -> Sequence[Standing]:
    return await process.consumption.standing() if process.consumption else []
