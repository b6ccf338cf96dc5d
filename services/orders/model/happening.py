"""What is asked while it happens must be possible now; what is told later has happened.

So these rules hold for requests of people and services, one at a time or a few, and not for
commands in bulk, which tell of years ago, under ids that others chose.
"""

from collections.abc import Iterable, Sequence, Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderEvent,
    OrderPlaced,
    ShipmentSaved,
)
from kit.addresses import fits_a_path
from kit.domain import Decider
from services.orders.commands import OrderCommand
from services.orders.model.refusals import (
    IdNotForPaths,
    ReasonNotTheirs,
    ShipByOver,
    ShippedAtImpossible,
)
from services.orders.model.states import Order, Placed

CLOCKS_DIFFER: Final = timedelta(hours=1)
"""How far a seller's clock may be ahead of ours."""

BUYERS_REASONS: Final[AbstractSet[str]] = {"buyer_request", "other"}
"""Why a buyer cancels; other reasons are the seller's, who is measured by them."""

_Orders = Decider[Order, OrderCommand, OrderEvent]


def happening(decider: _Orders) -> _Orders:
    """Return `decider` for what is asked while it happens."""
    return replace(decider, decide=partial(_decide, decider))


def _decide(decider: _Orders, command: OrderCommand, order: Order) -> Sequence[OrderEvent]:
    facts = decider.decide(command, order)
    for fact in facts:
        for field, value in _chosen_ids(fact):
            if not fits_a_path(value):
                raise IdNotForPaths(field, value)
        _check(fact, order)
    return facts


def _chosen_ids(fact: OrderEvent) -> Iterable[tuple[str, str]]:
    """Return the ids that `fact` begins to use, which paths will name, by their field.

    Those of a command's own fields the API has looked at: others stand deeper in it.
    """
    match fact:
        case OrderPlaced():
            yield from (("line_id", line.line_id) for line in fact.lines)
        case OrderAccepted(customer_link="created"):
            yield "customer_id", fact.customer_id
        case ShipmentSaved():
            yield "shipment_id", fact.shipment_id
        case _:
            pass


def _check(fact: OrderEvent, order: Order) -> None:
    """Let be what can be.

    Raises:
        ShipByOver: An order is to be shipped before it is placed.
        ShippedAtImpossible: A parcel left before that, or is yet to leave.
        ReasonNotTheirs: A buyer cancels for a reason that only a seller can have.
    """
    match fact:
        case OrderPlaced(ship_by=ship_by, placed_at=at) if ship_by <= at:
            raise ShipByOver(ship_by, at)
        case ShipmentSaved() if isinstance(order, Placed):
            since, until = order.clock_started_at, fact.saved_at + CLOCKS_DIFFER
            if not since <= fact.shipped_at <= until:
                raise ShippedAtImpossible(since, until)
        case OrderCancelled(by="buyer", reason=reason) if reason not in BUYERS_REASONS:
            raise ReasonNotTheirs(reason, BUYERS_REASONS)
        case _:
            pass
