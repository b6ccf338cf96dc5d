"""What orders asks of stock before it accepts, and which acceptances wait."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from contracts.fact import Id, SellerId
from kit.web.asking import Asking
from kit.web.commands import Now
from kit.web.problems import problem
from kit.web.reading import Database
from kit.web.whose import OneSeller
from services.catalog.adapters import ReservationShort, reserve, shortages
from services.catalog.api.who import RUNNING, SELLING
from services.catalog.commands import LineToReserve, Reservation

router = APIRouter(tags=["reservations"])


class Reserved(BaseModel):
    """What is set aside for an order by now.

    Units: of stock, by product, those included that have left in parcels; products that
        were never stocked are left out.
    """

    order_id: str
    units: dict[str, int]


class ToReserve(BaseModel):
    """What an order needs to be accepted, or to hold more.

    Units: `version` counts the facts of the order that this was judged on: until later ones
        are heard, those that are still on their way take nothing back of it.
    """

    model_config = ConfigDict(extra="forbid")

    seller_id: SellerId
    order_id: Id
    version: Annotated[int, Field(ge=1, le=10**9)]
    lines: Annotated[tuple[LineToReserve, ...], Field(min_length=1, max_length=1_000)]


@router.post("/reservations", response_model=Reserved, dependencies=[RUNNING])
def reserve_units(
    body: ToReserve, asker: Asking, request: Request, at: Now
) -> Reserved | JSONResponse:
    """Set aside what an order needs before it is accepted: all of it, or nothing.

    Asked again for the same order, what is set aside already counts. `short` in the problem
    says of which products there is too little.

    Raises:
        OrderEnded: It was rejected, cancelled or has expired.
    """
    asked = Reservation(
        seller_id=body.seller_id,
        order_id=body.order_id,
        version=body.version,
        lines=body.lines,
        at=at,
    )
    try:
        units = reserve(asked, request.app.state.streams, str(asker))
    except ReservationShort as why:
        short = [asdict(one) for one in why.short]
        return problem(HTTPStatus.CONFLICT, why.code, str(why), short=short)
    return Reserved(order_id=body.order_id, units=dict(units))


@router.get("/shortages", dependencies=[SELLING])
def read_shortages(seller_id: OneSeller, db: Database) -> list[dict[str, Any]]:
    """Answer which accepted orders wait for units, the oldest acceptance first."""
    return [asdict(one) for one in shortages(seller_id, db)]
