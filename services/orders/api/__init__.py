"""HTTP in and out: parse, hand over, answer. No rule lives here.

Endpoints are plain `def`: the framework runs them in threads, where the store may block.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel, TypeAdapter, ValidationError

from contracts.fact import GivenMoment, Id, SellerId
from kit.web.bulk import bulk_router
from kit.web.commands import Now, Way, command_router, etag
from kit.web.reading import Database
from services.orders import commands, queries
from services.orders.api.previews import preview_edit
from services.orders.handlers import to_request
from services.orders.model.refusals import (
    AccessNeeded,
    LineUnknown,
    OrderUnknown,
    ShipmentUnknown,
    TrackingMalformed,
)

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    refusal.code: HTTPStatus.NOT_FOUND
    for refusal in (OrderUnknown, LineUnknown, ShipmentUnknown)
} | {
    AccessNeeded.code: HTTPStatus.FORBIDDEN,
    TrackingMalformed.code: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(GivenMoment)
_ID: Final[TypeAdapter[str]] = TypeAdapter(Id)
_LINE: Final = "/orders/{order_id}/lines/{line_id}"
_SHIPMENT: Final = "/orders/{order_id}/shipments/{shipment_id}"

_WAYS: Final = (
    Way("/orders", commands.PlaceOrder, prepare=queries.of_buyer),
    Way("/orders/{order_id}/splits", commands.SplitOrder, preview_edit),
    Way(f"{_LINE}/quantity", commands.ChangeQuantity, preview_edit),
    Way(f"{_LINE}/removal", commands.RemoveLine, preview_edit),
    Way("/orders/{order_id}/acceptance", commands.AcceptOrder, prepare=queries.of_buyer),
    Way("/orders/{order_id}/rejection", commands.RejectOrder),
    Way("/orders/{order_id}/expiry", commands.ExpireOrder),
    Way("/orders/{order_id}/cancellation", commands.CancelOrder),
    Way("/orders/{order_id}/shipments", commands.SaveShipment),
    Way(f"{_SHIPMENT}/tracking", commands.AddTracking),
    Way(f"{_SHIPMENT}/correction", commands.CorrectShipment),
    Way(f"{_SHIPMENT}/delivery", commands.MarkDelivered),
)

router = APIRouter()
router.include_router(command_router(_WAYS, to_request, "orders"))
router.include_router(bulk_router([way.command for way in _WAYS], to_request))


class Page(BaseModel):
    """Some orders, and where to go on: give `next` as `after`."""

    orders: list[dict[str, Any]]
    next: str | None


def _place(after: str) -> tuple[datetime, str]:
    """Return the `(placed_at, order_id)` that a page's `next` names."""
    placed_at, _, order_id = after.partition("|")
    return _MOMENT.validate_python(placed_at), _ID.validate_python(order_id)


def _named_by_a_page(after: str) -> str:
    try:
        _place(after)
    except ValidationError:
        raise ValueError(
            "no page ended there; give the `next` of the page before, as it is"
        ) from None
    return after


After: TypeAlias = Annotated[str, AfterValidator(_named_by_a_page)]


@router.get("/orders/{order_id}", tags=["orders"])
def read_order(order_id: Id, db: Database, response: Response, at: Now) -> dict[str, Any]:
    """Answer one order as it stands: its lines, shipments, state; what it qualifies for.

    Raises:
        OrderUnknown: No order was placed under this id.
    """
    found = queries.order(order_id, db)
    if found is None:
        raise OrderUnknown(order_id)
    response.headers.update(etag(found["version"]))
    return found | {"promotions": queries.promotions_of(found, at)}


@router.get("/orders/{order_id}/family", tags=["orders"])
def read_family(order_id: Id, db: Database) -> dict[str, Any]:
    """Answer the whole family of an order, from the one that all was split from.

    Raises:
        OrderUnknown: No order was placed under this id.
    """
    found = queries.family(order_id, db)
    if found is None:
        raise OrderUnknown(order_id)
    return found


@router.get("/orders", tags=["orders"])
def read_orders(
    seller_id: SellerId,
    db: Database,
    after: After | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Page:
    """Answer a seller's orders, oldest first, a page at a time."""
    place = None if after is None else _place(after)
    found = queries.orders_of(seller_id, place, limit, db)
    last = found[-1] if len(found) == limit else None
    beyond = f"{last['placed_at'].isoformat()}|{last['order_id']}" if last else None
    return Page(orders=list(found), next=beyond)
