"""Reading orders over HTTP: one, its family, its history, and the table of all."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.fact import Cents, GivenMoment, Id, SellerId
from kit.asker import Asker
from kit.web.asking import Asking
from kit.web.commands import Now, etag
from kit.web.pages import read, written
from kit.web.reading import Database
from kit.web.whose import OneSeller, the_seller
from services.orders import queries
from services.orders.api.who import EITHER, SELLING
from services.orders.model.refusals import OrderUnknown
from services.orders.queries.table import Filter, InvoiceState, Place, Sort, State

_BY_MOMENT: Final[TypeAdapter[Place]] = TypeAdapter(tuple[GivenMoment, Id])
_BY_CENTS: Final[TypeAdapter[Place]] = TypeAdapter(tuple[Cents, Id])

reading = APIRouter(tags=["orders"])


class Page(BaseModel):
    """Some orders, and where to go on: give `next` as `after`."""

    orders: list[dict[str, Any]]
    next: str | None


class Wanted(BaseModel):
    """Which orders are asked for; what is left out is any.

    Units: bounds in cents of the order's own currency; from is included, until is not.
    """

    model_config = ConfigDict(extra="forbid")

    seller_id: Annotated[
        SellerId | None, Field(description="Sellers are known by their token.")
    ] = None
    state: list[State] = []
    buyer_id: Id | None = None
    product_id: Id | None = None
    placed_from: GivenMoment | None = None
    placed_until: GivenMoment | None = None
    from_cents: Annotated[Cents | None, Field(strict=False)] = None
    until_cents: Annotated[Cents | None, Field(strict=False)] = None
    invoice_state: InvoiceState | None = None
    overdue: bool | None = None

    def filter(self, asker: Asker) -> Filter:
        """Return what is asked, as the table takes it.

        Raises:
            RequestValidationError: It is nobody's whom `asker` named, and has to.
            Unknown: It is another's.
        """
        asked = {name: getattr(self, name) for name in Wanted.model_fields}
        asked["seller_id"] = the_seller(asker, self.seller_id)
        return Filter(states=asked.pop("state"), **asked)


class WantedPage(Wanted):
    """A page of them, in which order; a minus before `sort` turns it round."""

    sort: Sort = "placed_at"
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100

    def place(self) -> Place | None:
        """Return where the page before ended.

        Raises:
            RequestValidationError: No page of this sort ended there.
        """
        if self.after is None:
            return None
        try:
            return read(
                self.after, _BY_CENTS if self.sort.endswith("cents") else _BY_MOMENT
            )
        except ValueError as wrong:
            error = {"loc": ("query", "after"), "msg": str(wrong), "type": "value_error"}
            raise RequestValidationError([error]) from None


@reading.get("/orders/{order_id}", dependencies=[EITHER])
def read_order(
    order_id: Id, asker: Asking, db: Database, response: Response, at: Now
) -> dict[str, Any]:
    """Answer one order as it stands: its lines, shipments, state; what it qualifies for.

    Raises:
        OrderUnknown: No order of theirs was placed under this id.
    """
    found = queries.order(order_id, asker, db)
    if found is None:
        raise OrderUnknown(order_id)
    response.headers.update(etag(found["version"]))
    overdue = found["pending"] and found["ship_by"] < at
    promotions = queries.promotions_of(found, at)
    return found | {"overdue": overdue, "promotions": promotions}


@reading.get("/orders/{order_id}/family", dependencies=[EITHER])
def read_family(order_id: Id, asker: Asking, db: Database) -> dict[str, Any]:
    """Answer the whole family of an order, from the one that all was split from.

    Raises:
        OrderUnknown: No order of theirs was placed under this id.
    """
    known = queries.order(order_id, asker, db) is not None
    found = queries.family(order_id, db) if known else None
    if found is None:
        raise OrderUnknown(order_id)
    return found


@reading.get("/orders/{order_id}/timeline", dependencies=[EITHER])
def read_timeline(order_id: Id, asker: Asking, db: Database) -> list[dict[str, Any]]:
    """Answer all that happened to an order, oldest first.

    Raises:
        OrderUnknown: No order of theirs was placed under this id.
    """
    known = queries.order(order_id, asker, db) is not None
    found = queries.timeline(order_id, db) if known else ()
    if not found:
        raise OrderUnknown(order_id)
    return list(found)


@reading.get("/order-counts", dependencies=[SELLING])
def read_counts(seller_id: OneSeller, db: Database, at: Now) -> dict[str, int]:
    """Answer how many orders a seller has, by state, and how many are overdue."""
    return queries.counts(seller_id, at, db)


@reading.get("/orders", dependencies=[SELLING])
def read_orders(
    wanted: Annotated[WantedPage, Query()], asker: Asking, db: Database, at: Now
) -> Page:
    """Answer a seller's orders, a page at a time, oldest first unless asked otherwise."""
    place, sort = wanted.place(), wanted.sort
    found = queries.page(wanted.filter(asker), sort, place, wanted.limit, at=at, db=db)
    beyond = None
    if len(found) == wanted.limit:
        last = found[-1]
        beyond = written((last[sort.removeprefix("-")], last["order_id"]))
    return Page(orders=list(found), next=beyond)
