"""HTTP in and out: parse, hand over, answer. No rule lives here.

Endpoints are plain `def`: the framework runs them in threads, where the store may block.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter

from kit.web.bulk import bulk_router
from kit.web.commands import command_router
from kit.web.reading import Database
from services.catalog import commands, queries
from services.catalog.handlers import to_request
from services.catalog.model.listing import ProductUnknown
from services.catalog.model.stock import NeverStocked

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    refusal.code: HTTPStatus.NOT_FOUND for refusal in (NeverStocked, ProductUnknown)
}
_PRODUCT: Final = "/sellers/{seller_id}/products/{product_id}"
_WAYS: Final = (
    (f"{_PRODUCT}/listing", commands.ListProduct),
    (f"{_PRODUCT}/change", commands.ChangeProduct),
    (f"{_PRODUCT}/delisting", commands.DelistProduct),
    (f"{_PRODUCT}/receipts", commands.ReceiveInventory),
    (f"{_PRODUCT}/deductions", commands.DeductInventory),
    (f"{_PRODUCT}/restorations", commands.RestoreInventory),
    (f"{_PRODUCT}/counts", commands.CountStock),
)

router = APIRouter()
router.include_router(command_router(_WAYS, to_request, "catalog"))
router.include_router(bulk_router([command for _, command in _WAYS], to_request))


@router.get(f"{_PRODUCT}/listing", tags=["catalog"])
def read_listing(seller_id: str, product_id: str, db: Database) -> dict[str, Any]:
    """Answer what is said of a product.

    Raises:
        ProductUnknown: It was never listed.
    """
    found = queries.listing(seller_id, product_id, db)
    if found is None:
        raise ProductUnknown(product_id)
    return found


@router.get(f"{_PRODUCT}/stock", tags=["catalog"])
def read_stock(seller_id: str, product_id: str, db: Database) -> dict[str, Any]:
    """Answer a product's units on hand, and the lots received.

    Raises:
        NeverStocked: No unit of it ever came in.
    """
    found = queries.stock_of(seller_id, product_id, db)
    if found is None:
        raise NeverStocked(product_id)
    return found
