"""The service's front door: the stream and the rules that a command goes to."""

from dataclasses import fields
from typing import get_args

from kit.asker import Asker
from kit.eventstore.requests import AnyRequest, Request
from services.catalog.commands import (
    ChangeProduct,
    InventoryCommand,
    ListingCommand,
    ListProduct,
    OfferProduct,
    SellersWord,
)
from services.catalog.model import INVENTORY, LISTING


def to_request(
    command: SellersWord | ListingCommand | InventoryCommand, _: Asker | None = None
) -> AnyRequest:
    """Return `command` as what is asked of its listing's or its stock's stream.

    Shape: a command names its seller, who is the asker if a seller asks.
    """
    if isinstance(command, SellersWord):
        command = _as_told(command)
    subject = f"{command.seller_id}:{command.product_id}"
    if isinstance(command, get_args(ListingCommand)):
        return Request(stream_id=f"listing-{subject}", decider=LISTING, command=command)
    return Request(stream_id=f"inventory-{subject}", decider=INVENTORY, command=command)


def _as_told(said: SellersWord) -> ListProduct | ChangeProduct:
    """Return what a seller says as the marketplace tells it: the counts follow."""
    kind = ListProduct if isinstance(said, OfferProduct) else ChangeProduct
    return kind(**{field.name: getattr(said, field.name) for field in fields(said)})
