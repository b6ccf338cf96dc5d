"""Movements of stock, one row each: received, deducted or restored.

Shape: sent in order of their moments, equal moments in file order.
Source: docs/decisions/0006-imports.md.
"""

from pathlib import Path
from typing import Final, Literal, Self

from pydantic import model_validator

from market.imports.cells import (
    DayIfGiven,
    IdCell,
    IdIfGiven,
    MomentCell,
    SellerIdCell,
    UnitsCell,
)
from market.imports.plan import Command, Json, Plan, Stage, key
from market.imports.tables import Place, Row, distinct_rows, read_table

COMMANDS: Final = {
    "received": "receive-inventory",
    "deducted": "deduct-inventory",
    "restored": "restore-inventory",
}
REASONS: Final = {"deducted": "sold", "restored": "returned"}


class MovementRow(Row):
    """Units of a product that came in, left, or came back. Only a receipt names its lot."""

    movement_id: IdCell
    seller_id: SellerIdCell
    product_id: IdCell
    at: MomentCell
    kind: Literal["received", "deducted", "restored"]
    units: UnitsCell
    lot_id: IdIfGiven
    manufactured_on: DayIfGiven

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


def plan_inventory(file: Path) -> Plan:
    """Return the commands that the movements in `file` amount to.

    Raises:
        FileError: The file can't be read as the table it should be.
    """
    table = read_table(file, MovementRow)
    found = distinct_rows(table, lambda row: row.movement_id)
    in_time = sorted(found.rows, key=lambda row: (row.at, row.line))
    commands = [movement_command(row, table.place(row.line)) for row in in_time]
    return Plan((Stage("movements", "catalog", commands),), found.rejected, found.noted)


def movement_command(row: MovementRow, place: Place) -> Command:
    """Return the command that `row` is: what left was sold, what came back was returned."""
    fields: dict[str, Json] = {
        "seller_id": row.seller_id,
        "product_id": row.product_id,
        "units": row.units,
        "at": row.at.isoformat(),
    }
    if row.kind == "received":
        day = None if row.manufactured_on is None else row.manufactured_on.isoformat()
        fields |= {"lot_id": row.lot_id, "manufactured_on": day}
    else:
        fields |= {"reason": REASONS[row.kind], "ref": row.movement_id}
    return Command(place, key("inventory", row.movement_id), COMMANDS[row.kind], fields)
