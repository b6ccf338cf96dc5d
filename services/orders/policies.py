"""Whenever an order is to be accepted, or to hold more, its units are set aside first.

Source: docs/decisions/0016-stock-for-orders.md.
"""

from collections.abc import Mapping, Sequence

from contracts.fact import Fact
from contracts.orders import OrderAccepted, OrderLineQuantityChanged
from services.orders.model.states import Accepted, Order


def units_needed(facts: Sequence[Fact], after: Order) -> Mapping[str, int]:
    """Return the units, by product, that must be aside before `facts` become true.

    All of an order that is accepted by them; of one that was, those of the products of
    which it would hold more. A part of an accepted order holds what its parent held.

    Shape: `after` is the order as it would stand.
    """
    if not isinstance(after, Accepted):
        return {}
    order_id = after.placed.order_id
    raised = {
        fact.line_id
        for fact in facts
        if isinstance(fact, OrderLineQuantityChanged) and fact.quantity > fact.old_quantity
    }
    accepted = any(isinstance(f, OrderAccepted) and f.order_id == order_id for f in facts)
    lines = [*after.lines.values()]
    asked = {line.product_id for line in lines if accepted or line.line_id in raised}
    return {
        product_id: sum(line.quantity for line in lines if line.product_id == product_id)
        for product_id in sorted(asked)
    }
