"""What state a command needs an order to be in, and what to say if it is another."""

from typing import assert_never

from services.orders.model.refusals import (
    OrderIsAccepted,
    OrderIsCancelled,
    OrderIsExpired,
    OrderIsInvoiced,
    OrderIsOpen,
    OrderIsRejected,
    OrderIsShipped,
    OrderUnknown,
)
from services.orders.model.states import (
    Accepted,
    Cancelled,
    Expired,
    Missing,
    Open,
    Order,
    Rejected,
)


def open_order(order: Order, order_id: str) -> Open:
    """Return the order if it waits for its seller's word.

    Raises:
        OrderUnknown: There is none.
        OrderIsAccepted: They said yes.
        OrderIsRejected: They said no.
        OrderIsExpired: They said nothing in time.
        OrderIsCancelled: It was called off.
    """
    match order:
        case Open():
            return order
        case Missing():
            raise OrderUnknown(order_id)
        case Accepted():
            raise OrderIsAccepted(
                order_id, order.customer_id, order.customer_link, _remedy(order)
            )
        case Rejected():
            raise OrderIsRejected(order_id, order.reason, order.note)
        case Expired():
            raise OrderIsExpired(order_id)
        case Cancelled():
            raise OrderIsCancelled(order_id, order.by, order.reason)
        case _:
            assert_never(order)


def accepted_order(order: Order, order_id: str) -> Accepted:
    """Return the order if its seller ships it.

    Raises:
        OrderIsOpen: Its seller has not said so yet.
        Refused: They do not; as `open_order`.
    """
    if isinstance(order, Accepted):
        return order
    open_order(order, order_id)
    raise OrderIsOpen(order_id, "accept it first")


def editable_order(order: Order, order_id: str) -> Open | Accepted:
    """Return the order if its lines may still change.

    Raises:
        OrderIsInvoiced: Its invoice is confirmed.
        OrderIsShipped: Nothing of it is left to ship.
        Refused: It is over; as `open_order`.
    """
    standing = order if isinstance(order, Accepted) else open_order(order, order_id)
    if standing.invoice_id is not None:
        raise OrderIsInvoiced(order_id, standing.invoice_id)
    if standing.has_left:
        raise OrderIsShipped(order_id)
    return standing


def _remedy(order: Accepted) -> str:
    """Return what can be done with an accepted order instead of deciding it."""
    if order.invoice_id is not None:
        return f"invoice {order.invoice_id!r} is confirmed: have it refunded instead"
    if order.has_left:
        return "all of it has left: have the goods returned instead"
    return "cancel it instead"
