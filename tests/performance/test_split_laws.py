"""Splitting can't improve a metric: an order and all its parts owe as one.

Whatever the parts do, and whatever else the seller did, no more is kept and no less missed
than if the whole order had fared as its worst part. Parcels count each, as those of an
order that leaves in parts: there, too, none that was missed is hidden.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings, strategies as st

from services.orders.commands import (
    LineToSplit,
)
from tests.performance.facts import accepted, placed
from tests.performance.splitting import (
    AT,
    FAMILY,
    NUMBER,
    Course,
    Courses,
    Family,
    Split,
    alike,
    courses,
    own_courses,
    splits,
    told,
)
from tests.performance.world import HOUR, card, cards_of, received

PARCELS: Final = "shipping.tracked"
Counts: TypeAlias = tuple[int, int, float]
"""Due, kept and rate."""


def cards_by_metric(family: Family, others: Sequence[Family] = ()) -> dict[str, Counts]:
    """Due, kept and rate of each metric, of all orders of the family, and of others."""
    of_others = [
        fact.model_copy(update={"order_id": f"{n}-{fact.order_id}"})
        for n, other in enumerate(others)
        for facts in other.facts.values()
        for fact in facts
    ]
    own = [fact for facts in family.facts.values() for fact in facts]
    told = received([*own, *of_others])
    return {row[1]: (row[3], row[4] or 0, row[5]) for row in cards_of(told)}


def is_no_better(one: Counts, other: Counts) -> bool:
    """Whether less is kept or as much, and more missed or as much: beside any others."""
    return one[1] <= other[1] and one[0] - one[1] >= other[0] - other[1]


@settings(max_examples=80, deadline=None)
@given(courses, st.data())
def test_no_split_whose_parts_fare_alike_improves_a_metric(
    course: Course, data: st.DataObject
) -> None:
    parts = data.draw(splits(course))
    whole, split = (cards_by_metric(told(alike(course), some)) for some in ([], parts))

    assert split.keys() == whole.keys()
    for metric in split.keys() - {PARCELS}:
        assert is_no_better(split[metric], whole[metric]), metric
    if PARCELS in whole:
        assert split[PARCELS][2] <= whole[PARCELS][2]
    assert split["inventory.units_filled"] == whole["inventory.units_filled"]


@settings(max_examples=120, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(FAMILY, own_courses)), st.data())
def test_no_split_is_better_than_an_order_that_fared_as_its_worst_part(
    own: Courses, data: st.DataObject
) -> None:
    family = told(own, data.draw(splits(own["o-1"])))
    split, whole = map(cards_by_metric, (family, told(alike(family.worst()))))

    for metric in whole.keys() - {PARCELS}:
        assert is_no_better(split[metric], whole[metric]), metric
    if PARCELS in whole:
        (of_parts, kept_of_them, _), (due, kept, _) = split[PARCELS], whole[PARCELS]
        assert of_parts - kept_of_them >= due - kept


@settings(max_examples=40, deadline=None)
@given(courses, st.lists(courses, min_size=1, max_size=4), st.data())
def test_beside_other_orders_a_split_raises_no_rate(
    course: Course, others: Sequence[Course], data: st.DataObject
) -> None:
    beside = [told(alike(other)) for other in others]
    whole, split = (
        cards_by_metric(told(alike(course), some), beside)
        for some in ([], data.draw(splits(course)))
    )

    for metric in whole.keys() - {PARCELS}:
        assert split[metric][2] <= whole[metric][2], metric


def test_a_part_that_left_whole_waits_for_no_end() -> None:
    soon = Course(
        decision="accept",
        decided_at=AT + 2 * HOUR,
        cut=None,
        part_left=False,
        ending="ship",
        ended_at=AT + 3 * HOUR,
        reason="other",
        number=None,
    )
    first = replace(soon, part_left=True, ended_at=AT + 200 * HOUR)
    apart = [
        Split(AT + HOUR, "o-1", name, (LineToSplit(line_id="l-1", quantity=units),))
        for name, units in (("o-2", 2), ("o-3", None))
    ]
    family = told({"o-1": first, "o-2": soon, "o-3": soon}, apart)

    assert cards_by_metric(family)["shipping.on_time"][:2] == (1, 1)
    assert family.worst().ended_at == soon.ended_at


@pytest.mark.parametrize(("split_at", "kept"), [(120, 1), (121, 0)])
def test_a_part_that_left_is_the_whole_order_only_from_the_split_on(
    split_at: int, kept: int
) -> None:
    course = Course(
        decision="accept",
        decided_at=AT + 2 * HOUR,
        cut=None,
        part_left=True,
        ending="ship",
        ended_at=AT + 200 * HOUR,
        reason="other",
        number=NUMBER,
    )
    rest = Split(AT + split_at * HOUR, "o-1", "o-2", (LineToSplit(line_id="l-1"),))

    assert cards_by_metric(told(alike(course)))["shipping.on_time"] == (1, 0, 0)
    apart = {**alike(course), "o-2": replace(course, ended_at=AT + 119 * HOUR)}
    assert cards_by_metric(told(apart, [rest]))["shipping.on_time"] == (1, kept, kept)


def test_kept_orders_weigh_no_more_once_they_are_split() -> None:
    kept = [
        fact
        for n in range(18)
        for fact in (placed(f"o-{n}", AT), accepted(AT + HOUR, f"o-{n}"))
    ]
    missed = [placed(f"m-{n}", AT) for n in range(2)]
    parts = [
        fact
        for n, part in product(range(18), range(4))
        for name in [f"o-{n}-{part}"]
        for fact in (
            placed(name, AT + HOUR / 2, clock_started_at=AT, split_from=f"o-{n}"),
            accepted(AT + HOUR, name),
        )
    ]

    for metric in ("acceptance.timely", "acceptance.accepted"):
        whole = card(metric, *kept, *missed)
        assert whole[2] == 18
        assert card(metric, *kept, *missed, *parts) == whole
