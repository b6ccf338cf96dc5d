"""Read models of billing: stock movements of catalog, and what was charged for them.

Rows are only ever added, one per fact and line, so that order and repeats can't matter.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, LiteralString

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Index,
    MetaData,
    Table,
    Text,
    Uuid,
)

from contracts.billing import StoreFeeAdjusted, StoreFeeCharged, StoreFeeEvent
from kit.consumers.records import Received
from kit.database import driver
from kit.eventstore.records import Recorded
from services.billing.policies import whenever_inventory_moves

stock_metadata = MetaData()

stock_movements = Table(
    "stock_movements",
    stock_metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("lot_id", Text),
    Column("manufactured_on", Date),
    Column("version", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Index("stock_movements_by_product", "seller_id", "product_id"),
)

postings_metadata = MetaData()

store_fee_postings = Table(
    "store_fee_postings",
    postings_metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("store_fee_postings_by_seller", "seller_id", "month"),
)


_ADD_MOVEMENTS: Final[LiteralString] = """
INSERT INTO stock_movements (
    event_id, seller_id, product_id, kind, at, units, lot_id, manufactured_on, version,
    recorded_at
) SELECT * FROM unnest(
    %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[],
    %s::text[], %s::date[], %s::bigint[], %s::timestamptz[]
) ON CONFLICT DO NOTHING
"""
_ADD_POSTINGS: Final[LiteralString] = """
INSERT INTO store_fee_postings (
    event_id, product_id, seller_id, month, kind, cents, at
) SELECT * FROM unnest(
    %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
    %s::timestamptz[]
) ON CONFLICT DO NOTHING
"""


def project_stock_movements(batch: Sequence[Received], db: Connection) -> None:
    """Add the stock movements among `batch`.

    Shape: one row per inventory fact, key `event_id`; `version` is its place in its
        product's stream, `recorded_at` when catalog recorded it. Facts come in any order;
        one statement, however many they are.
    Safe to repeat: Yes. What is known is left as it is.
    """
    _add(_ADD_MOVEMENTS, [row for one in batch if (row := _movement(one))], db)


def _movement(received: Received) -> tuple[Any, ...] | None:
    moved = whenever_inventory_moves(received.fact)
    if moved is None:
        return None
    envelope, fact = received.envelope, received.fact
    return (
        envelope.id,
        fact.seller_id,
        moved.product_id,
        moved.kind,
        fact.happened_at,
        moved.units,
        moved.lot_id,
        moved.manufactured_on,
        envelope.sequence,
        envelope.recordedtime,
    )


def project_store_fee_postings(events: Sequence[Recorded], db: Connection) -> None:
    """Add what `events` charge and adjust.

    Shape: one row per line of a charge and per adjustment, key (event_id, product_id).
    Safe to repeat: Yes. What is known is left as it is.
    """
    _add(_ADD_POSTINGS, [row for event in events for row in _postings(event)], db)


def _postings(recorded: Recorded) -> Iterator[tuple[Any, ...]]:
    fact = recorded.fact
    match fact:
        case StoreFeeCharged():
            for line in fact.lines:
                yield _posting(recorded, fact, line.product_id, "charged", line.cents)
        case StoreFeeAdjusted():
            yield _posting(recorded, fact, fact.product_id, "adjusted", fact.cents)
        case _:
            return


def _posting(
    recorded: Recorded, fact: StoreFeeEvent, product_id: str, kind: str, cents: int
) -> tuple[Any, ...]:
    return (
        recorded.event_id,
        product_id,
        fact.seller_id,
        fact.month,
        kind,
        cents,
        fact.happened_at,
    )


def _add(statement: LiteralString, rows: Sequence[tuple[Any, ...]], db: Connection) -> None:
    if rows:
        driver(db).execute(statement, [list(column) for column in zip(*rows, strict=True)])
