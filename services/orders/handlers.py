"""The service's front door: the stream and the rules that a command goes to."""

from dataclasses import replace

from contracts.orders import OrderEvent
from kit.asker import Asker
from kit.eventstore.requests import Request
from services.orders.commands import OrderCommand
from services.orders.model import ORDER, Order, decider_for
from services.orders.model.happening import happening


def to_request(
    command: OrderCommand, asker: Asker | None = None
) -> Request[Order, OrderCommand, OrderEvent]:
    """Return `command` as what `asker` asks of its order's stream.

    Shape: without an asker, the service itself asks, for all.
    """
    decider = ORDER if asker is None else decider_for(asker)
    return Request(stream_id=f"order-{command.order_id}", decider=decider, command=command)


def happening_now(
    command: OrderCommand, asker: Asker
) -> Request[Order, OrderCommand, OrderEvent]:
    """Return `command` likewise, as what is asked while it happens."""
    request = to_request(command, asker)
    return replace(request, decider=happening(request.decider))
