"""One service's history, its topic, and a consumer of it, all on one database."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property

from fastapi import APIRouter
from sqlalchemy import Engine

from kit.blueprint import Blueprint
from kit.consumers.consumption import Consumption
from kit.consumers.inbox import Inbox
from kit.consumers.records import Handler
from kit.consumers.subscriber import consume
from kit.database import connect
from kit.eventstore.history import History
from kit.eventstore.streams import PostgresStreams
from kit.process import prepare
from kit.readmodels.models import ForeignReadModel, OwnReadModel
from kit.relay.leadership import LEASE_S
from kit.relay.outbox import log_state
from kit.relay.publisher import Publisher
from kit.relay.relay import Relay
from services.orders import projections as orders
from services.performance import projections as performance
from tests.faults import arrivals
from tests.faults.stories import new_id, now, requests
from tests.kit.consumers.kafka import caught_up, until

BATCH = 5
"""Small, so that a relay has many steps to be killed at."""


@dataclass
class Ground:
    """Where a fault happens: addresses, and the real parts on them."""

    url: str
    kafka: str
    topic: str
    acknowledged: list[str] = field(default_factory=list)

    @cached_property
    def engine(self) -> Engine:
        return connect(self.url)

    @property
    def group(self) -> str:
        """Of this ground alone: who was killed elsewhere must not hold it up."""
        return f"group of {self.topic}"

    @property
    def blueprint(self) -> Blueprint:
        return Blueprint(
            name=self.group,
            topic=self.topic,
            router=APIRouter(),
            own=[OwnReadModel("orders", orders.metadata, [orders.project_seller_orders])],
            foreign=[
                ForeignReadModel(
                    "obligations",
                    performance.metadata,
                    arrivals.PERFORMANCE,
                    (self.topic,),
                )
            ],
        )

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.engine, self.group)

    @property
    def streams(self) -> PostgresStreams:
        history = History(self.engine)
        return PostgresStreams(history, self.blueprint.projections, new_id, now)

    def prepare(self) -> None:
        prepare(self.engine, self.blueprint)
        with self.engine.begin() as db:
            arrivals.metadata.create_all(db)

    def record(self, orders: Iterable[int]) -> None:
        """Record the stories of `orders`, each in a transaction of its own."""
        for number in orders:
            asked = requests([number])
            answers = self.streams.submit(asked)
            assert [answer.refused for answer in answers] == [None] * len(asked)
            self.acknowledged += [request.key or "" for request in asked]

    def relay(self, lease_s: float = LEASE_S) -> Relay:
        publisher = Publisher(self.kafka, self.topic, "faults")
        return Relay(
            self.engine,
            publisher,
            batch=BATCH,
            idle_s=0.02,
            standby_s=0.2,
            lease_s=lease_s,
        )

    async def published(self) -> None:
        """Wait until a relay has published all that is recorded."""

        async def nothing_waits() -> bool:
            state = await asyncio.to_thread(log_state, self.engine)
            return not state.pending and state.head == state.published

        await until(nothing_waits)

    async def publish(self) -> None:
        """Relay until all is published, as the process does that follows a killed one."""
        async with self.relaying():
            await self.published()

    @asynccontextmanager
    async def relaying(self, lease_s: float = LEASE_S) -> AsyncIterator[None]:
        stop = asyncio.Event()
        relaying = asyncio.create_task(self.relay(lease_s).run(stop))
        try:
            yield
        finally:
            stop.set()
            await relaying

    async def consume(self) -> None:
        """Consume until nothing is left, as the process does that follows a killed one."""
        async with self.consumption() as consumption:
            await caught_up(consumption)

    def consumption(self, handler: Handler = arrivals.arrive) -> Consumption:
        return consume(self.kafka, self.inbox, {self.topic: handler})
