"""The stock of a product: its movements as commands, what is there, and how it came so."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter

from contracts.fact import Id
from kit.web.commands import Way, command_router
from kit.web.pages import Limit, named_by_a_page, read, written
from kit.web.reading import Database
from kit.web.whose import SellerInPath
from services.catalog import commands, queries
from services.catalog.api.who import SELLING
from services.catalog.handlers import to_request
from services.catalog.model.stock import NeverStocked

_PRODUCT: Final = "/sellers/{seller_id}/products/{product_id}"
_PLACE: Final[TypeAdapter[tuple[datetime, int]]] = TypeAdapter(tuple[datetime, int])
_WAYS: Final = (
    Way(f"{_PRODUCT}/receipts", commands.ReceiveInventory, SELLING),
    Way(f"{_PRODUCT}/deductions", commands.DeductInventory, SELLING),
    Way(f"{_PRODUCT}/restorations", commands.RestoreInventory, SELLING),
    Way(f"{_PRODUCT}/counts", commands.CountStock, SELLING),
)

router = APIRouter(tags=["catalog"])
router.include_router(command_router(_WAYS, to_request, "catalog"))


class Movements(BaseModel):
    """Some movements, the last first, and where to go on: give `next` as `after`."""

    movements: list[dict[str, Any]]
    next: str | None


@router.get(f"{_PRODUCT}/stock", dependencies=[SELLING])
def read_stock(seller_id: SellerInPath, product_id: Id, db: Database) -> dict[str, Any]:
    """Answer a product's units on hand, lot by lot, and those set aside for orders.

    Raises:
        NeverStocked: No unit of it ever came in.
    """
    found = queries.stock_of(seller_id, product_id, db)
    if found is None:
        raise NeverStocked(product_id)
    return found


@router.get(f"{_PRODUCT}/stock/history", dependencies=[SELLING])
def read_stock_history(
    seller_id: SellerInPath,
    product_id: Id,
    db: Database,
    after: Annotated[str, named_by_a_page(_PLACE)] | None = None,
    limit: Limit = 100,
) -> Movements:
    """Answer what moved, the last first, with what was on hand after it, and of which lots.

    Raises:
        NeverStocked: No unit of it ever came in.
    """
    place = None if after is None else read(after, _PLACE)
    found = queries.stock_history(seller_id, product_id, place, limit + 1, db)
    if not found and place is None:
        raise NeverStocked(product_id)
    page, more = found[:limit], len(found) > limit
    return Movements(
        movements=page,
        next=written((page[-1]["at"], page[-1]["version"])) if more else None,
    )
