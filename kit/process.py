"""One process of a service: its API, its relay and its consumers, from start to stop."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fastapi import FastAPI
from sqlalchemy import Engine
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential

from kit.blueprint import Blueprint
from kit.consumers import tables as consumer_tables
from kit.consumers.consumption import Consumption
from kit.consumers.inbox import Inbox
from kit.consumers.subscriber import consume
from kit.database import create_live_schema, passing
from kit.eventstore import tables as store_tables
from kit.eventstore.streams import PostgresStreams
from kit.peers import Peer
from kit.relay.publisher import Publisher
from kit.relay.relay import Relay
from kit.schedule import Scheduler
from kit.settings import Settings

_PATIENCE_S: Final = 60.0
_ENDS_WITHIN_S: Final = 8.0


@dataclass(slots=True)
class Process:
    """What runs of a service here, and what its operators ask about."""

    blueprint: Blueprint
    settings: Settings
    engine: Engine
    streams: PostgresStreams
    peers: Mapping[str, Peer] = field(default_factory=dict)
    consumption: Consumption | None = None
    relay: Relay | None = None
    scheduler: Scheduler | None = None
    started: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def run(self, app: FastAPI) -> AsyncIterator[None]:
        """Start what this process is told to do, and stop it in the other order."""
        async with AsyncExitStack() as stack:
            stack.callback(self.engine.dispose)
            for peer in self.peers.values():
                stack.callback(peer.close)
            patiently = AsyncRetrying(
                retry=retry_if_exception(passing),
                stop=stop_after_delay(_PATIENCE_S),
                wait=wait_exponential(0.2, max=3),
                reraise=True,
            )
            await patiently(asyncio.to_thread, prepare, self.engine, self.blueprint)
            if self.blueprint.before_start is not None:
                await patiently(asyncio.to_thread, self._before_start, app.state.now())
            if "relay" in self.settings.parts and self.blueprint.topic:
                self.relay = self._relay(self.blueprint.topic)
                relaying = asyncio.create_task(self.relay.run(self.stop))
                stack.push_async_callback(self._end, relaying)
            if "consumers" in self.settings.parts and self.blueprint.reads:
                self.consumption = self._consumption()
                await stack.enter_async_context(self.consumption)
            if "schedules" in self.settings.parts and self.blueprint.schedules:
                self.scheduler = Scheduler(
                    self.engine, self.streams, self.blueprint.schedules
                )
                keeping = asyncio.create_task(self.scheduler.run(self.stop))
                stack.push_async_callback(self._end, keeping)
            if self.blueprint.warm_up is not None:
                warming = asyncio.create_task(asyncio.to_thread(self.blueprint.warm_up))
                stack.push_async_callback(asyncio.wait, {warming})
            self.started = True
            yield
            self.started = False

    def _before_start(self, at: datetime) -> None:
        if self.blueprint.before_start is not None:
            with self.engine.begin() as db:
                db.exec_driver_sql("SET LOCAL search_path = public")
                self.blueprint.before_start(db, at)

    def _relay(self, topic: str) -> Relay:
        servers = self.settings.kafka_bootstrap_servers
        return Relay(self.engine, Publisher(servers, topic, self.blueprint.name))

    def _consumption(self) -> Consumption:
        servers = self.settings.kafka_bootstrap_servers
        inbox = Inbox(self.engine, self.blueprint.name)
        return consume(servers, inbox, self.blueprint.handlers(self.streams))

    async def _end(self, working: asyncio.Task[None]) -> None:
        """Let the relay or the scheduler finish; what it waits for may be away for long."""
        self.stop.set()
        await asyncio.wait({working}, timeout=_ENDS_WITHIN_S)
        working.cancel()
        await asyncio.wait({working})


def prepare(engine: Engine, blueprint: Blueprint) -> None:
    """Make the tables that are missing. Safe to repeat, by several processes at once."""
    with engine.begin() as db:
        create_live_schema(db)
        for tables in blueprint.tables:
            tables.create_all(db)
    with engine.begin() as db:
        db.exec_driver_sql("SET LOCAL search_path = public")
        store_tables.create(db)
        consumer_tables.metadata.create_all(db)
        for tables in blueprint.keeps:
            tables.create_all(db)
