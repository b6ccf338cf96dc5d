from dataclasses import replace
from datetime import UTC, timedelta, timezone
from random import Random  # noqa: TID251 - Hypothesis hands it over
from typing import cast

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from contracts.envelope import Envelope
from contracts.fact import Fact
from contracts.registry import UnknownTypeError
from kit.consumers.records import Heading, Received, read_envelope, read_heading
from tests.kit.consumers.records import headers_of, record
from tests.samples import FRIDAY, ONE_OF_EACH, PLACED, received

moments = st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1970 <= at.year < 9999)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
positions = st.integers(1, 2**63 - 1)
envelopes = st.builds(
    Envelope,
    id=st.uuids(),
    type=words,
    source=words,
    time=moments,
    recordedtime=moments,
    subject=words,
    sequence=positions,
    pos=positions,
    partitionkey=words,
    actor=st.none() | words,
)


@given(envelopes)
def test_a_consumer_reads_the_envelope_that_is_published(envelope: Envelope) -> None:
    headers = headers_of(envelope)

    heading = read_heading(headers)

    assert read_envelope(headers) == Envelope.read(headers) == envelope
    assert isinstance(heading, Heading)
    assert said_by(heading) == said_by(envelope)


@given(envelopes, st.randoms())
def test_the_order_of_the_headers_says_nothing(envelope: Envelope, random: Random) -> None:
    headers = headers_of(envelope)
    random.shuffle(headers)

    assert said_by(read_heading(headers)) == said_by(envelope)


def said_by(envelope: Heading | Envelope) -> dict[str, object]:
    return {name: getattr(envelope, name) for name in Heading._fields}


@pytest.mark.parametrize("fact", ONE_OF_EACH, ids=lambda fact: type(fact).__name__)
def test_a_record_says_the_fact_that_was_recorded(fact: Fact) -> None:
    assert Received.parse(record(fact, 6)) == received(fact, 7)


def test_headers_of_others_and_headers_without_a_value_change_nothing() -> None:
    theirs = [*headers_of(received(PLACED).envelope), ("id", b"\xff"), ("empty", None)]

    assert read_envelope(theirs) == received(PLACED).envelope


def test_a_header_that_comes_twice_says_what_it_says_last() -> None:
    twice = [*headers_of(received(PLACED).envelope), ("ce_pos", b"7")]

    assert read_heading(twice).pos == read_envelope(twice).pos == 7


def test_a_record_without_headers_has_no_envelope() -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its kind is one for the caller
        read_heading([])


def test_odd_headers_of_another_writer_do_not_hide_its_envelope() -> None:
    there = FRIDAY.astimezone(timezone(timedelta(hours=2))).isoformat().encode()
    headers = dict(headers_of(received(PLACED).envelope)) | {"ce_time": there, "x": b"\xff"}

    assert read_envelope(headers.items()) == received(PLACED).envelope


def test_another_writers_time_of_another_offset_is_read_as_the_same_moment() -> None:
    there = FRIDAY.astimezone(timezone(timedelta(hours=-3))).isoformat().encode()
    headers = dict(headers_of(received(PLACED).envelope)) | {"ce_time": there}

    envelope = read_envelope(headers.items())

    assert envelope == received(PLACED).envelope
    assert envelope.time.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", b"no uuid"),
        ("ce_pos", b"first"),
        ("ce_pos", b"0"),
        ("ce_pos", str(2**63).encode()),
        ("ce_sequence", b"-1"),
        ("ce_time", b"2026-03-06T18:00:00"),
        ("ce_time", b"yesterday"),
        ("ce_specversion", b"0.3"),
        ("ce_subject", b"\xff\xfe"),
        ("ce_subject", b"order\0o-1"),
        ("ce_actor", b"seller:\xff"),
        ("ce_type", None),
    ],
)
def test_an_envelope_with_a_wrong_header_is_none(name: str, value: bytes | None) -> None:
    headers = dict(headers_of(received(PLACED).envelope)) | {name: value}

    with pytest.raises(ValueError):  # noqa: PT011 - any of its kind is one for the caller
        read_envelope(headers.items())


def test_who_asked_may_be_null_as_any_header_may() -> None:
    headers = headers_of(received(PLACED).envelope)

    heading = read_heading([*headers, ("ce_actor", cast("bytes", None))])

    assert (heading.subject, heading.actor) == ("order-o-1", None)


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_pos", "ce_subject"])
def test_an_envelope_that_lacks_a_header_is_none(name: str) -> None:
    headers = dict(headers_of(received(PLACED).envelope))
    del headers[name]

    with pytest.raises(ValueError):  # noqa: PT011 - as above
        read_envelope(headers.items())


def test_a_type_from_the_future_is_named() -> None:
    newer = replace(record(PLACED, 0), headers=_of_type("orders.order-placed.v9"))

    with pytest.raises(UnknownTypeError, match=r"orders\.order-placed\.v9"):
        Received.parse(newer)


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'{"seller_id": 7}'])
def test_a_value_that_is_not_the_fact_of_its_type_is_refused(value: bytes | None) -> None:
    with pytest.raises(ValidationError):
        Received.parse(replace(record(PLACED, 0), value=value))


def _of_type(name: str) -> list[tuple[str, bytes]]:
    envelope = received(PLACED).envelope.model_copy(update={"type": name})
    return headers_of(envelope)
