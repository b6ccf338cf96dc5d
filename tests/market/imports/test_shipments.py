"""Parcels that sellers sent in, commands out."""

from pathlib import Path

import pytest

from market.imports.plan import Plan
from market.imports.rows import plan_file
from market.imports.shipments import SHIPMENTS
from tests.market.imports.files import SHIPMENT, Cells, write_csv

LATER = {**SHIPMENT, "tracking_added_at": "2018-03-06T10:00:00Z"}


def plan(tmp_path: Path, *rows: Cells) -> Plan:
    return plan_file(SHIPMENTS, write_csv(tmp_path / "shipments.csv", rows))


def test_a_parcel_was_saved_with_its_number_and_arrived(tmp_path: Path) -> None:
    whose = {"order_id": "o-1:s-1", "shipment_id": "parcel-1"}

    assert [command.body() for command in plan(tmp_path, SHIPMENT).commands()] == [
        {
            "key": "shipments:save-shipment:o-1%3As-1:parcel-1",
            "command": "save-shipment",
            **whose,
            "lines": [{"line_id": "1", "quantity": 2}, {"line_id": "3", "quantity": 1}],
            "carrier": "UPS",
            "tracking_number": "1Z999AA10123456784",
            "shipped_by": "seller",
            "shipped_at": "2018-03-05T09:00:00+00:00",
            "at": "2018-03-05T10:00:00+00:00",
        },
        {
            "key": "shipments:mark-delivered:o-1%3As-1:parcel-1",
            "command": "mark-delivered",
            **whose,
            "at": "2018-03-08T12:00:00+00:00",
        },
    ]


def test_a_number_that_was_told_later_is_added_then(tmp_path: Path) -> None:
    saved, added, arrived = plan(tmp_path, LATER).commands()

    assert saved.fields["tracking_number"] is None
    assert (added.name, added.fields["tracking_number"]) == (
        "add-tracking",
        "1Z999AA10123456784",
    )
    assert added.fields["at"] == "2018-03-06T10:00:00+00:00"
    assert arrived.name == "mark-delivered"


def test_parcels_go_by_their_moments_and_each_keeps_its_order(tmp_path: Path) -> None:
    before = {**SHIPMENT, "shipment_id": "parcel-2", "saved_at": "2018-03-04T10:00:00Z"}
    backwards = {**LATER, "tracking_added_at": "2018-03-01T10:00:00Z", "delivered_at": ""}

    assert [
        (command.fields["shipment_id"], command.name)
        for command in plan(tmp_path, backwards, before).commands()
    ] == [
        ("parcel-2", "save-shipment"),
        ("parcel-1", "save-shipment"),
        ("parcel-1", "add-tracking"),
        ("parcel-2", "mark-delivered"),
    ]


def test_ids_with_colons_are_told_apart(tmp_path: Path) -> None:
    one = {**SHIPMENT, "order_id": "o:1", "shipment_id": "2"}
    other = {**SHIPMENT, "order_id": "o", "shipment_id": "1:2"}
    keys = [command.key for command in plan(tmp_path, one, other).commands()]

    assert len(set(keys)) == len(keys) == 4


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**SHIPMENT, "lines": "1"}, "lines: '1' is not lines and their units such as"),
        ({**SHIPMENT, "lines": ""}, "lines: '' is not lines and their units such as"),
        ({**SHIPMENT, "carrier": ""}, "carrier: is empty; it must say something"),
        ({**SHIPMENT, "saved_at": ""}, "saved_at: is empty; it must say when"),
        (
            {**LATER, "tracking_number": ""},
            "tracking_added_at: is given; tracking_number is empty",
        ),
    ],
)
def test_a_parcel_that_cannot_be_is_rejected_alone(
    tmp_path: Path, row: Cells, reason: str
) -> None:
    planned = plan(tmp_path, row, {**SHIPMENT, "shipment_id": "parcel-9"})

    assert {c.fields["shipment_id"] for c in planned.commands()} == {"parcel-9"}
    [rejected] = planned.rejected
    assert (rejected.place.file, rejected.place.line) == ("shipments.csv", 2)
    assert rejected.reason.startswith(reason)


def test_one_id_for_two_parcels_of_an_order_is_rejected(tmp_path: Path) -> None:
    planned = plan(tmp_path, SHIPMENT, SHIPMENT, {**SHIPMENT, "carrier": "DHL"})

    assert {command.place.line for command in planned.commands()} == {2}
    assert [row.place.line for row in planned.noted] == [3]
    assert [row.place.line for row in planned.rejected] == [4]
