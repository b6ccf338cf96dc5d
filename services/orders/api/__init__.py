"""HTTP in and out: parse, hand over, answer. No rule lives here.

Endpoints are plain `def`: the framework runs them in threads, where the store may block.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter

from kit.web.bulk import bulk_router
from kit.web.commands import Way, command_router
from services.orders import commands, queries
from services.orders.api.exports import exports
from services.orders.api.many import many
from services.orders.api.previews import preview_edit
from services.orders.api.reading import reading
from services.orders.api.reserving import RESERVING
from services.orders.api.who import EITHER, FIXES, PLACING, RUNNING, SELLING
from services.orders.handlers import happening_now, to_request
from services.orders.model.export_refusals import ExportUnknown
from services.orders.model.refusals import (
    AccessNeeded,
    LineUnknown,
    NewBuyersLimited,
    OrderUnknown,
    SellerSuspended,
    ShipmentUnknown,
    TrackingMalformed,
)

STATUSES: Final[Mapping[str, HTTPStatus]] = (
    {
        refusal.code: HTTPStatus.NOT_FOUND
        for refusal in (OrderUnknown, LineUnknown, ShipmentUnknown, ExportUnknown)
    }
    | {
        refusal.code: HTTPStatus.FORBIDDEN
        for refusal in (AccessNeeded, NewBuyersLimited, SellerSuspended)
    }
    | {
        TrackingMalformed.code: HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_LINE: Final = "/orders/{order_id}/lines/{line_id}"
_SHIPMENT: Final = "/orders/{order_id}/shipments/{shipment_id}"

_WAYS: Final = (
    Way("/orders", commands.PlaceOrder, PLACING, prepare=queries.of_buyer),
    Way("/orders/{order_id}/splits", commands.SplitOrder, SELLING, preview_edit),
    Way(
        f"{_LINE}/quantity",
        commands.ChangeQuantity,
        SELLING,
        preview_edit,
        before=RESERVING,
    ),
    Way(f"{_LINE}/removal", commands.RemoveLine, SELLING, preview_edit),
    Way(
        "/orders/{order_id}/acceptance",
        commands.AcceptOrder,
        SELLING,
        prepare=queries.of_buyer,
        before=RESERVING,
    ),
    Way("/orders/{order_id}/rejection", commands.RejectOrder, SELLING),
    Way("/orders/{order_id}/expiry", commands.ExpireOrder, RUNNING),
    Way("/orders/{order_id}/cancellation", commands.CancelOrder, EITHER),
    Way("/orders/{order_id}/shipments", commands.SaveShipment, SELLING),
    Way(f"{_SHIPMENT}/tracking", commands.AddTracking, SELLING),
    Way(f"{_SHIPMENT}/correction", commands.CorrectShipment, SELLING),
    Way(f"{_SHIPMENT}/delivery", commands.MarkDelivered, RUNNING),
    Way("/orders/{order_id}/invoice-confirmation", commands.ConfirmInvoice, RUNNING),
)

router = APIRouter()
router.include_router(command_router(_WAYS, happening_now, "orders", FIXES))
router.include_router(bulk_router([way.command for way in _WAYS], to_request))
router.include_router(reading)
router.include_router(many)
router.include_router(exports)
