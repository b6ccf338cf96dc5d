"""HTTP in and out: parse, hand over, answer. No rule lives here.

Endpoints are plain `def`: the framework runs them in threads, where the store may block.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from kit.web.bulk import bulk_router
from services.catalog import commands
from services.catalog.api import browsing, listings, reservations, stock
from services.catalog.handlers import to_request
from services.catalog.model.listing import ProductUnknown
from services.catalog.model.stock import NeverStocked

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    refusal.code: HTTPStatus.NOT_FOUND for refusal in (NeverStocked, ProductUnknown)
}
_IN_BULK: Final = (
    commands.ListProduct,
    commands.ChangeProduct,
    commands.DelistProduct,
    commands.ReceiveInventory,
    commands.DeductInventory,
    commands.RestoreInventory,
    commands.CountStock,
)

router = APIRouter()
router.include_router(listings.router)
router.include_router(stock.router)
router.include_router(reservations.router)
router.include_router(browsing.router)
router.include_router(bulk_router(_IN_BULK, to_request))
