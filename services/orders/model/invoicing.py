"""The confirmation of an order's invoice: what it comes to stands from there on."""

from collections.abc import Sequence

from contracts.orders import OrderEvent, OrderInvoiced
from services.orders.commands import ConfirmInvoice
from services.orders.model.refusals import NothingShipped, OrderIsInvoiced
from services.orders.model.states import Accepted


def confirm_invoice(command: ConfirmInvoice, order: Accepted) -> Sequence[OrderEvent]:
    """Return the fact after which nothing of what is invoiced may change.

    Raises:
        OrderIsInvoiced: Another invoice of it is confirmed.
        NothingShipped: None of it has left yet.
    """
    if order.invoice_id == command.invoice_id:
        return []
    if order.invoice_id is not None:
        raise OrderIsInvoiced(command.order_id, order.invoice_id)
    if not order.shipments:
        raise NothingShipped(command.order_id)
    return [
        OrderInvoiced(
            seller_id=order.seller_id,
            order_id=command.order_id,
            invoice_id=command.invoice_id,
            invoiced_at=command.at,
        )
    ]
