"""The service's front door: the stream and the rules that a command goes to."""

from contracts.billing import StoreFeeEvent
from kit.eventstore.requests import Request
from services.billing.commands import BillingCommand
from services.billing.model.charging import STORE_FEES, StoreFees


def to_request(
    command: BillingCommand,
) -> Request[StoreFees, BillingCommand, StoreFeeEvent]:
    """Return `command` as what is asked of its seller's store fees."""
    return Request(
        stream_id=f"store-fees-{command.seller_id}", decider=STORE_FEES, command=command
    )
