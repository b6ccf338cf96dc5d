"""A catalog on a real database, without HTTP and without Kafka: what they would call."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from contracts import topics
from contracts.catalog import InventoryEvent
from contracts.fact import Fact
from contracts.registry import decode
from kit.consumers.inbox import Inbox
from kit.database import connect, driver
from kit.eventstore.history import History
from kit.eventstore.requests import Answer
from kit.eventstore.streams import PostgresStreams, transact
from kit.process import prepare
from services.catalog.adapters import reserve
from services.catalog.app import BLUEPRINT
from services.catalog.commands import (
    InventoryCommand,
    LineToReserve,
    ListingCommand,
    Reservation,
)
from services.catalog.handlers import to_request
from tests.kit.consumers.records import ARecord, nothing_dead, record
from tests.samples import FRIDAY


def new_id() -> UUID:
    return uuid7()


@dataclass
class StoredCatalog:
    """Commands and facts go in as in production; what it recorded can be looked at."""

    url: str
    heard: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = connect(self.url)
        prepare(self.engine, BLUEPRINT)
        self.streams = PostgresStreams(
            History(self.engine), BLUEPRINT.projections, new_id, lambda: FRIDAY
        )
        self.inbox = Inbox(self.engine, "catalog")

    def do(self, command: ListingCommand | InventoryCommand) -> Answer:
        return transact(self.streams, to_request(command))

    def reserve(
        self, order_id: str = "o-1", at: datetime = FRIDAY, version: int = 1, **units: int
    ) -> None:
        """Ask for units of products, named `p1=2`, for an order of so many facts."""
        lines = tuple(
            LineToReserve(product_id=f"p-{name[1:]}", units=n) for name, n in units.items()
        )
        asked = Reservation(
            seller_id="s-1", order_id=order_id, version=version, lines=lines, at=at
        )
        reserve(asked, self.streams)

    def hear(self, *facts: Fact, topic: str = topics.ORDERS) -> None:
        """Take facts of one topic as Kafka brings them, in one batch."""
        self.hear_records([self.record(fact, topic) for fact in facts])

    def record(
        self, fact: Fact, topic: str = topics.ORDERS, told_after: timedelta = timedelta()
    ) -> ARecord:
        """The next record of `topic`: `fact`, recorded `told_after` it happened."""
        offset = self.heard.get(topic, 0)
        stream = f"order-{getattr(fact, 'order_id', '-')}"
        version = self.heard.get(stream, 0) + 1
        self.heard |= {topic: offset + 1, stream: version}
        made = record(fact, offset, stream=stream)
        headers = dict(made.headers)
        headers["ce_recordedtime"] = (fact.happened_at + told_after).isoformat().encode()
        headers["ce_sequence"] = str(version).encode()
        headers["ce_source"] = topic.partition(".")[0].encode()
        return replace(made, headers=[*headers.items()], topic=topic)

    def hear_records(self, records: Sequence[ARecord]) -> None:
        handler = BLUEPRINT.handlers(self.streams)[records[0].topic]
        believed = self.inbox.next_offset(records[0].topic, records[0].partition)
        self.inbox.apply(records, handler, believed, nothing_dead)

    def hear_itself(self) -> None:
        """Take its own facts, as its relay would publish them."""
        known = self.heard.get(topics.CATALOG, 0)
        self.hear(*self.facts()[known:], topic=topics.CATALOG)

    def facts(self, product: str | None = None) -> list[InventoryEvent]:
        """All that was recorded of stocks, oldest first."""
        sql = "SELECT type, data::text, stream_id FROM events ORDER BY append_seq"
        with self.engine.connect() as db:
            rows = driver(db).execute(sql).fetchall()
        return [
            decode(name, data)  # type: ignore[misc]  # whatever catalog records
            for name, data, stream in rows
            if product is None or stream.endswith(f":{product}")
        ]

    def on_hand(self, product: str = "p-1") -> int:
        with self.engine.connect() as db:
            sql = "SELECT on_hand FROM stock WHERE product_id = %s"
            found = driver(db).execute(sql, (product,)).fetchone()
        return found[0] if found else 0

    def aside(self) -> dict[tuple[str, str], int]:
        """The units set aside, by order and product."""
        with self.engine.connect() as db:
            sql = "SELECT order_id, product_id, units FROM set_aside WHERE units > 0"
            return {(o, p): n for o, p, n in driver(db).execute(sql)}
