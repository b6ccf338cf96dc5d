"""What was written once is read for ever: names, bytes, older versions."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from contracts.fact import Fact, Moment
from contracts.registry import (
    CLASSES,
    REGISTRY,
    Registry,
    UnknownTypeError,
    decode,
    encode,
    schema_version,
)
from tests.samples import ACCEPTED, FRIDAY, ONE_OF_EACH, PLACED

SAMPLES = Path("contracts/samples")


@pytest.mark.parametrize("name", CLASSES)
def test_what_was_written_once_is_read_and_written_alike(name: str) -> None:
    golden = (SAMPLES / f"{name}.json").read_bytes().strip()

    again, data = encode(decode(name, golden))

    assert again == name
    if data != golden:  # fields that were added since come last, with their defaults
        assert data.startswith(golden.removesuffix(b"}") + b",")
        added = CLASSES[name].model_fields.keys() - json.loads(golden).keys()
        assert all(not CLASSES[name].model_fields[field].is_required() for field in added)


@pytest.mark.parametrize("name", [*CLASSES, *REGISTRY.upcasters])
def test_every_version_ever_written_is_read_as_a_newest(name: str) -> None:
    golden = (SAMPLES / f"{name}.json").read_bytes()

    assert type(decode(name, golden)) in REGISTRY.names


@pytest.mark.parametrize("fact", ONE_OF_EACH, ids=lambda fact: type(fact).__name__)
def test_a_fact_outlives_being_written_down(fact: Fact) -> None:
    assert decode(*encode(fact)) == fact


def test_every_fact_has_one_name_in_its_service_and_in_its_version() -> None:
    assert {type(fact) for fact in ONE_OF_EACH} == set(CLASSES.values())
    for name, kind in CLASSES.items():
        assert name.startswith(f"{kind.__module__.removeprefix('contracts.')}.")
        assert schema_version(name) == 1


@pytest.mark.parametrize("kind", CLASSES.values(), ids=lambda kind: kind.__name__)
def test_every_fact_has_its_own_moment(kind: type[Fact]) -> None:
    assert kind.moment in kind.model_fields


def test_a_field_added_by_a_newer_writer_is_ignored() -> None:
    name, data = encode(ACCEPTED)

    assert decode(name, data.replace(b"{", b'{"mood":"fine",', 1)) == ACCEPTED


@pytest.mark.parametrize(
    ("was", "became"),
    [
        (b'"quantity":2', b'"quantity":"2"'),
        (b'"quantity":2', b'"quantity":2.0'),
        (b'"quantity":2', b'"quantity":0'),
        (b'"currency":"USD"', b'"currency":"usd"'),
        (b'"placed_at":"2026-03-06T18:00:00Z"', b'"placed_at":"2026-03-06T18:00:00"'),
        (b'"placed_at":"2026-03-06T18:00:00Z"', b'"placed_at":1772820000'),
        (b'"title":"Mug"', b'"title":"M\\u0000g"'),
        (b'"seller_id":"s-1"', b'"seller_id":"s:1"'),
        (b'"buyer_id":"b-1",', b""),
    ],
)
def test_what_is_not_a_fact_is_refused_not_converted(was: bytes, became: bytes) -> None:
    name, data = encode(PLACED)
    assert was in data

    with pytest.raises(ValidationError):
        decode(name, data.replace(was, became))


def test_a_moment_is_written_in_utc() -> None:
    name, data = encode(PLACED)
    elsewhere = data.replace(b"2026-03-06T18:00:00Z", b"2026-03-06T15:00:00-03:00")

    assert encode(decode(name, elsewhere)) == (name, data)


@pytest.mark.parametrize("name", ["orders.order-eaten.v1", "orders.order-placed.v2"])
def test_an_unknown_type_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(UnknownTypeError, match=name.replace(".", r"\.")):
        decode(name, b"{}")


@pytest.mark.parametrize("name", ["orders.order-placed", "orders.order-placed.vx"])
def test_a_name_without_a_version_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(UnknownTypeError, match=name.replace(".", r"\.")):
        schema_version(name)


class MealCooked(Fact):
    """The third version: it counts guests, and says when."""

    moment: ClassVar[str] = "cooked_at"

    guests: int
    cooked_at: Moment


def _counted(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "guests": len(fields["names"])}


def _timed(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "cooked_at": fields["at"]}


KITCHEN = Registry(
    {"kitchen.meal-cooked.v3": MealCooked},
    {
        "kitchen.meal-cooked.v1": ("kitchen.meal-cooked.v2", _counted),
        "kitchen.meal-cooked.v2": ("kitchen.meal-cooked.v3", _timed),
    },
)
MEAL = MealCooked(seller_id="s-1", guests=2, cooked_at=FRIDAY)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "kitchen.meal-cooked.v1",
            b'{"seller_id":"s-1","names":["a","b"],"at":"2026-03-06T18:00:00Z"}',
        ),
        (
            "kitchen.meal-cooked.v2",
            b'{"seller_id":"s-1","guests":2,"at":"2026-03-06T18:00:00Z"}',
        ),
        (
            "kitchen.meal-cooked.v3",
            b'{"seller_id":"s-1","guests":2,"cooked_at":"2026-03-06T18:00:00Z"}',
        ),
    ],
)
def test_every_older_version_is_read_as_the_newest(name: str, data: bytes) -> None:
    assert KITCHEN.decode(name, data) == MEAL


def test_a_fact_is_written_in_its_newest_version() -> None:
    name, _ = KITCHEN.encode(MEAL)

    assert name == "kitchen.meal-cooked.v3"


def test_a_version_from_the_future_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownTypeError, match=r"kitchen\.meal-cooked\.v4"):
        KITCHEN.decode("kitchen.meal-cooked.v4", b"{}")


def test_a_fact_is_looked_for_under_every_name_it_was_written_under() -> None:
    names = {f"kitchen.meal-cooked.v{n}" for n in (1, 2, 3)}

    assert KITCHEN.written_as([MealCooked]) == names
    assert KITCHEN.written_as([type(PLACED)]) == set()
