"""What is read once more: each fact once, whoever wrote it, and of the kinds asked for."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeAlias

import pytest
from hypothesis import given, strategies as st

from contracts.fact import Fact
from contracts.registry import CLASSES
from kit.consumers import columns
from kit.consumers.columns import Batch
from kit.consumers.records import HEADERS
from kit.consumers.undecoded import Undecoded
from kit.readmodels.once import Once
from tests.kit.consumers.records import ARecord, record
from tests.samples import ACCEPTED, DELIVERED, PLACED

Kinds: TypeAlias = list[type[Fact]]
NOTHING = frozenset[tuple[str, int, int]]()


def history() -> list[ARecord]:
    return [record(PLACED, 0), record(ACCEPTED, 1), record(DELIVERED, 2)]


def in_columns(once: Once, records: Sequence[ARecord]) -> Kinds:
    run = [once.take(records[:2]), once.take(records[2:])]
    batches = [batch.items() for batch in once.in_columns(run)]
    return [kind for batch in batches for kind, facts in batch for _ in facts.read]


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


def a_history(count: int) -> list[ARecord]:
    """So many facts that differ, of streams that differ, some of them asked for."""
    told = []
    for n in range(count):
        fact = (PLACED, ACCEPTED, DELIVERED)[n % 3].model_copy(
            update={"order_id": f"o-{n}"}
        )
        made = record(fact, n, stream=f"order-{n}")
        asked = (("ce_actor", b"seller:s-1"), ("traceparent", b"00-1-2-01"))[n % 2 :]
        told.append(replace(made, headers=[*made.headers, *asked[: n % 3]]))
    return told


def strange(told: ARecord) -> ARecord:
    return replace(told, headers=told.headers[::-1])


def again(told: ARecord) -> ARecord:
    """At its offset, what was there before: the first of all."""
    return replace(a_history(1)[0], offset=told.offset)


def same(told: ARecord) -> ARecord:
    return told


def rows(batch: Batch) -> dict[type[Fact], list[tuple[Any, ...]]]:
    return {kind: facts.columns(facts.types, {}).rows() for kind, facts in batch.items()}


histories = st.lists(st.sampled_from([same, same, same, strange, again]), max_size=12)
kinds = st.sampled_from([[*CLASSES.values()], [type(PLACED), type(DELIVERED)]])


@given(histories, st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)), kinds)
def test_what_is_taken_together_changes_nothing(
    changes: Sequence[Callable[[ARecord], ARecord]],
    cuts: set[int],
    out: set[int],
    wanted: Collection[type[Fact]],
) -> None:
    told = [change(each) for change, each in zip(changes, a_history(12), strict=False)]
    left_out = frozenset(("orders.v1", 0, offset) for offset in out)
    parts = [told[a:b] for a, b in pairwise([0, *sorted(cuts), len(told)])]
    once, by_one = Once.of(wanted, left_out), Once.of(wanted, left_out)

    found = defaultdict[type[Fact], list[tuple[Any, ...]]](list)
    for batch in once.in_columns([once.take(part) for part in parts]):
        for kind, some in rows(batch).items():
            found[kind] += some

    assert found == rows(columns.in_columns(by_one.one_by_one([told])))


def test_without_any_doubt_all_that_was_taken_is_one_batch() -> None:
    once, told = Once(NOTHING), a_history(12)

    (batch,) = once.in_columns([once.take(told[:5]), once.take(told[5:])])

    assert sum(len(facts.read) for facts in batch.values()) == 12


def test_of_a_run_only_what_is_in_doubt_is_read_one_by_one() -> None:
    once, told = Once(NOTHING), a_history(12)
    told[1] = strange(told[1])
    run = [once.take(told[n : n + 3]) for n in range(0, 12, 3)]

    sizes = [sum(len(f.read) for f in batch.values()) for batch in once.in_columns(run)]

    assert sizes == [3, 3, 6]


def test_what_is_kept_is_a_record_again() -> None:
    told = a_history(4)
    kept = Undecoded.of(told)

    assert kept is not None
    assert [(each.offset, each.value, each.headers) for each in kept.records()] == [
        (each.offset, each.value, [*each.headers][: len(HEADERS)]) for each in told
    ]


def test_headers_that_are_none_of_ours_are_not_read() -> None:
    told = [record(PLACED, 0), strange(record(ACCEPTED, 1))]
    told[0] = replace(told[0], headers=[*told[0].headers, ("ce_x", b"\xff")])

    assert read(Once(NOTHING), told) == ([type(PLACED), type(ACCEPTED)],) * 2
