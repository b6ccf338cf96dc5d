"""What facts of orders say of the units that they hold: rows that are only ever added."""

from collections.abc import Sequence
from typing import Any, Final, LiteralString

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    MetaData,
    Table,
    Text,
    Uuid,
)

from kit.consumers.records import Received
from kit.database import driver
from services.catalog.policies import said_of_orders

metadata = MetaData()

order_sayings = Table(
    "order_sayings",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("line_id", Text, primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("says", Text, nullable=False),
    Column("product_id", Text),
    Column("units", BigInteger, nullable=False),
    Column("from_order", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("pos", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("order_sayings_by_product", "seller_id", "product_id"),
)

_ADD: Final[LiteralString] = """
INSERT INTO order_sayings (
    order_id, says, line_id, units, product_id, from_order, event_id, seller_id, at,
    recorded_at, pos, version
) SELECT * FROM unnest(
    %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::uuid[],
    %s::text[], %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::bigint[]
) ON CONFLICT DO NOTHING
"""


def project_order_sayings(batch: Sequence[Received], db: Connection) -> None:
    """Add what `batch` says of orders.

    Shape: one row per fact, order and line, key (order_id, event_id, line_id); an order is
        what its rows amount to (`model/demand.py`). One statement, however many facts.
    Safe to repeat: Yes. What is known is left as it is.
    """
    rows = [row for received in batch for row in _rows(received)]
    if rows:
        driver(db).execute(_ADD, [list(column) for column in zip(*rows, strict=True)])


def _rows(received: Received) -> Sequence[tuple[Any, ...]]:
    envelope, fact = received.envelope, received.fact
    evidence = (
        envelope.id,
        fact.seller_id,
        fact.happened_at,
        envelope.recordedtime,
        envelope.pos,
        envelope.sequence,
    )
    return [(*said, *evidence) for said in said_of_orders(fact)]
