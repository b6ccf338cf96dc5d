"""Parcels that sellers sent themselves, one row each, with what lets a buyer follow them.

Source: docs/decisions/0006-imports.md.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Self

from pydantic import model_validator

from market.imports.cells import (
    IdCell,
    IdIfGiven,
    MomentCell,
    MomentIfGiven,
    PartsCell,
    TextCell,
)
from market.imports.plan import Json, apart
from market.imports.rows import HistoryRow, Kind, Step


class ShipmentRow(HistoryRow):
    """What left of an order in one parcel, its number, and when that was told.

    Shape: with `tracking_added_at` the number was told then, else with the parcel.
    """

    order_id: IdCell
    shipment_id: IdCell
    lines: PartsCell
    carrier: TextCell
    tracking_number: IdIfGiven
    shipped_at: MomentCell
    saved_at: MomentCell
    tracking_added_at: MomentIfGiven
    delivered_at: MomentIfGiven

    @model_validator(mode="after")
    def what_was_added_is_a_number(self) -> Self:
        """Return the row if it says which number was added, where one was.

        Raises:
            ValueError: It says when, but not which.
        """
        if self.tracking_added_at is not None and self.tracking_number is None:
            raise ValueError("tracking_added_at: is given; tracking_number is empty")
        return self

    @property
    def identity(self) -> tuple[str, ...]:
        """The parcel, known by its order."""
        return (self.order_id, self.shipment_id)

    def steps(self) -> Iterator[Step]:
        """Yield that it was saved, that its number was added, that it arrived."""
        added_at, number = self.tracking_added_at, self.tracking_number
        what: dict[str, Json] = {
            "lines": [{"line_id": name, "quantity": units} for name, units in self.lines],
            "carrier": self.carrier,
            "tracking_number": number if added_at is None else None,
            "shipped_by": "seller",
            "shipped_at": self.shipped_at.isoformat(),
        }
        steps: Sequence[tuple[str, datetime | None, dict[str, Json]]] = (
            ("save-shipment", self.saved_at, what),
            ("add-tracking", added_at, {"tracking_number": number}),
            ("mark-delivered", self.delivered_at, {}),
        )
        for name, at, fields in steps:
            if at is not None:
                key_parts = ("shipments", name, *map(apart, self.identity))
                whose = {"order_id": self.order_id, "shipment_id": self.shipment_id}
                yield Step(name, at, key_parts, {**whose, **fields})


SHIPMENTS: Final = Kind(
    title="shipments",
    service="orders",
    file_name="shipments.csv",
    row=ShipmentRow,
    summary="Import the shipments that sellers made themselves.",
    columns="lines are line ids and their units, as 1:2;3:1; tracking_added_at is for a "
    "number that was told later than the shipment; tracking_number, tracking_added_at and "
    "delivered_at may be empty.",
)
