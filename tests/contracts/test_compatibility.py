from typing import Any

import pytest

from contracts.compatibility import incompatibilities
from contracts.description import json_schema
from contracts.registry import CLASSES

ID = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^:]+$"}
MOMENT = {"type": "string", "format": "date-time"}
LINE = {
    "type": "object",
    "properties": {"line_id": ID, "quantity": {"type": "integer", "minimum": 1}},
    "required": ["line_id", "quantity"],
}
FIELDS: dict[str, Any] = {
    "order_id": ID,
    "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    "reason": {"type": "string", "enum": ["out_of_stock", "other"]},
    "at": MOMENT,
    "units": {"type": "integer", "minimum": 0, "maximum": 100},
    "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}, "minItems": 1},
}
REQUIRED = ["order_id", "reason", "at", "units", "lines"]


def schema(
    *,
    required: list[str] = REQUIRED,
    line: dict[str, Any] = LINE,
    **changed: dict[str, Any] | None,
) -> dict[str, Any]:
    """The schema of an event, with some of its fields changed, or gone where None."""
    fields = {name: field for name, field in (FIELDS | changed).items() if field}
    return {
        "type": "object",
        "$defs": {"Line": line},
        "properties": fields,
        "required": [name for name in required if name in fields],
    }


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (schema(note=None), ".note: removed"),
        (schema(required=[*REQUIRED, "note"]), ".note: newly required"),
        (schema(mood=ID, required=[*REQUIRED, "mood"]), ".mood: newly required"),
        (schema(required=REQUIRED[1:]), ".order_id: no longer required"),
        (schema(units={"type": "string"}), ".units: type integer became string"),
        (schema(note={"type": "string"}), ".note: type null became string"),
        (
            schema(reason={"type": "string", "enum": ["other"]}),
            ".reason: no longer allows 'out_of_stock'",
        ),
        (
            schema(reason={"type": "string", "const": "other"}),
            ".reason: no longer allows 'out_of_stock'",
        ),
        (
            schema(order_id=ID | {"enum": ["o-1"]}),
            ".order_id: came to allow only ['o-1']",
        ),
        (
            schema(units={"type": "integer", "minimum": 1, "maximum": 100}),
            ".units: minimum 0 became 1",
        ),
        (
            schema(units={"type": "integer", "minimum": 0, "maximum": 99}),
            ".units: maximum 100 became 99",
        ),
        (schema(order_id=ID | {"maxLength": 36}), ".order_id: maxLength 200 became 36"),
        (schema(order_id=ID | {"minLength": 2}), ".order_id: minLength 1 became 2"),
        (
            schema(order_id=ID | {"pattern": "^o-"}),
            ".order_id: pattern ^[^:]+$ became ^o-",
        ),
        (schema(at=MOMENT | {"format": "date"}), ".at: format date-time became date"),
        (
            schema(note={"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}),
            ".note: maxLength None became 9",
        ),
        (
            schema(lines=FIELDS["lines"] | {"minItems": 2}),
            ".lines: minItems 1 became 2",
        ),
        (
            schema(line=LINE | {"properties": {"line_id": ID}, "required": ["line_id"]}),
            ".lines[].quantity: removed",
        ),
        (
            schema() | {"additionalProperties": False},
            "the whole: came to refuse added fields",
        ),
    ],
)
def test_a_field_that_goes_or_allows_less_is_named(new: dict[str, Any], why: str) -> None:
    assert incompatibilities(schema(), new) == [why]


@pytest.mark.parametrize(
    "new",
    [
        schema(),
        schema(mood=ID),
        schema(units={"type": "integer", "minimum": -1, "maximum": 101}),
        schema(units={"type": "integer"}),
        schema(order_id={"type": "string"}),
        schema(order_id={"anyOf": [ID, {"type": "null"}]}),
        schema(reason={"type": "string", "enum": ["other", "out_of_stock", "lost"]}),
        schema(reason={"type": "string"}),
        schema(lines=FIELDS["lines"] | {"description": "What was ordered."}),
    ],
)
def test_a_field_may_be_added_and_allow_more(new: dict[str, Any]) -> None:
    assert incompatibilities(schema(), new) == []


def test_every_reason_is_given_at_once() -> None:
    assert len(incompatibilities(schema(), schema(note=None, units=None))) == 2


@pytest.mark.parametrize("name", CLASSES)
def test_every_published_type_goes_with_itself(name: str) -> None:
    published = json_schema(name, CLASSES[name])

    assert incompatibilities(published, published) == []
