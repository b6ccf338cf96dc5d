"""Read models of orders, kept in the append transaction: you read your own writes.

Each may be dropped and rebuilt from the first fact.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, TypeAlias, assert_never, get_args

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, Insert, insert

from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    OrderSplit,
    ShipmentDelivered,
    ShipmentSaved,
    TrackingAdded,
)
from kit.eventstore.records import Recorded

Row: TypeAlias = dict[str, Any]
Decision: TypeAlias = OrderAccepted | OrderRejected | OrderExpired | OrderCancelled
Edit: TypeAlias = OrderSplit | OrderLineQuantityChanged | OrderLineRemoved
Shipping: TypeAlias = ShipmentSaved | TrackingAdded | ShipmentDelivered

metadata = MetaData()

seller_orders = Table(
    "seller_orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("buyer_id", Text, nullable=False),
    Column("customer_id", Text),
    Column("state", Text, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("ship_by", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("currency", Text, nullable=False),
    Column("payment_method", Text, nullable=False),
    Column("ship_to_country", Text, nullable=False),
    Column("shipping_cents", BigInteger, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("shipped_units", BigInteger, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("shipments", JSONB, nullable=False),
    Column("last_event_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index("seller_orders_by_seller", "seller_id", "placed_at", "order_id"),
)

_ORDER_EVENTS: Final = get_args(OrderEvent)
_NAMES: Final = tuple(str(column.name) for column in seller_orders.c)
_THESE: Final = select(seller_orders).where(
    seller_orders.c.order_id == any_(bindparam("order_ids", type_=ARRAY(Text)))
)


def _writing() -> Insert:
    """Return the statement that writes any number of rows, given as one JSON text."""
    typed = (column(each.name, each.type) for each in seller_orders.c)
    given = (
        func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
        .table_valued(*typed)
        .render_derived(name="given", with_types=True)
    )
    upsert = insert(seller_orders).from_select(_NAMES, select(given))
    new = {name: upsert.excluded[name] for name in _NAMES}
    return upsert.on_conflict_do_update(index_elements=["order_id"], set_=new)


_WRITE: Final = _writing()


def project_seller_orders(events: Sequence[Recorded], db: Connection) -> None:
    """Keep the sellers' lists of orders up to date.

    Shape: one row per order, key `order_id`; `lines` and `shipments` as they stand;
        `version` is the last fact of the order's stream that the row knows. An order's
        facts come in stream order; two statements, however many they are.
    Safe to repeat: Yes. Facts up to the row's `version` are skipped.
    """
    histories = defaultdict[str, list[Recorded]](list)
    for recorded in events:
        if isinstance(recorded.fact, _ORDER_EVENTS):
            histories[recorded.fact.order_id].append(recorded)
    if not histories:
        return
    found = db.execute(_THESE, {"order_ids": [*histories]})
    known = {row.order_id: dict(zip(_NAMES, row, strict=True)) for row in found}
    folded = [_after(known.get(id_), facts) for id_, facts in histories.items()]
    rows = [row for row in folded if row is not None]
    db.execute(_WRITE, {"rows": to_json(rows).decode()})


def _after(row: Row | None, history: Sequence[Recorded]) -> Row | None:
    for recorded in history:
        fact = recorded.fact
        if isinstance(fact, OrderPlaced):
            row = row or _placed(fact)
        if row is None or recorded.version <= row["version"]:
            continue
        match fact:
            case OrderAccepted() | OrderRejected() | OrderExpired() | OrderCancelled():
                _decide(row, fact)
            case OrderSplit() | OrderLineQuantityChanged() | OrderLineRemoved():
                _edit(row, fact)
            case ShipmentSaved() | TrackingAdded() | ShipmentDelivered():
                _ship(row, fact)
            case _:
                pass  # placed: the row is as that fact left it
        row["version"] = recorded.version
        row["last_event_at"] = max(row["last_event_at"], fact.happened_at)
    return row


def _placed(fact: OrderPlaced) -> Row:
    row = fact.model_dump(exclude={"clock_started_at", "split_from"})
    row |= {"state": "open", "customer_id": None, "decided_at": None, "cancelled_at": None}
    row |= {"shipments": [], "shipped_units": 0}
    row |= {"last_event_at": fact.placed_at, "version": 0}
    _total(row)
    return row


def _total(row: Row) -> None:
    lines = row["lines"]
    row["units"] = sum(line["quantity"] for line in lines)
    goods_cents = sum(line["quantity"] * line["unit_price_cents"] for line in lines)
    row["total_cents"] = goods_cents + row["shipping_cents"]


def _decide(row: Row, fact: Decision) -> None:
    match fact:
        case OrderAccepted():
            row |= {"state": "accepted", "decided_at": fact.accepted_at}
            row["customer_id"] = fact.customer_id
        case OrderRejected():
            row |= {"state": "rejected", "decided_at": fact.rejected_at}
        case OrderExpired():
            row |= {"state": "expired", "decided_at": fact.expired_at}
        case OrderCancelled():
            row |= {"state": "cancelled", "cancelled_at": fact.cancelled_at}
        case _:
            assert_never(fact)


def _edit(row: Row, fact: Edit) -> None:
    lines: Sequence[Row] = row["lines"]
    match fact:
        case OrderSplit(line_ids=line_ids):
            row["lines"] = [line for line in lines if line["line_id"] not in line_ids]
        case OrderLineRemoved(line_id=line_id):
            row["lines"] = [line for line in lines if line["line_id"] != line_id]
        case OrderLineQuantityChanged(line_id=line_id, quantity=quantity):
            row["lines"] = [
                line | {"quantity": quantity} if line["line_id"] == line_id else line
                for line in lines
            ]
        case _:
            assert_never(fact)
    _total(row)


def _ship(row: Row, fact: Shipping) -> None:
    shipments: Sequence[Row] = row["shipments"]
    mine = [one for one in shipments if one["shipment_id"] == fact.shipment_id]
    match fact:
        case ShipmentSaved():
            saved = fact.model_dump(
                mode="json", exclude={"seller_id", "order_id", "completes_order"}
            )
            row["shipments"] = [*shipments, saved | {"delivered_at": None}]
            row["shipped_units"] += sum(line.quantity for line in fact.lines)
        case TrackingAdded():
            for one in mine:
                one["tracking_number"] = fact.tracking_number
        case ShipmentDelivered():
            for one in mine:
                one["delivered_at"] = fact.model_dump(mode="json")["delivered_at"]
        case _:
            assert_never(fact)
