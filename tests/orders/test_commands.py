import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from services.orders.commands import PlaceOrder, SaveShipment
from tests.orders.test_model import PLACE
from tests.orders.test_shipping import SHIP_PART

ADAPTERS: dict[type, TypeAdapter[Any]] = {
    PlaceOrder: TypeAdapter(PlaceOrder),
    SaveShipment: TypeAdapter(SaveShipment),
}


def asked(command: PlaceOrder | SaveShipment, **changed: object) -> dict[str, Any]:
    """The command as it comes from outside."""
    body: dict[str, Any] = to_jsonable_python(command)
    return body | changed


def line(**changed: object) -> list[object]:
    return [asked(PLACE)["lines"][0] | changed]


@pytest.mark.parametrize("command", [PLACE, SHIP_PART])
def test_a_command_from_outside_is_the_command(command: PlaceOrder | SaveShipment) -> None:
    adapter = ADAPTERS[type(command)]

    assert adapter.validate_python(asked(command)) == command
    assert adapter.validate_json(json.dumps(asked(command))) == command


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mood": "fine"}, "mood"),
        ({"lines": line(mood="fine")}, "lines.0.mood"),
        ({"lines": []}, "lines"),
        ({"lines": line(quantity=-1)}, "lines.0.quantity"),
        ({"lines": line(quantity=0)}, "lines.0.quantity"),
        ({"lines": line(quantity=1.5)}, "lines.0.quantity"),
        ({"lines": line(quantity="2")}, "lines.0.quantity"),
        ({"lines": line(quantity=True)}, "lines.0.quantity"),
        ({"lines": line(unit_price_cents=-1)}, "lines.0.unit_price_cents"),
        ({"lines": line(title="a\0b")}, "lines.0.title"),
        ({"at": "2026-03-06T18:00:00"}, "at"),
        ({"at": 1_772_820_000}, "at"),
        ({"at": "1772820000"}, "at"),
        ({"ship_by": "soon"}, "ship_by"),
        ({"currency": "usd"}, "currency"),
        ({"ship_to_country": "USA"}, "ship_to_country"),
        ({"payment_method": "cash"}, "payment_method"),
        ({"seller_id": "s:1"}, "seller_id"),
        ({"seller_id": ""}, "seller_id"),
        ({"order_id": "o" * 201}, "order_id"),
        ({"order_id": 1}, "order_id"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(
    changed: dict[str, object], field: str
) -> None:
    body = asked(PLACE, **changed)

    with pytest.raises(ValidationError) as parsed:
        ADAPTERS[PlaceOrder].validate_python(body)
    with pytest.raises(ValidationError) as raw:
        ADAPTERS[PlaceOrder].validate_json(json.dumps(body))

    for refused in (parsed.value, raw.value):
        assert field in {".".join(map(str, e["loc"])) for e in refused.errors()}


def test_a_field_that_is_missing_is_refused_by_name() -> None:
    body = asked(SHIP_PART)
    del body["shipped_at"]

    with pytest.raises(ValidationError, match="shipped_at"):
        ADAPTERS[SaveShipment].validate_python(body)
