"""The sellers' lists of orders, kept in the append transaction: you read your writes."""

from collections.abc import Sequence
from typing import Final, TypeAlias, assert_never, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderInvoiced,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    OrderSplit,
    ShipmentCorrected,
    ShipmentDelivered,
    ShipmentSaved,
    TrackingAdded,
)
from kit.database import driver
from kit.eventstore.records import Recorded
from kit.readmodels.rows import FoldedRows, Row
from services.orders.model.rules import shipped_rules

Decision: TypeAlias = OrderAccepted | OrderRejected | OrderExpired | OrderCancelled
Edit: TypeAlias = OrderSplit | OrderLineQuantityChanged | OrderLineRemoved
Shipping: TypeAlias = ShipmentSaved | TrackingAdded | ShipmentCorrected | ShipmentDelivered

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
    Column("clock_started_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("split_from", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("cancelled_by", Text),
    Column("reason", Text),
    Column("note", Text),
    Column("currency", Text, nullable=False),
    Column("payment_method", Text, nullable=False),
    Column("ship_to_country", Text, nullable=False),
    Column("shipping_cents", BigInteger, nullable=False),
    Column("subtotal_cents", BigInteger, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("shipped_units", BigInteger, nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("invoice_state", Text, nullable=False),
    Column("invoice_id", Text),
    Column("lines", JSONB, nullable=False),
    Column("shipments", JSONB, nullable=False),
    Column("last_event_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index("seller_orders_by_seller", "seller_id", "placed_at", "order_id"),
    Index("seller_orders_by_state", "seller_id", "state", "placed_at", "order_id"),
    Index("seller_orders_by_buyer", "seller_id", "buyer_id", "placed_at", "order_id"),
    Index("seller_orders_by_total", "seller_id", "total_cents", "order_id"),
    Index(
        "seller_orders_pending",
        "seller_id",
        "ship_by",
        "order_id",
        postgresql_where=column("pending"),
    ),
    Index(
        "seller_orders_undecided",
        "expires_at",
        "order_id",
        postgresql_where=text("state = 'open' AND expires_at IS NOT NULL"),
    ),
    Index(
        "seller_orders_by_parent",
        "split_from",
        postgresql_where=column("split_from").is_not(None),
    ),
)

products_metadata = MetaData()

order_products = Table(
    "order_products",
    products_metadata,
    Column("seller_id", Text, primary_key=True),
    Column("product_id", Text, primary_key=True),
    Column("placed_at", DateTime(timezone=True), primary_key=True),
    Column("order_id", Text, primary_key=True),
)


def project_order_products(events: Sequence[Recorded], db: Connection) -> None:
    """Keep which orders were placed of which product.

    Shape: one row per product of an order, added when it is placed and never taken away.
    Safe to repeat: Yes. What is known is left as it is.
    """
    rows = {
        (fact.seller_id, line.product_id, fact.placed_at, fact.order_id)
        for recorded in events
        if isinstance(fact := recorded.fact, OrderPlaced)
        for line in fact.lines
    }
    if rows:
        sql = (
            "INSERT INTO order_products SELECT * FROM"
            " unnest(%b::text[], %b::text[], %b::timestamptz[], %b::text[])"
            " ON CONFLICT DO NOTHING"
        )
        driver(db).execute(sql, [*map(list, zip(*rows, strict=True))])


def project_seller_orders(events: Sequence[Recorded], db: Connection) -> None:
    """Keep the sellers' lists of orders up to date.

    Shape: one row per order, key `order_id`; `lines` and `shipments` as they stand;
        `expires_at` by the rules of when its clock started, or null if no clock expires it:
        it was told late, or split from one that was. `version` is the last fact of the
        order's stream that the row knows. An order's facts come in stream order, those of
        a part after its parent's; a few statements, however many, and one per part.
    Safe to repeat: Yes. Facts up to the row's `version` are skipped.
    """
    _SELLER_ORDERS.fold(events, db)
    for recorded in events:
        fact = recorded.fact
        if isinstance(fact, OrderPlaced) and fact.split_from is not None:
            driver(db).execute(_LIKE_ITS_PARENT, (fact.order_id, fact.split_from))


_LIKE_ITS_PARENT: Final = """
UPDATE seller_orders AS part SET expires_at = NULL FROM seller_orders AS parent
WHERE part.order_id = %s AND parent.order_id = %s
  AND parent.expires_at IS NULL AND part.expires_at IS NOT NULL
"""


def _after(row: Row | None, fact: OrderEvent) -> Row | None:
    if isinstance(fact, OrderPlaced):
        return row or _placed(fact)
    if row is None:
        return None
    match fact:
        case OrderAccepted() | OrderRejected() | OrderExpired() | OrderCancelled():
            _decide(row, fact)
        case OrderSplit() | OrderLineQuantityChanged() | OrderLineRemoved():
            _edit(row, fact)
        case ShipmentSaved() | TrackingAdded() | ShipmentCorrected() | ShipmentDelivered():
            _ship(row, fact)
        case OrderInvoiced(invoice_id=invoice_id):
            row["invoice_id"] = invoice_id
        case _:
            assert_never(fact)
    row["last_event_at"] = max(row["last_event_at"], fact.happened_at)
    _owe(row)
    return row


def _placed(fact: OrderPlaced) -> Row:
    row = fact.model_dump()
    row |= {"state": "open", "customer_id": None, "decided_at": None, "cancelled_at": None}
    row |= {"shipments": [], "shipped_units": 0, "expires_at": None, "invoice_id": None}
    row |= {"last_event_at": fact.placed_at}
    row |= {"reason": None, "note": None, "cancelled_by": None}
    _total(row)
    _owe(row)
    return row


def _tell_when_it_expires(row: Row, recorded: Recorded) -> None:
    if isinstance(fact := recorded.fact, OrderPlaced):
        rules = shipped_rules().at(fact.clock_started_at)
        is_part = fact.split_from is not None  # it is what its whole is, as said above
        if is_part or not rules.is_history(fact.placed_at, recorded.recorded_at):
            row["expires_at"] = rules.expires_at(fact.clock_started_at)


def _owe(row: Row) -> None:
    """Say what the seller owes next: an answer or parcels, and then an invoice."""
    to_ship = row["state"] == "accepted" and row["shipped_units"] < row["units"]
    row["pending"] = to_ship or row["state"] == "open"
    ready = row["state"] == "accepted" and bool(row["shipments"])
    row["invoice_state"] = "ready" if ready else "none"
    if row["invoice_id"] is not None:
        row["invoice_state"] = "confirmed"


def _total(row: Row) -> None:
    lines = row["lines"]
    row["units"] = sum(line["quantity"] for line in lines)
    row["subtotal_cents"] = sum(
        line["quantity"] * line["unit_price_cents"] for line in lines
    )
    row["total_cents"] = row["subtotal_cents"] + row["shipping_cents"]


def _decide(row: Row, fact: Decision) -> None:
    match fact:
        case OrderAccepted():
            row |= {"state": "accepted", "decided_at": fact.accepted_at}
            row["customer_id"] = fact.customer_id
        case OrderRejected():
            row |= {"state": "rejected", "decided_at": fact.rejected_at}
            row |= {"reason": fact.reason, "note": fact.note}
        case OrderExpired():
            row |= {"state": "expired", "decided_at": fact.expired_at}
        case OrderCancelled():
            row |= {"state": "cancelled", "cancelled_at": fact.cancelled_at}
            row |= {"reason": fact.reason, "cancelled_by": fact.by}
        case _:
            assert_never(fact)


def _edit(row: Row, fact: Edit) -> None:
    lines: Sequence[Row] = row["lines"]
    match fact:
        case OrderSplit(line_ids=line_ids):
            parts = {part.line_id: part.quantity for part in fact.parts}
            row["lines"] = [
                line | {"quantity": line["quantity"] - parts.get(line["line_id"], 0)}
                for line in lines
                if line["line_id"] not in line_ids
            ]
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
        case ShipmentCorrected(carrier=carrier, tracking_number=number):
            for one in mine:
                one |= {"carrier": carrier, "tracking_number": number}
        case ShipmentDelivered():
            for one in mine:
                one["delivered_at"] = fact.model_dump(mode="json")["delivered_at"]
        case _:
            assert_never(fact)


_SELLER_ORDERS: Final = FoldedRows(
    seller_orders, get_args(OrderEvent), _after, note=_tell_when_it_expires
)
