"""Batches in columns: what they take is what the published way reads, and nothing else."""

import json
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, cast

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import Field

from contracts.fact import Fact, Moment
from contracts.registry import CLASSES, NAMES, encode
from kit.consumers.columns import in_columns, read_whole
from kit.consumers.records import Received
from kit.consumers.structs import UnreadableSchema, reader_of
from tests.kit.consumers.records import ARecord, of_type, record, story
from tests.samples import ACCEPTED, ONE_OF_EACH, PLACED

ODD: Final[tuple[Any, ...]] = (
    None, 0, -1, 1, 2**31, 2**63, 2**64, 1.0, 1.5, True, "", "x", "X" * 201, "a:b", "a\0b",
    "\ud800", "1", "USD", "usd", "USD\n", "US\n", "\\u0000", "\\\0", [], [1], {},
    "2026-03-06", "2026-03-06T18:00:00Z",
    "2026-03-06T18:00:00.000001Z", "2026-03-06T18:00:00+01:00", "2026-03-06T18:00:60Z",
    "2026-03-06T24:00:00Z", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z",
    "2026-03-06T18:00:00.0000001Z", "2026-03-06 18:00:00Z", "2026-03-06T18:00Z",
)  # fmt: skip
"""Values that one of two readers might take and the other not."""


def test_there_is_a_reader_for_every_fact() -> None:
    for kind in CLASSES.values():
        assert reader_of(kind).moments, kind


class Measured(Fact):
    moment: ClassVar[str] = "measured_at"

    measured_at: Moment
    ounces: int | str


class Doubled(Fact):
    moment: ClassVar[str] = "doubled_at"

    doubled_at: Moment
    dozens: Annotated[int, Field(multiple_of=12)]


@pytest.mark.parametrize(("kind", "field"), [(Measured, "Ounces"), (Doubled, "Dozens")])
def test_a_fact_that_no_struct_can_read_is_told_by_its_field(
    kind: type[Fact], field: str
) -> None:
    with pytest.raises(UnreadableSchema, match=field):
        reader_of(kind)


@pytest.mark.parametrize("fact", ONE_OF_EACH, ids=lambda fact: type(fact).__name__)
def test_a_column_holds_what_the_fact_says(fact: Fact) -> None:
    told = Received.parse(record(fact, 6))

    whole = read_whole([record_of(fact, 6)], 6, 6, ())
    one_by_one = in_columns([told])

    assert whole is not None
    assert whole.pos == 7
    for batch in (whole.batch, one_by_one):
        assert list(batch) == [type(fact)]
        facts = batch[type(fact)]
        names = [*facts.types]
        [row] = facts.columns(names, {}).rows(named=True)
        assert {name: row[name] for name in names} == {n: getattr(fact, n) for n in names}
        assert row["event_id"] == str(told.envelope.id)
        assert row["recorded_at"] == told.envelope.recordedtime
        assert (row["version"], row["pos"]) == (told.envelope.sequence, 7)


