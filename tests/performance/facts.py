"""Facts of one order in one line each, for examples; all of seller s-1."""

from datetime import datetime

from contracts.buyers import BuyerAccessRequested, MessageSent, Sender
from contracts.catalog import ProductChanged, ProductDelisted, ProductListed
from contracts.orders import (
    Canceller,
    EditReason,
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderLine,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    RejectReason,
    ShipmentSaved,
    ShippedLine,
    Shipper,
    TrackingAdded,
)
from tests.performance.world import AS_OF, DAY

LONG_AGO = AS_OF - 20 * DAY


def placed(
    order_id: str = "o-1",
    at: datetime = LONG_AGO,
    *,
    units: int = 1,
    ship_by: datetime | None = None,
    clock_started_at: datetime | None = None,
    split_from: str | None = None,
) -> OrderPlaced:
    line = OrderLine(
        line_id="l-1", product_id="p-1", title="Mug", quantity=units, unit_price_cents=100
    )
    return OrderPlaced(
        seller_id="s-1",
        order_id=order_id,
        buyer_id="b-1",
        lines=(line,),
        shipping_cents=0,
        currency="USD",
        payment_method="card",
        ship_to_country="US",
        placed_at=at,
        ship_by=ship_by or at + 5 * DAY,
        clock_started_at=clock_started_at or at,
        split_from=split_from,
    )


def accepted(at: datetime = LONG_AGO, order_id: str = "o-1") -> OrderAccepted:
    return OrderAccepted(
        seller_id="s-1",
        order_id=order_id,
        buyer_id="b-1",
        customer_id="c-1",
        customer_link="created",
        accepted_at=at,
    )


def rejected(
    reason: RejectReason = "other", at: datetime = LONG_AGO, order_id: str = "o-1"
) -> OrderRejected:
    return OrderRejected(seller_id="s-1", order_id=order_id, reason=reason, rejected_at=at)


def expired(at: datetime = LONG_AGO, order_id: str = "o-1") -> OrderExpired:
    return OrderExpired(seller_id="s-1", order_id=order_id, expired_at=at)


def cancelled(
    by: Canceller = "buyer",
    at: datetime = LONG_AGO,
    reason: RejectReason = "other",
    order_id: str = "o-1",
) -> OrderCancelled:
    return OrderCancelled(
        seller_id="s-1", order_id=order_id, by=by, reason=reason, cancelled_at=at
    )


def cut(
    old: int,
    new: int,
    reason: EditReason = "out_of_stock",
    at: datetime = LONG_AGO,
    order_id: str = "o-1",
) -> OrderLineQuantityChanged:
    return OrderLineQuantityChanged(
        seller_id="s-1",
        order_id=order_id,
        line_id="l-1",
        old_quantity=old,
        quantity=new,
        reason=reason,
        changed_at=at,
    )


def removed(
    units: int, reason: EditReason = "out_of_stock", order_id: str = "o-1"
) -> OrderLineRemoved:
    return OrderLineRemoved(
        seller_id="s-1",
        order_id=order_id,
        line_id="l-1",
        quantity=units,
        reason=reason,
        removed_at=LONG_AGO,
    )


def shipped(
    at: datetime = LONG_AGO,
    *,
    saved_at: datetime | None = None,
    tracking_number: str | None = None,
    by: Shipper = "seller",
    units: int = 1,
    completes_order: bool = True,
) -> ShipmentSaved:
    return ShipmentSaved(
        seller_id="s-1",
        order_id="o-1",
        shipment_id="h-1",
        lines=(ShippedLine(line_id="l-1", quantity=units),),
        carrier="UPS",
        tracking_number=tracking_number,
        shipped_by=by,
        shipped_at=at,
        saved_at=saved_at or at,
        completes_order=completes_order,
    )


def tracked(at: datetime, order_id: str = "o-1") -> TrackingAdded:
    return TrackingAdded(
        seller_id="s-1",
        order_id=order_id,
        shipment_id="h-1",
        tracking_number="1Z9",
        added_at=at,
    )


def listed(
    at: datetime = LONG_AGO,
    *,
    product_id: str = "p-1",
    images: int = 3,
    chars: int = 300,
    weight_g: int | None = 350,
    height_mm: int | None = 100,
) -> ProductListed:
    return ProductListed(
        seller_id="s-1",
        product_id=product_id,
        title="Mug",
        image_count=images,
        description_chars=chars,
        weight_g=weight_g,
        length_mm=120,
        width_mm=90,
        height_mm=height_mm,
        listed_at=at,
    )


def changed(at: datetime, *, images: int, product_id: str = "p-1") -> ProductChanged:
    return ProductChanged(
        seller_id="s-1",
        product_id=product_id,
        title="Mug",
        image_count=images,
        description_chars=0,
        changed_at=at,
    )


def delisted(at: datetime, product_id: str = "p-1") -> ProductDelisted:
    return ProductDelisted(seller_id="s-1", product_id=product_id, delisted_at=at)


def requested(at: datetime = LONG_AGO, request_id: str = "r-1") -> BuyerAccessRequested:
    return BuyerAccessRequested(
        seller_id="s-1", request_id=request_id, buyer_id="b-1", requested_at=at
    )


def sent(
    sender: Sender,
    at: datetime = LONG_AGO,
    message_id: str = "m-1",
    answers: str | None = None,
) -> MessageSent:
    return MessageSent(
        seller_id="s-1",
        conversation_id="v-1",
        message_id=message_id,
        buyer_id="b-1",
        sender=sender,
        answers=answers,
        sent_at=at,
    )
