"""What is read once more: each fact once, whoever wrote it, and of the kinds asked for."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

import pytest
from hypothesis import given, strategies as st

from contracts.fact import Fact
from contracts.registry import CLASSES
from kit.readmodels.once import Once
from tests.kit.consumers.records import ARecord, record
from tests.samples import ACCEPTED, DELIVERED, PLACED

Kinds: TypeAlias = list[type[Fact]]
NOTHING = frozenset[tuple[str, int, int]]()


def history() -> list[ARecord]:
    return [record(PLACED, 0), record(ACCEPTED, 1), record(DELIVERED, 2)]


def in_columns(once: Once, records: Sequence[ARecord]) -> Kinds:
    run = [once.take(records[:2]), once.take(records[2:])]
    return [kind for kind, facts in once.in_columns(run).items() for _ in facts.read]


def one_by_one(once: Once, records: Sequence[ARecord]) -> Kinds:
    return [type(each.fact) for each in once.one_by_one([once.take(records)])]


def read(once: Once, records: Sequence[ARecord]) -> tuple[Kinds, Kinds]:
    """What is read in columns, and what one by one, as by somebody else."""
    return in_columns(once, records), one_by_one(replace(once, seen={}), records)


def test_facts_of_the_kinds_asked_for_are_read_and_no_others() -> None:
    once = Once.of([type(PLACED), type(DELIVERED)], NOTHING)

    assert read(once, history()) == ([type(PLACED), type(DELIVERED)],) * 2


def test_of_other_facts_the_value_is_not_looked_at() -> None:
    told = [record(PLACED, 0), replace(record(ACCEPTED, 1), value=b"nonsense")]

    assert read(Once.of([type(PLACED)], NOTHING), told) == ([type(PLACED)],) * 2


def test_who_writes_headers_in_another_order_is_read_alike() -> None:
    told = [replace(each, headers=each.headers[::-1]) for each in history()]

    assert read(Once.of([type(ACCEPTED)], NOTHING), told) == ([type(ACCEPTED)],) * 2


def test_what_is_left_out_is_not_read() -> None:
    once = Once(frozenset({("orders.v1", 0, 1)}))

    assert read(once, history()) == ([type(PLACED), type(DELIVERED)],) * 2


@pytest.mark.parametrize("reading", [in_columns, one_by_one])
def test_a_fact_that_comes_again_is_read_once(
    reading: Callable[[Once, Sequence[ARecord]], Kinds],
) -> None:
    once, again = Once(NOTHING), replace(record(PLACED, 0), offset=3)

    assert len(reading(once, history())) == 3
    assert reading(once, [again, record(DELIVERED, 4)]) == [type(DELIVERED)]


def test_what_is_no_event_is_passed_over() -> None:
    told = [replace(record(PLACED, 0), headers=()), record(ACCEPTED, 1)]

    assert read(Once(NOTHING), told) == ([type(ACCEPTED)],) * 2


STRANGER = replace(record(DELIVERED, 2), headers=record(DELIVERED, 2).headers[::-1])
AGAIN = replace(record(PLACED, 0), offset=3)
LONG = [record(PLACED, 0), record(ACCEPTED, 1), STRANGER, AGAIN, record(DELIVERED, 4)]


@given(
    st.sets(st.integers(0, len(LONG))),
    st.sets(st.integers(0, 4)),
    st.sampled_from([[*CLASSES.values()], [type(PLACED), type(DELIVERED)]]),
)
def test_what_is_taken_together_changes_nothing(
    cuts: set[int], out: set[int], kinds: Collection[type[Fact]]
) -> None:
    left_out = frozenset(("orders.v1", 0, offset) for offset in out)
    parts = [LONG[a:b] for a, b in pairwise([0, *sorted(cuts), len(LONG)])]
    once, by_one = Once.of(kinds, left_out), Once.of(kinds, left_out)

    batch = once.in_columns([once.take(part) for part in parts])

    found = {kind: facts.envelopes["pos"].to_list() for kind, facts in batch.items()}
    expected = defaultdict[type[Fact], list[int]](list)
    for each in by_one.one_by_one([LONG]):
        expected[type(each.fact)].append(each.envelope.pos)
    assert found == expected
