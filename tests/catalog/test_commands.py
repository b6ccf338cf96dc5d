import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from services.catalog.commands import ListProduct, ReceiveInventory
from tests.catalog.test_inventory import RECEIVE
from tests.catalog.test_listing import LIST

ADAPTERS: dict[type, TypeAdapter[Any]] = {
    ListProduct: TypeAdapter(ListProduct),
    ReceiveInventory: TypeAdapter(ReceiveInventory),
}


@pytest.mark.parametrize("command", [LIST, RECEIVE])
def test_a_command_from_outside_is_the_command(
    command: ListProduct | ReceiveInventory,
) -> None:
    adapter, body = ADAPTERS[type(command)], to_jsonable_python(command)

    assert adapter.validate_python(body) == command
    assert adapter.validate_json(json.dumps(body)) == command


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        (RECEIVE, "mood", "fine"),
        (RECEIVE, "units", -1),
        (RECEIVE, "units", 0),
        (RECEIVE, "units", 1.5),
        (RECEIVE, "units", "10"),
        (RECEIVE, "manufactured_on", 20_458),
        (RECEIVE, "manufactured_on", "2026-02-30"),
        (RECEIVE, "manufactured_on", "2026-01-05T12:00:00Z"),
        (RECEIVE, "at", "2026-03-06T18:00:00"),
        (RECEIVE, "lot_id", ""),
        (LIST, "image_count", -1),
        (LIST, "weight_g", 0.5),
        (LIST, "title", None),
        (LIST, "seller_id", "s:1"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(
    command: ListProduct | ReceiveInventory, field: str, value: object
) -> None:
    body = to_jsonable_python(command) | {field: value}

    with pytest.raises(ValidationError) as refused:
        ADAPTERS[type(command)].validate_python(body)

    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
