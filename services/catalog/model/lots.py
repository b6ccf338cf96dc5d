"""First in, first out: which lot gives and which takes back, one movement at a time.

Source: domain.md 5, "Store fee".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Self, TypeAlias

from contracts.catalog import (
    InventoryDeducted,
    InventoryEvent,
    InventoryReceived,
    InventoryRestored,
)
from contracts.fact import Fact

Lot: TypeAlias = tuple[date, str]
"""The day of manufacture and the lot's id: so lots sort from the oldest to the newest."""


class Step(NamedTuple):
    """What one fact did to a stock.

    Units: `change` and `on_hand` of all lots together; `lots` the change of each, by id.
        `on_hand` may be below zero where a fact that was told late left too little.
    """

    change: int
    on_hand: int
    lots: Mapping[str, int]


class Move(NamedTuple):
    """What one fact says that moves lots: of a long history, all that is read.

    Shape: only a receipt has a lot and its day.
    """

    kind: type[Fact]
    units: int
    lot_id: str | None = None
    made_on: date | None = None

    @classmethod
    def of(cls, fact: InventoryEvent) -> Self:
        """Return what moves lots of `fact`."""
        if isinstance(fact, InventoryReceived):
            return cls(type(fact), fact.units, fact.lot_id, fact.manufactured_on)
        return cls(type(fact), fact.units)


@dataclass(slots=True)
class Shelf:
    """The units of one product, lot by lot, while movements go on.

    Units: `loose` are units without a lot, or below zero those that left and were missing.
    """

    made_on: dict[str, date] = field(default_factory=dict)
    on_hand: Counter[Lot] = field(default_factory=Counter)
    gave: Counter[Lot] = field(default_factory=Counter)
    loose: int = 0

    def receive(self, lot_id: str, made_on: date, units: int) -> None:
        """Take units in, with those that had no lot; what is missing leaves at once."""
        lot = (self.made_on.setdefault(lot_id, made_on), lot_id)
        missing, found = min(units, max(-self.loose, 0)), max(self.loose, 0)
        self.loose += missing - found
        self.gave[lot] += missing
        self.on_hand[lot] += units - missing + found

    def draw(self, units: int) -> None:
        """Let units leave, from the oldest lot that has any; what they lack is missing."""
        for lot in sorted(lot for lot, held in self.on_hand.items() if held > 0):
            drawn = min(units, self.on_hand[lot])
            self.on_hand[lot] -= drawn
            self.gave[lot] += drawn
            units -= drawn
        self.loose -= units

    def restore(self, units: int) -> None:
        """Return units to the newest lots that gave; beyond all given, to the newest."""
        found = min(units, max(-self.loose, 0))
        self.loose += found
        units -= found
        for lot in sorted((lot for lot, given in self.gave.items() if given), reverse=True):
            back = min(units, self.gave[lot])
            self.gave[lot] -= back
            self.on_hand[lot] += back
            units -= back
        if self.on_hand:
            self.on_hand[max(self.on_hand)] += units
        else:
            self.loose += units

    def move(self, one: Move) -> None:
        """Do what a fact says."""
        if one.kind is InventoryReceived and one.made_on is not None:
            self.receive(one.lot_id or "", one.made_on, one.units)
        elif one.kind is InventoryDeducted:
            self.draw(one.units)
        elif one.kind is InventoryRestored:
            self.restore(one.units)


def steps(facts: Iterable[InventoryEvent], shelf: Shelf | None = None) -> Iterator[Step]:
    """Yield what each of `facts` did, in the order in which they happened.

    Shape: `facts` of one product, by their moments, equal ones in stream order; `shelf` is
        what those before them left, and goes on with them.
    """
    shelf = shelf or Shelf()
    for fact in facts:
        before, loose = shelf.on_hand.copy(), shelf.loose
        shelf.move(Move.of(fact))
        lots = {
            lot_id: units - before[made_on, lot_id]
            for (made_on, lot_id), units in shelf.on_hand.items()
            if units != before[made_on, lot_id]
        }
        change = sum(lots.values()) + shelf.loose - loose
        yield Step(change, shelf.on_hand.total() + shelf.loose, lots)


def shelf_after(moves: Iterable[Move]) -> Shelf:
    """Return the lots after `moves`, which come as the facts of `steps` do."""
    shelf = Shelf()
    for one in moves:
        shelf.move(one)
    return shelf
