import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from contracts.catalog import MOST_CHARS, MOST_IMAGES, ImageUrl
from contracts.registry import encode
from contracts.topics import MAX_EVENT_BYTES
from services.catalog.commands import Image, ListProduct, OfferProduct, ReceiveInventory
from services.catalog.handlers import to_request
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
        (LIST, "image_count", 2),
        (LIST, "description_chars", 239),
        (LIST, "description", "x" * (MOST_CHARS + 1)),
        (LIST, "description", "nothing\0more"),
        (LIST, "description", 7),
        (LIST, "title", "x" * 1_001),
        (LIST, "images", ["https://cdn.example/1"] * 2),
        (LIST, "images", ["https://cdn.example/1", "HTTPS://CDN.example:443/1"]),
        (LIST, "images", [f"https://cdn.example/{n}" for n in range(MOST_IMAGES + 1)]),
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


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://cdn.example/1", "https"),
        ("data:image/png;base64,AAAA", "https"),
        ("javascript:alert(1)", "https"),
        ("cdn.example/1", "relative"),
        ("https://", "empty host"),
        ("https://cdn.example:99999/1", "port"),
        ("https://user:secret@cdn.example/1", "user"),
        ("https://cdn.example/" + "x" * 2_000, "2000"),
        ("https://cdn.example/" + "é" * 400, "2000"),
        (1, "string"),
        (None, "string"),
    ],
)
def test_an_image_is_where_everybody_can_fetch_it(url: object, why: str) -> None:
    body = to_jsonable_python(LIST) | {"images": ["https://cdn.example/0", url]}

    with pytest.raises(ValidationError) as refused:
        ADAPTERS[ListProduct].validate_python(body)

    (error,) = refused.value.errors()
    assert error["loc"] == ("images", 1)
    assert why in error["msg"]


@pytest.mark.parametrize(
    ("given", "fetched"),
    [
        ("https://cdn.example/a b.jpg", "https://cdn.example/a%20b.jpg"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://CDN.example", "https://cdn.example/"),
        ("https://[::1]:8443/1?a=b#c", "https://[::1]:8443/1?a=b#c"),
    ],
)
def test_an_image_is_named_as_it_is_fetched(given: str, fetched: str) -> None:
    assert TypeAdapter(Image).validate_python(given) == fetched
    assert TypeAdapter(ImageUrl).validate_python(fetched) == fetched


def test_counts_are_taken_beside_what_they_count() -> None:
    body = to_jsonable_python(LIST) | {"image_count": 3, "description_chars": 240}

    told = ADAPTERS[ListProduct].validate_python(body)

    assert (told.shown, told.chars) == (3, 240)


@pytest.mark.parametrize("char", ["x", "\x1f", "\U0001f3fa"])
def test_all_that_may_be_said_of_a_product_fits_in_one_record(char: str) -> None:
    most = TypeAdapter(OfferProduct).validate_python(
        {
            "seller_id": char * 200,
            "product_id": char * 200,
            "title": char * 1_000,
            "description": char * MOST_CHARS,
            "images": [f"https://cdn.example/{n:0>1979}" for n in range(MOST_IMAGES)],
            "at": "2026-03-06T18:00:00Z",
        }
    )
    request = to_request(most)
    (fact,) = request.decider.decide(request.command, request.decider.initial)

    assert fact.description_chars == MOST_CHARS
    assert len(encode(fact)[1]) < MAX_EVENT_BYTES
