"""What a product's stock is at a moment, and why something can't be done with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from kit.domain import Refused

MOST_UNITS: Final = 2**31 - 1
"""What one fact can say of units. There may be more on hand, of several receipts."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The units on hand, when each lot was made, and what is set aside for orders.

    Units: `aside` are not on hand any more, and have not left in parcels yet.
    Shape: `lots` are the days of manufacture by lot id; none if nothing ever came in;
        `aside` by order id, without those that have none; `since` is the earliest receipt.
    """

    on_hand: int = 0
    lots: Mapping[str, date] = field(default_factory=dict)
    aside: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None

    def with_aside(self, order_id: str | None, more: int) -> "Stock":
        """Return the stock with `more` units set aside for an order, if any, or less."""
        if order_id is None:
            return self
        units = max(self.aside.get(order_id, 0) + more, 0)
        others = {each: n for each, n in self.aside.items() if each != order_id}
        return replace(self, aside={**others, order_id: units} if units else others)


def portions(units: int) -> Iterator[int]:
    """Yield `units` in as few parts as facts can say, each a quantity; none of 0."""
    while units > 0:
        yield min(units, MOST_UNITS)
        units -= MOST_UNITS


class InsufficientStock(Refused):
    code = "insufficient-stock"

    def __init__(self, units: int, on_hand: int) -> None:
        super().__init__(
            f"units: {units} are more than the {on_hand} on hand; "
            "deduct at most those, or receive a lot first"
        )
        self.units, self.on_hand = units, on_hand


class LotConflict(Refused):
    code = "lot-conflict"

    def __init__(self, lot_id: str, made_on: date) -> None:
        super().__init__(
            f"manufactured_on: lot {lot_id!r} was made on {made_on.isoformat()}; "
            "say the same, or receive this one as a lot of its own"
        )


class NeverStocked(Refused):
    code = "never-stocked"

    def __init__(self, product_id: str) -> None:
        super().__init__(
            f"product_id: no lot of {product_id!r} ever came in; receive one instead"
        )
