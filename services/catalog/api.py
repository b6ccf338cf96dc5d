"""HTTP in and out: parse, hand over, answer. No rule lives here.

Endpoints are plain `def`: the framework runs them in threads, where the store may block.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter

from contracts.fact import Id
from kit.web.asking import may
from kit.web.bulk import bulk_router
from kit.web.commands import command_router
from kit.web.reading import Database
from kit.web.whose import SellerInPath
from services.catalog import commands, queries
from services.catalog.handlers import to_request
from services.catalog.model.inventory import NeverStocked
from services.catalog.model.listing import ProductUnknown

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    refusal.code: HTTPStatus.NOT_FOUND for refusal in (NeverStocked, ProductUnknown)
}
_PRODUCT: Final = "/sellers/{seller_id}/products/{product_id}"
_SELLING: Final = may("seller", "operator", "service")
_WAYS: Final = (
    (f"{_PRODUCT}/listing", commands.ListProduct, _SELLING),
    (f"{_PRODUCT}/change", commands.ChangeProduct, _SELLING),
    (f"{_PRODUCT}/delisting", commands.DelistProduct, _SELLING),
    (f"{_PRODUCT}/receipts", commands.ReceiveInventory, _SELLING),
    (f"{_PRODUCT}/deductions", commands.DeductInventory, _SELLING),
    (f"{_PRODUCT}/restorations", commands.RestoreInventory, _SELLING),
)

router = APIRouter()
router.include_router(command_router(_WAYS, to_request, "catalog"))
router.include_router(bulk_router([command for _, command, _ in _WAYS], to_request))


@router.get(f"{_PRODUCT}/listing", tags=["catalog"], dependencies=[_SELLING])
def read_listing(seller_id: SellerInPath, product_id: Id, db: Database) -> dict[str, Any]:
    """Answer what is said of a product.

    Raises:
        ProductUnknown: It was never listed.
    """
    found = queries.listing(seller_id, product_id, db)
    if found is None:
        raise ProductUnknown(product_id)
    return found


@router.get(f"{_PRODUCT}/stock", tags=["catalog"], dependencies=[_SELLING])
def read_stock(seller_id: SellerInPath, product_id: Id, db: Database) -> dict[str, Any]:
    """Answer a product's units on hand, and the lots received.

    Raises:
        NeverStocked: No unit of it ever came in.
    """
    found = queries.stock_of(seller_id, product_id, db)
    if found is None:
        raise NeverStocked(product_id)
    return found
