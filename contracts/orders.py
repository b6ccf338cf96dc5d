"""Facts of orders, on `orders.v1`: past tense, immutable, fields only ever added.

Units: `*_cents` are minor units of the order's `currency`; times are aware UTC.
Source: domain.md 2 (facts) and 4 (rules).
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from contracts.fact import (
    Cents,
    Count,
    Country,
    Currency,
    Fact,
    Id,
    Moment,
    Quantity,
    Text,
    Value,
)

PaymentMethod: TypeAlias = Literal["card", "terms"]
CustomerLink: TypeAlias = Literal["existing", "created", "associated"]
EditReason: TypeAlias = Literal["out_of_stock", "buyer_request", "other"]
RejectReason: TypeAlias = Literal[
    "out_of_stock", "out_of_territory", "buyer_request", "other"
]
Canceller: TypeAlias = Literal["seller", "buyer", "marketplace"]
Shipper: TypeAlias = Literal["seller", "marketplace"]


class OrderLine(Value):
    line_id: Id
    product_id: Id
    title: Text
    quantity: Quantity
    unit_price_cents: Cents


class ShippedLine(Value):
    line_id: Id
    quantity: Quantity


class LinePart(Value):
    """Some units of a line."""

    line_id: Id
    quantity: Quantity


class OrderPlaced(Fact):
    """The clock of a split order starts with its root: `clock_started_at <= placed_at`.

    `ordered` are those of a split order's units that its root was placed with; the others
    were added later. All of them, where it is null.
    """

    moment: ClassVar[str] = "placed_at"

    order_id: Id
    buyer_id: Id
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]
    shipping_cents: Cents
    currency: Currency
    payment_method: PaymentMethod
    ship_to_country: Country
    placed_at: Moment
    ship_by: Moment
    clock_started_at: Moment
    split_from: Id | None = None
    ordered: tuple[LinePart, ...] | None = None


class OrderSplit(Fact):
    """Lines went to a new order, which keeps their ids: whole, or some of their units.

    An edit whose order has nothing left to ship after it completes the order:
    `completed_at` is the moment since which nothing is left to ship: that of the edit, or
    of a parcel that leaves later.
    """

    moment: ClassVar[str] = "split_at"

    order_id: Id
    new_order_id: Id
    line_ids: tuple[Id, ...]
    split_at: Moment
    parts: tuple[LinePart, ...] = ()
    completed_at: Moment | None = None


class OrderLineQuantityChanged(Fact):
    """`completed_at` as in OrderSplit.

    `ordered` are those of the old units that the order, or its root, was placed with; the
    others were added later.
    """

    moment: ClassVar[str] = "changed_at"

    order_id: Id
    line_id: Id
    old_quantity: Quantity
    quantity: Quantity
    reason: EditReason
    changed_at: Moment
    completed_at: Moment | None = None
    ordered: Count | None = None


class OrderLineRemoved(Fact):
    """`completed_at` as in OrderSplit, `ordered` as in OrderLineQuantityChanged."""

    moment: ClassVar[str] = "removed_at"

    order_id: Id
    line_id: Id
    quantity: Quantity
    reason: EditReason
    removed_at: Moment
    completed_at: Moment | None = None
    ordered: Count | None = None


class OrderAccepted(Fact):
    moment: ClassVar[str] = "accepted_at"

    order_id: Id
    buyer_id: Id
    customer_id: Id
    customer_link: CustomerLink
    accepted_at: Moment
    customer_name: Text | None = None


class OrderRejected(Fact):
    moment: ClassVar[str] = "rejected_at"

    order_id: Id
    reason: RejectReason
    note: Text | None = None
    rejected_at: Moment


class OrderExpired(Fact):
    """Nobody decided the order in time."""

    moment: ClassVar[str] = "expired_at"

    order_id: Id
    expired_at: Moment


class OrderCancelled(Fact):
    moment: ClassVar[str] = "cancelled_at"

    order_id: Id
    by: Canceller
    reason: RejectReason
    cancelled_at: Moment


class ShipmentSaved(Fact):
    """Part of an order left; `completes_order` says that nothing of it is still to ship.

    `ordered` as in OrderPlaced: units that were added later leave last.
    """

    moment: ClassVar[str] = "saved_at"

    order_id: Id
    shipment_id: Id
    lines: Annotated[tuple[ShippedLine, ...], Field(min_length=1)]
    carrier: Text
    tracking_number: Id | None = None
    shipped_by: Shipper
    shipped_at: Moment
    saved_at: Moment
    completes_order: bool
    ordered: tuple[LinePart, ...] | None = None


class TrackingAdded(Fact):
    moment: ClassVar[str] = "added_at"

    order_id: Id
    shipment_id: Id
    tracking_number: Id
    added_at: Moment


class ShipmentCorrected(Fact):
    """Who carries a shipment, and under which number, is not what was saved, but this."""

    moment: ClassVar[str] = "corrected_at"

    order_id: Id
    shipment_id: Id
    carrier: Text
    tracking_number: Id | None = None
    corrected_at: Moment


class ShipmentDelivered(Fact):
    moment: ClassVar[str] = "delivered_at"

    order_id: Id
    shipment_id: Id
    delivered_at: Moment


class OrderInvoiced(Fact):
    """The order's invoice is confirmed: from here on its lines, prices and parts stand.

    Billing asks for it before it records its own confirmation. It is the order's fact, so
    that of an edit and a confirmation at the same time one is first, and the other told.
    """

    moment: ClassVar[str] = "invoiced_at"

    order_id: Id
    invoice_id: Id
    invoiced_at: Moment


OrderEvent: TypeAlias = (
    OrderPlaced
    | OrderSplit
    | OrderLineQuantityChanged
    | OrderLineRemoved
    | OrderAccepted
    | OrderRejected
    | OrderExpired
    | OrderCancelled
    | ShipmentSaved
    | TrackingAdded
    | ShipmentCorrected
    | ShipmentDelivered
    | OrderInvoiced
)

TYPES: Final[Mapping[str, type[Fact]]] = {
    "orders.order-placed.v1": OrderPlaced,
    "orders.order-split.v1": OrderSplit,
    "orders.order-line-quantity-changed.v1": OrderLineQuantityChanged,
    "orders.order-line-removed.v1": OrderLineRemoved,
    "orders.order-accepted.v1": OrderAccepted,
    "orders.order-rejected.v1": OrderRejected,
    "orders.order-expired.v1": OrderExpired,
    "orders.order-cancelled.v1": OrderCancelled,
    "orders.shipment-saved.v1": ShipmentSaved,
    "orders.tracking-added.v1": TrackingAdded,
    "orders.shipment-corrected.v1": ShipmentCorrected,
    "orders.shipment-delivered.v1": ShipmentDelivered,
    "orders.order-invoiced.v1": OrderInvoiced,
}
