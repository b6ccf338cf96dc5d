"""What an edit does to the standards that its seller is measured by.

The measuring is another service's; what counts there is said here, in its words.
Source: domain.md 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, assert_never

from contracts.fact import Fact
from contracts.orders import (
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderSplit,
)
from services.orders.model.folding import Edited
from services.orders.model.states import Accepted, Open

ACCEPTANCE: Final = "acceptance.timely"
SHIPPING: Final = "shipping.on_time"
UNITS: Final = "inventory.units_filled"

What: TypeAlias = Literal["unchanged", "added", "kept", "broken", "lost", "freed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes of one standard.

    Units: `units` are those lost, or that can't be lost any more; `at` is the moment that
        `because` is about.
    """

    standard: str
    effect: What
    because: str
    units: int | None = None
    at: datetime | None = None


def effects(order: Open | Accepted, facts: Sequence[Fact]) -> Sequence[Effect]:
    """Return what the edit of `order` that `facts` say does: one effect per standard."""
    edits = [fact for fact in facts if isinstance(fact, Edited)]
    edit = edits[0] if edits else None
    return [_on_acceptance(order, edit), _on_shipping(order, edit), _on_units(edit)]


def _on_acceptance(order: Open | Accepted, edit: Edited | None) -> Effect:
    split = isinstance(edit, OrderSplit)
    if isinstance(order, Accepted):
        because = "the order is accepted" + (", the new one counts alike" if split else "")
        at = order.accepted_at
    else:
        because = "the clock runs since then" + (
            ", and so does the new order's, which needs an answer of its own"
            if split
            else "; an edit does not stop it"
        )
        at = order.clock_started_at
    what: What = "added" if split else "unchanged"
    return Effect(standard=ACCEPTANCE, effect=what, because=because, at=at)


def _on_shipping(order: Open | Accepted, edit: Edited | None) -> Effect:
    ship_by = order.placed.ship_by
    what: What = "unchanged"
    because, at = "what is left to ship is due then", ship_by
    if edit is not None and edit.completed_at is not None:
        what = "kept" if edit.completed_at <= ship_by else "broken"
        because, at = "nothing is left to ship from then on", edit.completed_at
    elif isinstance(edit, OrderSplit):
        what, because = "added", "the new order is due then too"
    return Effect(standard=SHIPPING, effect=what, because=because, at=at)


def _on_units(edit: Edited | None) -> Effect:
    match edit:
        case None:
            return _no_units("nothing changes")
        case OrderSplit():
            return _no_units("the units stay owed, by the family of the order")
        case OrderLineRemoved():
            return _cut(edit, 0)
        case OrderLineQuantityChanged():
            return _cut(edit, edit.quantity)
        case _:
            assert_never(edit)


def _no_units(because: str) -> Effect:
    return Effect(standard=UNITS, effect="unchanged", because=because)


def _cut(edit: OrderLineRemoved | OrderLineQuantityChanged, stay: int) -> Effect:
    units = (edit.ordered or 0) - stay
    if units <= 0:
        return _no_units("units that are added to an order later are not counted")
    lost = edit.reason == "out_of_stock"
    because = "they count as not filled" if lost else "they can't be lost any more"
    return Effect(
        standard=UNITS,
        effect="lost" if lost else "freed",
        because=f"{edit.reason}: {because}",
        units=units,
    )