@st.composite
def records(draw: st.DrawFn) -> ARecord:
    """A fact's bytes, of which something may have become another thing."""
    fact = draw(st.sampled_from(ONE_OF_EACH))
    said: dict[str, Any] = json.loads(encode(fact)[1])
    for name in draw(st.lists(st.sampled_from([*said]), max_size=2)):
        odd, value = draw(st.sampled_from(ODD)), said.get(name)
        lines = value if isinstance(value, list) else []
        if lines and isinstance(lines[0], dict) and draw(st.booleans()):
            lines[0][draw(st.sampled_from([*lines[0]]))] = odd
        elif draw(st.booleans()):
            said[name] = odd
        else:
            said.pop(name, None)
    if draw(st.booleans()):
        said["more"] = draw(st.sampled_from(ODD))
    text = json.dumps(said, ensure_ascii=draw(st.booleans()))
    value = text.encode(errors="surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(value) - 1))
        value = value[:at] + draw(st.binary(max_size=3)) + value[at + 1 :]
    return replace(record_of(fact), value=value)


@settings(max_examples=400, deadline=None)
@given(records())
def test_no_value_is_taken_that_is_no_fact_nor_read_as_another(found: ARecord) -> None:
    whole = read_whole([found], 0, 0, ())
    if whole is None:
        return

    fact = Received.parse(found).fact

    facts = whole.batch[type(fact)]
    [row] = facts.columns(facts.types, {}).rows(named=True)
    assert {n: row[n] for n in facts.types} == {n: getattr(fact, n) for n in facts.types}


def record_of(fact: Fact, offset: int = 0) -> ARecord:
    topic = NAMES[type(fact)].partition(".")[0] + ".v1"
    return replace(record(fact, offset), topic=topic)


def with_header(found: ARecord, name: str, value: bytes) -> ARecord:
    return replace(
        found, headers=[(n, value if n == name else v) for n, v in found.headers]
    )


def asked_for(found: ARecord, actor: bytes = b"seller:s-1") -> ARecord:
    """The record of a fact that somebody asked for: its headers are one more."""
    return replace(found, headers=[*found.headers, ("ce_actor", actor)])


ONE: Final = record(PLACED, 0)
DOUBTFUL: Final = {
    "a repeat by its offset": (story(), 1, 0, ()),
    "a repeat by its position": (story(), 0, 1, ()),
    "a position that goes back": ([*story(2), *story()], 0, 0, ()),
    "a stream that waits": (story(), 0, 0, ("order-o-1",)),
    "another service's": ([with_header(ONE, "ce_source", b"billing")], 0, 0, ()),
    "a type of the future": ([of_type(ONE, "orders.order-placed.v2")], 0, 0, ()),
    "no value": ([replace(ONE, value=None)], 0, 0, ()),
    "no headers": ([replace(ONE, headers=[])], 0, 0, ()),
    "headers in another order": ([replace(ONE, headers=[*ONE.headers][::-1])], 0, 0, ()),
    "a header twice": ([replace(ONE, headers=[*ONE.headers, ("ce_pos", b"1")])], 0, 0, ()),
    "other headers than the first": ([ONE, replace(story()[1], headers=[])], 0, 0, ()),
    "an id that is none": ([with_header(ONE, "ce_id", b"1")], 0, 0, ()),
    "a version that is none": ([with_header(ONE, "ce_sequence", b"-1")], 0, 0, ()),
    "a position beyond all": ([with_header(ONE, "ce_pos", b"9" * 19)], 0, 0, ()),
    "a moment without a zone": (
        [with_header(ONE, "ce_time", b"2026-03-06T18:00:00")], 0, 0, (),
    ),
    "a subject with a NUL": ([with_header(ONE, "ce_subject", b"a\0b")], 0, 0, ()),
    "a subject that is not text": ([with_header(ONE, "ce_subject", b"\xff")], 0, 0, ()),
    "an actor that is not text": ([asked_for(ONE, b"seller:\xff")], 0, 0, ()),
    "an actor that is null": ([asked_for(ONE, cast("bytes", None))], 0, 0, ()),
    "one without a header, then one with another more": (
        [replace(ONE, headers=ONE.headers[1:]), asked_for(record(ACCEPTED, 1))], 0, 0, (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("doubt", DOUBTFUL)
def test_a_batch_with_any_doubt_is_left_to_be_read_one_by_one(doubt: str) -> None:
    told, next_offset, pos, stuck = DOUBTFUL[doubt]

    assert read_whole(told, next_offset, pos, stuck) is None


def test_another_stream_that_waits_is_no_reason_for_doubt() -> None:
    assert read_whole(story(), 0, 0, {"order-o-9"}) is not None


def test_a_value_with_fields_of_a_later_version_is_left_to_be_read_by_its_class() -> None:
    more = json.dumps({**json.loads(encode(ACCEPTED)[1]), "mood": "glad"}).encode()
    found = replace(record(ACCEPTED, 0), value=more)

    assert read_whole([found], 0, 0, ()) is None
    assert [*in_columns([Received.parse(found)])] == [type(ACCEPTED)]


@pytest.mark.parametrize("title", ["C:\\u0000", "\\", 'a "mug"', "\\\\u0000", "\n\t"])
def test_any_text_that_a_fact_may_hold_is_taken(title: str) -> None:
    line = PLACED.lines[0].model_copy(update={"title": title})
    told = PLACED.model_copy(update={"lines": (line,)})

    assert read_whole([record(told, 0)], 0, 0, ()) is not None


def test_lines_are_counted_where_they_are_asked_for() -> None:
    facts = in_columns([Received.parse(ONE)])[type(PLACED)]

    counted = facts.columns((), {"units": lambda fact: sum(x.quantity for x in fact.lines)})

    assert counted["units"].to_list() == [sum(line.quantity for line in PLACED.lines)]


def test_facts_of_one_kind_stay_in_their_order() -> None:
    told = [record(PLACED, n, stream=f"order-{n}") for n in range(5)]
    whole = read_whole(told, 0, 0, ())

    assert whole is not None
    assert whole.batch[type(PLACED)].envelopes["pos"].to_list() == [1, 2, 3, 4, 5]


def test_headers_of_others_after_ours_change_nothing() -> None:
    told = [replace(ONE, headers=[*ONE.headers, ("x", b"\xff")])]

    assert read_whole(told, 0, 0, ()) is not None


def test_facts_with_and_without_who_asked_are_taken_together() -> None:
    first, second, third, fourth = story()
    traced = replace(third, headers=[*third.headers, ("traceparent", b"00-1-2-01")])
    told = [first, asked_for(second), traced, asked_for(fourth, "buyer:é".encode())]

    whole = read_whole(told, 0, 0, ())

    assert whole is not None
    assert whole.pos == len(told)
    for found, each in zip(told, whole.batch.values(), strict=True):
        envelope = Received.parse(found).envelope
        assert each.envelopes["event_id"].to_list() == [str(envelope.id)]
        assert each.envelopes["version"].to_list() == [envelope.sequence]
