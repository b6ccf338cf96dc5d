"""Whose an order is: to anybody else there is no such order."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from contracts.orders import OrderEvent
from kit.asker import Asker
from kit.domain import Decider
from services.orders.commands import OfBuyer, OrderCommand, PlaceOrder
from services.orders.model.order import ORDER
from services.orders.model.states import Missing, Order


def decider_for(asker: Asker) -> Decider[Order, OrderCommand, OrderEvent]:
    """Return the order's decider for `asker`: an order of others is one never placed.

    Who places one is told when its id is taken, whoever has it.
    """
    return ORDER if asker.acts_for_all else replace(ORDER, decide=partial(_decide, asker))


def _decide(asker: Asker, command: OrderCommand, order: Order) -> Sequence[OrderEvent]:
    asked = command.command if isinstance(command, OfBuyer) else command
    placing = isinstance(asked, PlaceOrder)
    return ORDER.decide(command, order if placing or is_theirs(asker, order) else Missing())


def is_theirs(asker: Asker, order: Order) -> bool:
    """Return whether `order` was placed with the seller, or by the buyer, who asks."""
    if isinstance(order, Missing):
        return False
    match asker.role:
        case "seller":
            return order.seller_id == asker.id
        case "buyer":
            return order.buyer_id == asker.id
        case _:
            return True
