"""Movements of stock, one row each: received, deducted, restored or counted.

Source: docs/decisions/0006-imports.md.
"""

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import model_validator

from market.imports.cells import (
    CountCell,
    DayIfGiven,
    IdCell,
    IdIfGiven,
    MomentCell,
    SellerIdCell,
)
from market.imports.plan import Json
from market.imports.rows import HistoryRow, Kind, Step

COMMANDS: Final = {
    "received": "receive-inventory",
    "deducted": "deduct-inventory",
    "restored": "restore-inventory",
    "counted": "count-stock",
}
REASONS: Final = {"deducted": "sold", "restored": "returned"}


class MovementRow(HistoryRow):
    """Units that came in, left, came back or were counted. Only a receipt names its lot."""

    movement_id: IdCell
    seller_id: SellerIdCell
    product_id: IdCell
    at: MomentCell
    kind: Literal["received", "deducted", "restored", "counted"]
    units: CountCell
    lot_id: IdIfGiven
    manufactured_on: DayIfGiven

    @model_validator(mode="after")
    def only_a_count_finds_nothing(self) -> Self:
        """Return the row if it has units, or counts.

        Raises:
            ValueError: Nothing moved.
        """
        if self.units == 0 and self.kind != "counted":
            raise ValueError("units: is 0; what moves is 1 unit or more")
        return self

    @model_validator(mode="after")
    def only_a_receipt_names_its_lot(self) -> Self:
        """Return the row if it names a lot exactly when it should.

        Raises:
            ValueError: A receipt without its lot or day, or another movement with one.
        """
        given = {"lot_id": self.lot_id, "manufactured_on": self.manufactured_on}
        for column, cell in given.items():
            if self.kind == "received" and cell is None:
                raise ValueError(f"{column}: is empty; a receipt says its lot and its day")
            if self.kind != "received" and cell is not None:
                raise ValueError(f"{column}: is given; only a receipt names its lot")
        return self

    @property
    def identity(self) -> tuple[str, ...]:
        """The movement."""
        return (self.movement_id,)

    def steps(self) -> Iterator[Step]:
        """Yield the movement: what left was sold, what came back was returned."""
        key_parts = ("inventory", self.movement_id)
        yield Step(COMMANDS[self.kind], self.at, key_parts, self._fields())

    def _fields(self) -> dict[str, Json]:
        fields: dict[str, Json] = {
            "seller_id": self.seller_id,
            "product_id": self.product_id,
            "units": self.units,
        }
        if self.manufactured_on is not None:
            day = self.manufactured_on.isoformat()
            return fields | {"lot_id": self.lot_id, "manufactured_on": day}
        if self.kind in REASONS:
            fields["reason"] = REASONS[self.kind]
        return fields | {"ref": self.movement_id}


MOVEMENTS: Final = Kind(
    title="inventory",
    service="catalog",
    file_name="inventory_movements.csv",
    row=MovementRow,
    summary="Import movements and counts of stock.",
    columns="kind is received, deducted, restored or counted; units of a count are those "
    "found, 0 too; lot_id and manufactured_on are for receipts only.",
)
