"""The store fee as domain.md says it, one unit and one day at a time. Slow on purpose."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import floor
from typing import NamedTuple, TypeAlias

DAY = timedelta(days=1)

Lot: TypeAlias = tuple[date, str]
Row: TypeAlias = tuple[str, str, int, int, int]


class Movement(NamedTuple):
    event_id: str
    seller_id: str
    product_id: str
    kind: str
    at: datetime
    units: int
    lot_id: str | None
    manufactured_on: date | None
    version: int
    recorded_at: datetime


class Shelf:
    """The units of one product, and the lots that they are of."""

    def __init__(self) -> None:
        self.made_on: dict[str, date] = {}
        self.on_hand: Counter[Lot] = Counter()
        self.given: list[Lot] = []
        self.missing = 0
        self.without_lot = 0

    def move(self, movement: Movement) -> None:
        if movement.lot_id is not None and movement.manufactured_on is not None:
            self.made_on.setdefault(movement.lot_id, movement.manufactured_on)
            lot = (self.made_on[movement.lot_id], movement.lot_id)
            self.on_hand[lot] += self.without_lot
            self.without_lot = 0
            for _ in range(movement.units):
                self.receive(lot)
        elif movement.kind == "deducted":
            for _ in range(movement.units):
                self.draw()
        else:
            for _ in range(movement.units):
                self.restore()

    def receive(self, lot: Lot) -> None:
        self.on_hand[lot] += 1
        if self.missing:
            self.missing -= 1
            self.on_hand[lot] -= 1
            self.given.append(lot)

    def draw(self) -> None:
        if any(self.on_hand.values()):
            oldest = min(lot for lot, units in self.on_hand.items() if units)
            self.on_hand[oldest] -= 1
            self.given.append(oldest)
        elif self.without_lot:
            self.without_lot -= 1
        else:
            self.missing += 1

    def restore(self) -> None:
        if self.missing:
            self.missing -= 1
        elif self.given:
            newest = max(self.given)
            self.given.remove(newest)
            self.on_hand[newest] += 1
        elif self.on_hand:
            self.on_hand[max(self.on_hand)] += 1
        else:
            self.without_lot += 1


def shelf_at_end_of(day: date, movements: Sequence[Movement]) -> Shelf:
    shelf = Shelf()
    midnight = datetime.combine(day + DAY, time(), tzinfo=UTC)
    for movement in sorted(movements, key=lambda one: (one.at, one.version)):
        if movement.at < midnight:
            shelf.move(movement)
    return shelf


def days_of(month: str) -> Iterator[date]:
    day = date.fromisoformat(f"{month}-01")
    while f"{day:%Y-%m}" == month:
        yield day
        day += DAY


def store_fees(
    movements: Sequence[Movement], rate_cents: int, free_days: int, month: str
) -> list[Row]:
    rows: list[Row] = []
    days = list(days_of(month))
    for product in sorted({(m.seller_id, m.product_id) for m in movements}):
        mine = [m for m in movements if (m.seller_id, m.product_id) == product]
        unit_days = 0
        for day in days:
            for (made_on, _), units in shelf_at_end_of(day, mine).on_hand.items():
                if day >= made_on + free_days * DAY:
                    unit_days += units
        cents = floor(Fraction(rate_cents * unit_days, len(days)) + Fraction(1, 2))
        if unit_days:
            rows.append((*product, unit_days, len(days), cents))
    return rows
