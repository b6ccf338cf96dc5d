"""The service's front door: the stream and the rules that a command goes to."""

from typing import get_args

from kit.asker import Asker
from kit.eventstore.requests import AnyRequest, Request
from services.catalog.commands import InventoryCommand, ListingCommand
from services.catalog.model import INVENTORY, LISTING


def to_request(
    command: ListingCommand | InventoryCommand, _: Asker | None = None
) -> AnyRequest:
    """Return `command` as what is asked of its listing's or its stock's stream.

    Shape: a command names its seller, who is the asker if a seller asks.
    """
    subject = f"{command.seller_id}:{command.product_id}"
    if isinstance(command, get_args(ListingCommand)):
        return Request(stream_id=f"listing-{subject}", decider=LISTING, command=command)
    return Request(stream_id=f"inventory-{subject}", decider=INVENTORY, command=command)
