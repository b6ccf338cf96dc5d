"""What an edit would do, as its author is shown it before they mean it."""

from collections.abc import Sequence

from pydantic import BaseModel

from contracts.orders import OrderLine, OrderPlaced
from kit.eventstore.requests import Preview
from services.orders.model.effects import Effect, effects
from services.orders.model.states import Accepted, Open


class LinePreview(BaseModel):
    """A line and what it comes to.

    Units: `*_cents` are minor units of the order's currency.
    """

    line_id: str
    product_id: str
    title: str
    quantity: int
    unit_price_cents: int
    total_cents: int


class OrderPreview(BaseModel):
    """An order as it would stand. Units: as `LinePreview`."""

    order_id: str
    lines: list[LinePreview]
    units: int
    currency: str
    subtotal_cents: int
    shipping_cents: int
    total_cents: int


class EditPreview(BaseModel):
    """What an edit would do to its order, and to its seller's standards.

    Shape: `version` is what it was tried on: give its ETag to mean it; `new_order` is what
        a split would make.
    """

    version: int
    order: OrderPreview
    new_order: OrderPreview | None
    standards: Sequence[Effect]


def preview_edit(seen: Preview) -> EditPreview:
    """Return what the edit that was tried, and not refused, would do."""
    before: Open | Accepted = seen.before
    after: Open | Accepted = seen.after
    made = [one for one in seen.facts if isinstance(one, OrderPlaced)]
    return EditPreview(
        version=seen.version,
        order=_order(after.placed, [*after.lines.values()]),
        new_order=_order(made[0], made[0].lines) if made else None,
        standards=effects(before, seen.facts),
    )


def _order(placed: OrderPlaced, lines: Sequence[OrderLine]) -> OrderPreview:
    shown = [
        LinePreview(**line.model_dump(), total_cents=line.quantity * line.unit_price_cents)
        for line in lines
    ]
    subtotal_cents = sum(line.total_cents for line in shown)
    return OrderPreview(
        order_id=placed.order_id,
        lines=shown,
        units=sum(line.quantity for line in shown),
        currency=placed.currency,
        subtotal_cents=subtotal_cents,
        shipping_cents=placed.shipping_cents,
        total_cents=subtotal_cents + placed.shipping_cents,
    )
