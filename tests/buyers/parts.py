"""Buyers' real parts on a database: streams, and the inbox that feeds its reaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from contracts.fact import Fact
from kit.consumers.inbox import Applied, Inbox
from kit.database import connect, driver
from kit.eventstore.history import History
from kit.eventstore.streams import PostgresStreams
from kit.process import prepare
from services.buyers.app import BLUEPRINT
from tests.kit.consumers.records import ARecord, nothing_dead
from tests.samples import FRIDAY


def new_id() -> UUID:
    return uuid7()


@dataclass(frozen=True)
class Parts:
    """Buyers without a process around it."""

    engine: Engine
    streams: PostgresStreams

    def consume(self, *batch: ARecord, believed: int = 0) -> Applied:
        handler = BLUEPRINT.handlers(self.streams)["orders.v1"]
        return Inbox(self.engine, "buyers").apply(batch, handler, believed, nothing_dead)

    def recorded(self) -> list[tuple[str, Fact]]:
        """All facts, in the order they were appended in, with their streams."""
        sql = "SELECT stream_id FROM events ORDER BY append_seq"
        with self.engine.connect() as db:
            streams = [row[0] for row in driver(db).execute(sql)]
            found = self.streams.history.facts_of(dict.fromkeys(streams, 0), db)
        left = {name: iter(facts) for name, facts in found.items()}
        return [(name, next(left[name]).fact) for name in streams]


@contextmanager
def parts_on(database: str) -> Iterator[Parts]:
    """Buyers on `database`, prepared as its process does it."""
    engine = connect(database)
    prepare(engine, BLUEPRINT)
    history = History(engine)
    streams = PostgresStreams(history, BLUEPRINT.projections, new_id, lambda: FRIDAY)
    yield Parts(engine, streams)
    engine.dispose()
