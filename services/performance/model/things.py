"""What facts are about: orders, shipments, requests, messages, products; each named first.

A claim about a thing that no fact ever named is about nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import polars as pl

from contracts.buyers import BuyerAccessRequested, MessageSent
from contracts.catalog import InventoryReceived, ProductListed
from contracts.fact import Fact
from contracts.orders import (
    OrderPlaced,
    ShipmentCorrected,
    ShipmentSaved,
    TrackingAdded,
)
from contracts.registry import NAMES
from services.performance.model.metrics import (
    APPROVALS_TIMELY,
    RESPONSES_TIMELY,
    SHIPPING_TRACKED,
)
from services.performance.model.refusals import ClaimsRefused

Thing: TypeAlias = tuple[str, str]
"""What kind of thing, and its id within its seller."""

ORDER, SHIPMENT, REQUEST, MESSAGE, PRODUCT = (
    "order",
    "shipment",
    "request",
    "message",
    "product",
)
_OF_METRIC: Final = {
    SHIPPING_TRACKED: SHIPMENT,
    APPROVALS_TIMELY: REQUEST,
    RESPONSES_TIMELY: MESSAGE,
}
"""What the obligations of a metric are about; of all others, orders."""
_FIRST: Final[Mapping[str, type[Fact]]] = {
    ORDER: OrderPlaced,
    SHIPMENT: ShipmentSaved,
    REQUEST: BuyerAccessRequested,
    MESSAGE: MessageSent,
    PRODUCT: ProductListed,
}
"""What brings a thing about, whatever else may."""
_FIELDS: Final = {
    "order_id": ORDER,
    "new_order_id": ORDER,
    "request_id": REQUEST,
    "message_id": MESSAGE,
    "product_id": PRODUCT,
}


class Need(NamedTuple):
    """A thing that must be there, and the field that names it."""

    thing: Thing
    field: str


def named_by(sayings: pl.DataFrame, listings: pl.DataFrame) -> frozenset[Thing]:
    """Return the things that rows of one seller's facts name."""
    subjects = sayings.select(pl.col("metric").cast(pl.String), "subject_id").unique()
    products = listings["product_id"].unique().to_list()
    return frozenset(
        [(_OF_METRIC.get(metric, ORDER), subject) for metric, subject in subjects.rows()]
        + [(PRODUCT, product) for product in products]
    )


def require(claims: Sequence[Fact], known: Collection[Thing]) -> None:
    """Let claims be about what is known, or what one of them brings about.

    Raises:
        ClaimsRefused: No fact ever named what some of them are about.
    """
    there = {*known, *(thing for claim in claims for thing in _brought_by(claim))}
    wrong = [
        (
            f"claims.{place}.data.{need.field}",
            _unknown(need),
        )
        for place, claim in enumerate(claims)
        for need in _needs(claim)
        if need.thing not in there
    ]
    if wrong:
        raise ClaimsRefused(wrong)


def _unknown(need: Need) -> str:
    kind, named = need.thing
    first = NAMES[_FIRST[kind]]
    return (
        f"no fact that was known by then names a {kind} {named!r}; correct {need.field}, "
        f"or claim the {first} that brought it about, too"
    )


def _brought_by(fact: Fact) -> Iterator[Thing]:
    match fact:
        case OrderPlaced():
            yield ORDER, fact.order_id
        case ShipmentSaved():
            yield SHIPMENT, f"{fact.order_id}/{fact.shipment_id}"
        case BuyerAccessRequested():
            yield REQUEST, fact.request_id
        case MessageSent(sender="buyer", answers=None):
            yield MESSAGE, fact.message_id
        case ProductListed() | InventoryReceived():
            yield PRODUCT, fact.product_id
        case _:
            return


def _needs(fact: Fact) -> Iterator[Need]:
    match fact:
        case OrderPlaced(split_from=None) | BuyerAccessRequested():
            return
        case ProductListed() | InventoryReceived() | MessageSent(answers=None):
            return
        case OrderPlaced():
            yield Need((ORDER, str(fact.split_from)), "split_from")
        case TrackingAdded() | ShipmentCorrected():
            yield Need((SHIPMENT, f"{fact.order_id}/{fact.shipment_id}"), "shipment_id")
        case MessageSent():
            yield Need((MESSAGE, str(fact.answers)), "answers")
        case _:
            for field, kind in _FIELDS.items():
                if field in type(fact).model_fields:
                    yield Need((kind, getattr(fact, field)), field)
