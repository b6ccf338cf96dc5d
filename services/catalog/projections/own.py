"""Read models of catalog, kept in the append transaction: you read your own writes.

Each may be dropped and rebuilt from the first fact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final, assert_never, get_args

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from contracts.catalog import (
    InventoryCounted,
    InventoryDeducted,
    InventoryDispatched,
    InventoryEvent,
    InventoryReassigned,
    InventoryReceived,
    InventoryRestored,
    ListingEvent,
    ProductChanged,
    ProductDelisted,
    ProductListed,
)
from contracts.fact import Fact, Moment
from kit.eventstore.records import Recorded
from kit.readmodels.rows import FoldedRows, Row

metadata = MetaData()

listings = Table(
    "listings",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("image_count", Integer, nullable=False),
    Column("description_chars", Integer, nullable=False),
    Column("weight_g", Integer),
    Column("length_mm", Integer),
    Column("width_mm", Integer),
    Column("height_mm", Integer),
    Column("description", Text),
    Column("images", ARRAY(Text)),
    Column("listed_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True)),
    Column("delisted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(
        "listings_for_sale",
        "listed_at",
        "seller_id",
        "product_id",
        postgresql_where=text("state = 'listed'"),
    ),
)

stock = Table(
    "stock",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("on_hand", BigInteger, nullable=False),
    Column("received_units", BigInteger, nullable=False),
    Column("deducted_units", BigInteger, nullable=False),
    Column("restored_units", BigInteger, nullable=False),
    Column("lots", JSONB, nullable=False),
    Column("last_moved_at", DateTime(timezone=True)),
    Column("last_counted_at", DateTime(timezone=True)),
    Column("kept_since", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Index("set_aside_by_order", "order_id"),
    Index("set_aside_now", "seller_id", "product_id", postgresql_where=text("units > 0")),
)


def project_listings(events: Sequence[Recorded], db: Connection) -> None:
    """Keep what is, or was, for sale up to date.

    Shape: one row per product that was ever listed, key `(seller_id, product_id)`;
        `changed_at` and `delisted_at` are of the time since it was last listed. Two
        statements, however many the facts are.
    Safe to repeat: Yes. Facts up to the row's `version` are skipped.
    """
    _LISTINGS.fold(events, db)


def project_stock(events: Sequence[Recorded], db: Connection) -> None:
    """Keep the units on hand up to date.

    Units: `on_hand` = received - deducted + restored; `lots` are the units received.
    Shape: one row per product that ever moved, key `(seller_id, product_id)`; `lots` by
        lot id. Two statements, however many the facts are.
    Safe to repeat: Yes. Facts up to the row's `version` are skipped.
    """
    _STOCK.fold(events, db)


def project_set_aside(events: Sequence[Recorded], db: Connection) -> None:
    """Keep what is set aside for which order up to date.

    Units: of stock, that are not on hand any more, and have not left in parcels yet.
    Shape: one row per product and order that ever had any, key `(seller_id, product_id,
        order_id)`. Two statements, however many the facts are.
    Safe to repeat: Yes. Facts up to the row's `version` are skipped.
    """
    _SET_ASIDE.fold([one for event in events for one in _taken(event)], db)


class _Taken(Fact):
    """Units that an order took, gave back or sent away, by one fact."""

    moment: ClassVar[str] = "at"

    product_id: str
    order_id: str
    units: int
    at: Moment


def _taken(recorded: Recorded) -> Iterator[Recorded]:
    match fact := recorded.fact:
        case InventoryDeducted(order_id=str(order)):
            changes = [(order, fact.units)]
        case InventoryRestored(order_id=str(order)) | InventoryDispatched(order_id=order):
            changes = [(order, -fact.units)]
        case InventoryReassigned() if fact.ref != fact.from_ref:
            changes = [(fact.from_ref, -fact.units), (fact.ref, fact.units)]
        case _:
            return
    for order, units in changes:
        taken = _Taken(
            seller_id=fact.seller_id,
            product_id=fact.product_id,
            order_id=order,
            units=units,
            at=fact.happened_at,
        )
        yield replace(recorded, fact=taken)


def _set_aside_after(row: Row | None, fact: _Taken) -> Row:
    before = row["units"] if row else 0
    said = fact.model_dump(include={"seller_id", "product_id", "order_id"})
    return said | {"units": max(before + fact.units, 0)}


def _listing_after(row: Row | None, fact: ListingEvent) -> Row | None:
    match fact:
        case ProductListed():
            fresh = {"state": "listed", "changed_at": None, "delisted_at": None}
            return fact.model_dump() | fresh
        case ProductChanged() if row is not None:
            return row | fact.model_dump()
        case ProductDelisted() if row is not None:
            return row | {"state": "delisted", "delisted_at": fact.delisted_at}
        case ProductChanged() | ProductDelisted():
            return row
        case _:
            assert_never(fact)


_NOTHING: Final[Row] = {
    "on_hand": 0,
    "received_units": 0,
    "deducted_units": 0,
    "restored_units": 0,
    "lots": {},
    "last_moved_at": None,
    "last_counted_at": None,
    "kept_since": None,
}


def _stock_after(row: Row | None, fact: InventoryEvent) -> Row:
    row = row or {"seller_id": fact.seller_id, "product_id": fact.product_id, **_NOTHING}
    match fact:
        case InventoryReceived():
            row["received_units"] += fact.units
            row["kept_since"] = min(row["kept_since"] or fact.received_at, fact.received_at)
            row["lots"] = _with_lot(row["lots"], fact)
        case InventoryDeducted():
            row["deducted_units"] += fact.units
        case InventoryRestored():
            row["restored_units"] += fact.units
        case InventoryCounted():
            last = row["last_counted_at"] or fact.counted_at
            return row | {"last_counted_at": max(last, fact.counted_at)}
        case InventoryReassigned() | InventoryDispatched():
            return row
        case _:
            assert_never(fact)
    row["on_hand"] = row["received_units"] - row["deducted_units"] + row["restored_units"]
    row["last_moved_at"] = max(row["last_moved_at"] or fact.happened_at, fact.happened_at)
    return row


def _with_lot(lots: Row, fact: InventoryReceived) -> Row:
    units = lots.get(fact.lot_id, {"units": 0})["units"] + fact.units
    made_on = fact.manufactured_on.isoformat()
    return {**lots, fact.lot_id: {"units": units, "manufactured_on": made_on}}


_LISTINGS: Final = FoldedRows(listings, get_args(ListingEvent), _listing_after)
_STOCK: Final = FoldedRows(stock, get_args(InventoryEvent), _stock_after)
_SET_ASIDE: Final = FoldedRows(set_aside, (_Taken,), _set_aside_after)
