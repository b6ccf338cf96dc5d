"""HTTP in and out: parse, hand over, answer. No rule lives here.

Endpoints are plain `def`: the framework runs them in threads, where the store may block.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, TypeAdapter, ValidationError

from contracts.fact import GivenMoment, Id
from kit.web.asking import Asking, may
from kit.web.bulk import bulk_router
from kit.web.commands import command_router
from kit.web.reading import Database
from kit.web.whose import Fixed, OneSeller
from services.orders import commands, queries
from services.orders.handlers import to_request
from services.orders.model.refusals import LineUnknown, OrderUnknown, ShipmentUnknown

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    refusal.code: HTTPStatus.NOT_FOUND
    for refusal in (OrderUnknown, LineUnknown, ShipmentUnknown)
}
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(GivenMoment)
_ID: Final[TypeAdapter[str]] = TypeAdapter(Id)
_SHIPMENT: Final = "/orders/{order_id}/shipments/{shipment_id}"

_PLACING: Final = may("buyer", "operator", "service")
_SELLING: Final = may("seller", "operator", "service")
_EITHER: Final = may("seller", "buyer", "operator", "service")
_RUNNING: Final = may("operator", "service")

_WAYS: Final = (
    ("/orders", commands.PlaceOrder, _PLACING),
    ("/orders/{order_id}/acceptance", commands.AcceptOrder, _SELLING),
    ("/orders/{order_id}/rejection", commands.RejectOrder, _SELLING),
    ("/orders/{order_id}/expiry", commands.ExpireOrder, _RUNNING),
    ("/orders/{order_id}/cancellation", commands.CancelOrder, _EITHER),
    ("/orders/{order_id}/shipments", commands.SaveShipment, _SELLING),
    (f"{_SHIPMENT}/tracking", commands.AddTracking, _SELLING),
    (f"{_SHIPMENT}/delivery", commands.MarkDelivered, _RUNNING),
)
_FIXES: Final[Fixed] = {
    "by": lambda asker: None if asker.acts_for_all else asker.role,
    "shipped_by": lambda asker: "seller" if asker.role == "seller" else None,
}
"""What a seller or a buyer can only say of themselves: others' words would excuse them."""

router = APIRouter()
router.include_router(command_router(_WAYS, to_request, "orders", _FIXES))
router.include_router(bulk_router([command for _, command, _ in _WAYS], to_request))


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


@router.get("/orders/{order_id}", tags=["orders"], dependencies=[_EITHER])
def read_order(order_id: Id, asker: Asking, db: Database) -> dict[str, Any]:
    """Answer one order as it stands: its lines, its shipments, its state.

    Raises:
        OrderUnknown: No order of theirs was placed under this id.
    """
    found = queries.order(order_id, asker, db)
    if found is None:
        raise OrderUnknown(order_id)
    return found


@router.get("/orders", tags=["orders"], dependencies=[_SELLING])
def read_orders(
    seller_id: OneSeller,
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
