"""Which stocks were confirmed lately, from facts, one product at a time."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from contracts.catalog import (
    InventoryCounted,
    InventoryDeducted,
    InventoryReceived,
    InventoryRestored,
)
from contracts.fact import Fact

Moved = InventoryReceived | InventoryDeducted | InventoryRestored | InventoryCounted


def confirmed(
    for_sale: Iterable[str], facts: Iterable[Fact], days: int, as_of: datetime
) -> Iterator[bool]:
    """Say of each product `for_sale` that ever came in whether its stock was confirmed."""
    known = [f for f in facts if isinstance(f, Moved) and f.happened_at <= as_of]
    for product in for_sale:
        mine = [f for f in known if f.product_id == product]
        if any(isinstance(f, InventoryReceived) for f in mine):
            yield any(f.happened_at > as_of - timedelta(days=days) for f in mine)
