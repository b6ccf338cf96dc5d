"""Orders' real parts on a database, without a process around them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, select
from uuid_utils.compat import uuid7

from contracts.orders import OrderEvent
from kit.database import connect
from kit.eventstore.history import History
from kit.eventstore.requests import Answer
from kit.eventstore.streams import PostgresStreams
from kit.process import prepare
from services.orders.app import BLUEPRINT
from services.orders.commands import OrderCommand
from services.orders.handlers import to_request
from services.orders.projections import seller_orders
from tests.samples import FRIDAY


def new_id() -> UUID:
    return uuid7()


@dataclass
class Parts:
    """Streams on a database; `told_at` is when what is submitted is recorded."""

    engine: Engine
    told_at: datetime = FRIDAY
    streams: PostgresStreams = field(init=False)

    def __post_init__(self) -> None:
        history = History(self.engine)
        self.streams = PostgresStreams(
            history, BLUEPRINT.projections, new_id, lambda: self.told_at
        )

    def do(self, *commands: OrderCommand, seen: int | None = None) -> Sequence[Answer]:
        """Submit some commands together, whose author saw that version of their streams."""
        asked = [replace(to_request(command), since=seen) for command in commands]
        return self.streams.submit(asked)

    def facts(self, order_id: str = "o-1") -> Sequence[OrderEvent]:
        stream = f"order-{order_id}"
        with self.engine.connect() as db:
            found = self.streams.history.facts_of({stream: 0}, db).get(stream, ())
        return [one.fact for one in found]  # type: ignore[misc]  # all are of orders

    def states(self) -> dict[str, str]:
        """The state of each order, as the table of all orders shows it."""
        row = seller_orders.c
        with self.engine.connect() as db:
            found = db.execute(select(row.order_id, row.state)).all()
        return {one.order_id: one.state for one in found}


@contextmanager
def parts_on(database: str) -> Iterator[Parts]:
    """Orders on `database`, prepared as its process does it."""
    engine = connect(database)
    prepare(engine, BLUEPRINT)
    yield Parts(engine)
    engine.dispose()
