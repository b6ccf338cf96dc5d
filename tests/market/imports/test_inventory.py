"""Movements of stock in, commands out."""

from pathlib import Path

import pytest

from market.imports.inventory import MOVEMENTS
from market.imports.rows import plan_file
from tests.market.imports.files import COUNTED, MOVEMENT, SOLD, write_csv


def test_a_receipt_names_its_lot(tmp_path: Path) -> None:
    plan = plan_file(MOVEMENTS, write_csv(tmp_path / "stock.csv", [MOVEMENT]))

    assert [command.body() for command in plan.commands()] == [
        {
            "key": "inventory:m-1",
            "command": "receive-inventory",
            "seller_id": "s-1",
            "product_id": "p-1",
            "units": 10,
            "at": "2018-03-02T12:00:00+00:00",
            "lot_id": "lot-1",
            "manufactured_on": "2018-02-20",
        }
    ]


def test_what_leaves_was_sold_and_what_comes_back_was_returned(tmp_path: Path) -> None:
    back = {**SOLD, "movement_id": "m-3", "kind": "restored"}
    plan = plan_file(MOVEMENTS, write_csv(tmp_path / "stock.csv", [SOLD, back]))

    assert [
        (command.name, command.fields["reason"], command.fields["ref"])
        for command in plan.commands()
    ] == [("deduct-inventory", "sold", "m-2"), ("restore-inventory", "returned", "m-3")]


def test_what_was_counted_was_found_even_if_that_is_nothing(tmp_path: Path) -> None:
    plan = plan_file(MOVEMENTS, write_csv(tmp_path / "stock.csv", [COUNTED]))

    [command] = plan.commands()
    assert command.name == "count-stock"
    assert command.fields == {
        "seller_id": "s-1",
        "product_id": "p-1",
        "units": 0,
        "ref": "m-3",
        "at": "2018-03-02T12:00:00+00:00",
    }


def test_movements_go_by_their_moments_and_equal_ones_by_the_file(tmp_path: Path) -> None:
    at = ["2018-03-03T00:00:00Z", "2018-03-02T21:00:00-03:00", "2018-03-02 23:59:59"]
    rows = [{**SOLD, "movement_id": f"m-{n}", "at": moment} for n, moment in enumerate(at)]
    plan = plan_file(MOVEMENTS, write_csv(tmp_path / "stock.csv", rows))

    keys = [command.key for command in plan.commands()]
    assert keys == ["inventory:m-2", "inventory:m-0", "inventory:m-1"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**SOLD, "units": "2.5"}, "units: '2.5' is not a whole number such as 3"),
        ({**SOLD, "units": "-2"}, "units: '-2' is negative"),
        ({**SOLD, "units": "0"}, "units: is 0; what moves is 1 unit or more"),
        ({**SOLD, "at": "2018-03-02"}, "at: '2018-03-02' is not a time such as"),
        (
            {**SOLD, "kind": "stolen"},
            "kind: Input should be 'received', 'deducted', 'restored'",
        ),
        ({**COUNTED, "units": "-1"}, "units: '-1' is negative"),
        ({**COUNTED, "lot_id": "lot-1"}, "lot_id: is given; only a receipt names its lot"),
        ({**SOLD, "lot_id": "lot-1"}, "lot_id: is given; only a receipt names its lot"),
        (
            {**MOVEMENT, "lot_id": ""},
            "lot_id: is empty; a receipt says its lot and its day",
        ),
        ({**MOVEMENT, "manufactured_on": ""}, "manufactured_on: is empty; a receipt says"),
        ({**MOVEMENT, "manufactured_on": "soon"}, "manufactured_on: 'soon' is not a day"),
    ],
)
def test_a_movement_that_cannot_be_is_rejected_alone(
    tmp_path: Path, row: dict[str, str], reason: str
) -> None:
    good = {**MOVEMENT, "movement_id": "m-9"}
    plan = plan_file(MOVEMENTS, write_csv(tmp_path / "stock.csv", [row, good]))

    assert [command.key for command in plan.commands()] == ["inventory:m-9"]
    [rejected] = plan.rejected
    assert (rejected.place.file, rejected.place.line) == ("stock.csv", 2)
    assert rejected.reason.startswith(reason)


def test_one_id_for_two_movements_is_rejected_and_a_repeated_row_noted(
    tmp_path: Path,
) -> None:
    plan = plan_file(
        MOVEMENTS, write_csv(tmp_path / "stock.csv", [SOLD, SOLD, {**SOLD, "units": "4"}])
    )

    [command] = plan.commands()
    assert command.fields["units"] == 3
    assert [row.place.line for row in plan.noted] == [3]
    assert [row.place.line for row in plan.rejected] == [4]
