"""Whenever a fact says X, its seller owes, has kept or lost Y. Pure: no I/O, no clock.

A fact more is one function and one entry in `RULES`.
Source: domain.md 3.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from contracts.catalog import ProductChanged, ProductDelisted, ProductListed
from contracts.fact import Fact
from contracts.orders import (
    EditReason,
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    ShipmentSaved,
    TrackingAdded,
)
from services.performance.model.metrics import (
    ACCEPTANCE_ACCEPTED,
    ACCEPTANCE_TIMELY,
    SHIPPING_ON_TIME,
    SHIPPING_TRACKED,
    UNITS_FILLED,
)
from services.performance.model.obligation import ListingSaid, Said, Says

Rule: TypeAlias = Callable[[Any], Sequence[Said]]

NOT_THE_SELLERS_FAULT: Final = frozenset({"out_of_territory", "buyer_request"})
OUT_OF_STOCK: Final = "out_of_stock"


def whenever(fact: Fact) -> Sequence[Said]:
    """Return what `fact` says of obligations: nothing, if it is none of ours."""
    rule = RULES.get(type(fact))
    return rule(fact) if rule else ()


def whenever_listing(fact: Fact) -> ListingSaid | None:
    """Return what `fact` says of a listing: nothing, if it is not about one."""
    match fact:
        case ProductListed() | ProductChanged():
            return ListingSaid(
                fact.seller_id,
                fact.product_id,
                "listed" if isinstance(fact, ProductListed) else "changed",
                fact.happened_at,
                fact.image_count,
                fact.description_chars,
                fact.weight_g,
                fact.length_mm,
                fact.width_mm,
                fact.height_mm,
            )
        case ProductDelisted(seller_id=seller_id, product_id=product_id):
            return ListingSaid(seller_id, product_id, "delisted", fact.delisted_at)
        case _:
            return None


def whenever_order_placed(fact: OrderPlaced) -> Sequence[Said]:
    """Return what a new order asks: an answer, a parcel by `ship_by`, and its units.

    The units of a split child are its root's; they only move.
    """
    order, seller = fact.order_id, fact.seller_id
    units = sum(line.quantity for line in fact.lines)
    whole = fact.split_from is None
    return (
        Said(ACCEPTANCE_TIMELY, order, seller, "opened", fact.clock_started_at),
        Said(SHIPPING_ON_TIME, order, seller, "due", fact.ship_by),
        Said(UNITS_FILLED, order, seller, "due", fact.placed_at, units)
        if whole
        else Said(
            UNITS_FILLED, order, seller, "opened", fact.placed_at, units, fact.split_from
        ),
    )


def whenever_order_accepted(fact: OrderAccepted) -> Sequence[Said]:
    """Return what a yes keeps, and that the order is now one to ship."""
    order, seller, at = fact.order_id, fact.seller_id, fact.accepted_at
    return (
        Said(ACCEPTANCE_TIMELY, order, seller, "kept", at),
        Said(ACCEPTANCE_ACCEPTED, order, seller, "due", at),
        Said(ACCEPTANCE_ACCEPTED, order, seller, "kept", at),
        Said(SHIPPING_ON_TIME, order, seller, "opened", at),
    )


def whenever_order_rejected(fact: OrderRejected) -> Sequence[Said]:
    """Return what a no means: an answer all the same, and its reason decides the rest."""
    order, seller, at = fact.order_id, fact.seller_id, fact.rejected_at
    answer = (
        Said(ACCEPTANCE_TIMELY, order, seller, "kept", at),
        Said(ACCEPTANCE_ACCEPTED, order, seller, "due", at),
    )
    if fact.reason in NOT_THE_SELLERS_FAULT:
        return (*answer, Said(ACCEPTANCE_ACCEPTED, order, seller, "void", at))
    if fact.reason == OUT_OF_STOCK:
        return (*answer, Said(UNITS_FILLED, order, seller, "amount", at))
    return answer


def whenever_order_expired(fact: OrderExpired) -> Sequence[Said]:
    """Return that an order nobody decided counts as one not accepted."""
    return (
        Said(ACCEPTANCE_ACCEPTED, fact.order_id, fact.seller_id, "due", fact.expired_at),
    )


def whenever_order_cancelled(fact: OrderCancelled) -> Sequence[Said]:
    """Return what need not be done any more; whether it came too late, the query sees."""
    order, seller, at = fact.order_id, fact.seller_id, fact.cancelled_at
    said = [Said(SHIPPING_ON_TIME, order, seller, "void", at)]
    if fact.by == "buyer":
        said.append(Said(ACCEPTANCE_TIMELY, order, seller, "void", at))
    if fact.reason == OUT_OF_STOCK:
        said.append(Said(UNITS_FILLED, order, seller, "amount", at))
    return said


def whenever_order_line_quantity_changed(
    fact: OrderLineQuantityChanged,
) -> Sequence[Said]:
    """Return how many units were cut, and whether for want of stock."""
    cut = fact.old_quantity - fact.quantity
    return _units_go(fact.order_id, fact, cut, fact.reason) if cut > 0 else ()


def whenever_order_line_removed(fact: OrderLineRemoved) -> Sequence[Said]:
    """Return how many units were removed, and whether for want of stock."""
    return _units_go(fact.order_id, fact, fact.quantity, fact.reason)


def whenever_shipment_saved(fact: ShipmentSaved) -> Sequence[Said]:
    """Return what a shipment keeps, and the tracking number that it asks for.

    Units that left with a part of the order can't be lost when the rest is cancelled.
    """
    order, seller, left_at = fact.order_id, fact.seller_id, fact.shipped_at
    shipment = shipment_subject(order, fact.shipment_id)
    said = [Said(SHIPPING_TRACKED, shipment, seller, "opened", left_at)]
    if fact.shipped_by == "marketplace":
        said.append(Said(SHIPPING_TRACKED, shipment, seller, "void", left_at))
    if fact.tracking_number is not None:
        said.append(Said(SHIPPING_TRACKED, shipment, seller, "kept", fact.saved_at))
    if fact.completes_order:
        said.append(Said(SHIPPING_ON_TIME, order, seller, "kept", left_at))
    else:
        units = sum(line.quantity for line in fact.lines)
        said.append(Said(UNITS_FILLED, order, seller, "kept", left_at, units))
    return said


def whenever_tracking_added(fact: TrackingAdded) -> Sequence[Said]:
    """Return that the shipment can be followed from here on."""
    shipment = shipment_subject(fact.order_id, fact.shipment_id)
    return (Said(SHIPPING_TRACKED, shipment, fact.seller_id, "kept", fact.added_at),)


def shipment_subject(order_id: str, shipment_id: str) -> str:
    """Return the subject of a shipment: its id alone is unique within its order only."""
    return f"{order_id}/{shipment_id}"


def _units_go(order_id: str, fact: Fact, units: int, why: EditReason) -> Sequence[Said]:
    says: Says = "amount" if why == OUT_OF_STOCK else "kept"
    at = fact.happened_at
    return (Said(UNITS_FILLED, order_id, fact.seller_id, says, at, units),)


RULES: Final[Mapping[type[Fact], Rule]] = {
    OrderPlaced: whenever_order_placed,
    OrderAccepted: whenever_order_accepted,
    OrderRejected: whenever_order_rejected,
    OrderExpired: whenever_order_expired,
    OrderCancelled: whenever_order_cancelled,
    OrderLineQuantityChanged: whenever_order_line_quantity_changed,
    OrderLineRemoved: whenever_order_line_removed,
    ShipmentSaved: whenever_shipment_saved,
    TrackingAdded: whenever_tracking_added,
}
