"""The listings of a seller: what is said of products, and what is missing."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, TypeAdapter

from contracts.fact import Id
from kit.eventstore.requests import Preview
from kit.web.commands import Way, command_router, etag
from kit.web.pages import Limit, named_by_a_page, read, written
from kit.web.reading import Database
from kit.web.whose import SellerInPath
from services.catalog import commands, queries
from services.catalog.api.who import SELLING
from services.catalog.handlers import to_request
from services.catalog.model.completeness import Completeness, completeness
from services.catalog.model.listing import Listed, Listing, ProductUnknown

_PRODUCT: Final = "/sellers/{seller_id}/products/{product_id}"
_PLACE: Final[TypeAdapter[tuple[str]]] = TypeAdapter(tuple[Id])


class ListingPreview(BaseModel):
    """A listing as it would stand.

    Units: `completeness` in points of 100; null where the product would not be for sale.
    Shape: `version` is what it was tried on: give its ETag to mean it.
    """

    version: int
    state: Literal["listed", "delisted"]
    completeness: Completeness | None


def preview_listing(seen: Preview) -> ListingPreview:
    """Return what the edit that was tried, and not refused, would make of the listing."""
    after: Listing = seen.after
    if isinstance(after, Listed):
        points = completeness(after.description)
        return ListingPreview(version=seen.version, state="listed", completeness=points)
    return ListingPreview(version=seen.version, state="delisted", completeness=None)


_WAYS: Final = (
    Way(f"{_PRODUCT}/listing", commands.OfferProduct, SELLING),
    Way(f"{_PRODUCT}/change", commands.DescribeProduct, SELLING, preview_listing),
    Way(f"{_PRODUCT}/delisting", commands.DelistProduct, SELLING, preview_listing),
)

router = APIRouter(tags=["catalog"])
router.include_router(command_router(_WAYS, to_request, "catalog"))


class Listings(BaseModel):
    """Some listings, by product, and where to go on: give `next` as `after`."""

    listings: list[dict[str, Any]]
    next: str | None


@router.get(f"{_PRODUCT}/listing", dependencies=[SELLING])
def read_listing(
    seller_id: SellerInPath, product_id: Id, db: Database, response: Response
) -> dict[str, Any]:
    """Answer what is said of a product, its points of 100, and what the others lack.

    Its ETag is what who changes or delists it gives as `If-Match`.

    Raises:
        ProductUnknown: It was never listed.
    """
    found = queries.listing(seller_id, product_id, db)
    if found is None:
        raise ProductUnknown(product_id)
    response.headers.update(etag(found["version"]))
    return found


@router.get("/sellers/{seller_id}/listings", dependencies=[SELLING])
def read_listings(
    seller_id: SellerInPath,
    db: Database,
    after: Annotated[str, named_by_a_page(_PLACE)] | None = None,
    limit: Limit = 100,
) -> Listings:
    """Answer a seller's listings, delisted ones too, by product, a page at a time."""
    place = "" if after is None else read(after, _PLACE)[0]
    found = queries.listings_of(seller_id, place, limit, db)
    last = found[-1]["product_id"] if len(found) == limit else None
    return Listings(listings=[*found], next=None if last is None else written((last,)))
