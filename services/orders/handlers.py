"""The service's front door: the stream and the rules that a command goes to."""

from contracts.orders import OrderEvent
from kit.eventstore.requests import Request
from services.orders.commands import OrderCommand
from services.orders.model import ORDER, Order


def to_request(command: OrderCommand) -> Request[Order, OrderCommand, OrderEvent]:
    """Return `command` as what is asked of its order's stream."""
    return Request(stream_id=f"order-{command.order_id}", decider=ORDER, command=command)
