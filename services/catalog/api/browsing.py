"""What a buyer finds for sale."""

from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter

from contracts.fact import Id, SellerId
from kit.web.pages import Limit, named_by_a_page, read, written
from kit.web.reading import Database
from kit.web.whose import OneBuyer
from services.catalog import queries
from services.catalog.api.who import BUYING

_Place: TypeAlias = tuple[queries.Visibility, datetime, Id, Id]
_PLACE: Final[TypeAdapter[_Place]] = TypeAdapter(_Place)

router = APIRouter(tags=["browsing"])


class Products(BaseModel):
    """Some products for sale, and where to go on: give `next` as `after`."""

    products: list[dict[str, Any]]
    next: str | None


@router.get("/browse", dependencies=[BUYING])
def browse(
    buyer_id: OneBuyer,
    db: Database,
    seller_id: SellerId | None = None,
    after: Annotated[str, named_by_a_page(_PLACE)] | None = None,
    limit: Limit = 50,
) -> Products:
    """Answer what a buyer may see: those most visible first, then the newest.

    Products of a gated seller are there only with the seller's approval of this buyer, of
    one who is suspended not at all, and of one who takes no new buyers for customers.
    `available` are the units on hand, or null where no stock is kept.
    """
    place = None if after is None else read(after, _PLACE)
    question = queries.Browsing(buyer_id, seller_id, place, limit)
    found = queries.for_sale(question, db)
    last = queries.place_of(found[-1]) if len(found) == limit else None
    shown = [
        {name: said for name, said in product.items() if name != "visibility"}
        for product in found
    ]
    return Products(products=shown, next=None if last is None else written(last))
