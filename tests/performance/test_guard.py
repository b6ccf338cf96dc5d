"""How often twenty obligations lead to the wrong judgement: exactly, by the binomial.

At the limit is the worst that a seller may be; bad is who misses four times what the limit
allows. A warning is no sanction yet: that takes `limit` again, 14 days later.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from math import comb
from typing import Final

import pytest

from tests.performance.guarded import STORIES
from tests.performance.naive import level_of
from tests.performance.world import AS_OF, DAY, POLICY, cards_of, received

DUE: Final = 20
AT: Final = AS_OF - 15 * DAY  # a Tuesday
BAD: Final = 4
"""Times what the limit allows: the fewest at which all are found in one review."""
ALLOWED: Final = Fraction(8, 100)
WANTED: Final = Fraction(65, 100)
SEEN_TWICE: Final = 11
"""Of 20 in 30 days, one each 36 hours, 14 days bring 9 or 10 anew: the rest stays."""

AT_THE_LIMIT: Final = {
    "acceptance.timely": "7.55 %",
    "acceptance.accepted": "7.55 %",
    "shipping.on_time": "4.32 %",
    "shipping.tracked": "7.55 %",
    "approvals.timely": "4.32 %",
    "responses.timely": "8.67 %",
    "inventory.units_filled": "11.98 %",
}
"""Who keeps exactly what the limit asks for is judged `limit` so often: warned, that is."""
WIDER: Final = {"responses.timely": "3.21 %", "inventory.units_filled": "2.10 %"}
"""Where more than 8 % are, and how many they were if one kept less were asked for.

Kept of twenty is a whole number, so chances go by leaps; and Wilson's interval, which
aims at 5 %, comes as near as it can only where rates are not near 1.
"""


def limit_of(metric: str) -> Fraction:
    return Fraction(str(POLICY.standards[metric].limit))


def bad_rate(metric: str) -> Fraction:
    return 1 - BAD * (1 - limit_of(metric))


@cache
def judged_limit(metric: str, due: int = DUE) -> Sequence[int]:
    """Of how many kept the rule as it is written says `limit`."""
    standard = POLICY.standards[metric]
    levels = [level_of(kept / due, due, standard, POLICY.z) for kept in range(due + 1)]
    return [kept for kept, level in enumerate(levels) if level == "limit"]


def chance_of(counts: Sequence[int], rate: Fraction, due: int = DUE) -> Fraction:
    """How likely so many of those due are kept by one who keeps `rate` of them."""
    return sum(
        (comb(due, k) * rate**k * (1 - rate) ** (due - k) for k in counts), Fraction()
    )


def chance_twice(metric: str, rate: Fraction, seen_twice: int) -> Fraction:
    """How likely two reviews, of which some obligations count in both, say `limit`."""
    most, new = max(judged_limit(metric)), DUE - seen_twice
    return sum(
        (
            chance_of([k], rate, seen_twice)
            * chance_of(range(min(most - k, new) + 1), rate, new) ** 2
            for k in range(min(most, seen_twice) + 1)
        ),
        Fraction(),
    )


def percent(chance: Fraction) -> str:
    return f"{float(chance):.2%}".replace("%", " %")


@pytest.mark.parametrize("metric", STORIES)
def test_of_twenty_facts_are_judged_as_the_rule_is_written(metric: str) -> None:
    facts = [
        fact.model_copy(update={"seller_id": f"s-{kept:02}"})
        for kept in range(DUE + 1)
        for n in range(DUE)
        for fact in STORIES[metric](f"o-{n}", AT, n < kept)
    ]
    cards = cards_of(received(facts))
    mine = [row for row in cards if row[1] == metric]

    assert [(row[3], row[4]) for row in mine] == [(DUE, kept) for kept in range(DUE + 1)]
    found = [kept for kept, row in enumerate(mine) if row[6] == "limit"]
    assert found == judged_limit(metric) == list(range(max(found) + 1))
    assert {row[1] for row in cards if row[6] == "limit"} == {metric}


def test_so_many_of_those_at_the_limit_are_judged_so_by_chance() -> None:
    chances = {each: chance_of(judged_limit(each), limit_of(each)) for each in STORIES}

    assert {each: percent(chance) for each, chance in chances.items()} == AT_THE_LIMIT
    assert {each for each, chance in chances.items() if chance >= ALLOWED} == {*WIDER}


@pytest.mark.parametrize("metric", WIDER)
def test_where_more_are_one_kept_less_would_judge_far_fewer(metric: str) -> None:
    fewer = judged_limit(metric)[:-1]

    assert percent(chance_of(fewer, limit_of(metric))) == WIDER[metric]


@pytest.mark.parametrize("metric", STORIES)
def test_few_of_those_at_the_limit_are_sanctioned_where_selling_goes_on(
    metric: str,
) -> None:
    some_seen_twice = chance_twice(metric, limit_of(metric), SEEN_TWICE)
    all_new = chance_twice(metric, limit_of(metric), 0)

    assert all_new < some_seen_twice < ALLOWED
    assert all_new == chance_of(judged_limit(metric), limit_of(metric)) ** 2


@pytest.mark.parametrize("metric", STORIES)
def test_where_nothing_is_sold_meanwhile_a_warning_by_chance_becomes_a_sanction(
    metric: str,
) -> None:
    chance = chance_twice(metric, limit_of(metric), DUE)

    assert percent(chance) == AT_THE_LIMIT[metric]
    assert (chance < ALLOWED) is (metric not in WIDER)


def test_who_misses_four_times_what_the_limit_allows_is_found() -> None:
    chances = {each: chance_of(judged_limit(each), bad_rate(each)) for each in STORIES}

    assert all(chance > WANTED for chance in chances.values())
    assert {each: percent(chance) for each, chance in chances.items()} == {
        "acceptance.timely": "79.39 %",
        "acceptance.accepted": "79.39 %",
        "shipping.on_time": "94.90 %",
        "shipping.tracked": "79.39 %",
        "approvals.timely": "94.90 %",
        "responses.timely": "100.00 %",
        "inventory.units_filled": "71.09 %",
    }


@pytest.mark.parametrize(
    ("metric", "enough"),
    [
        ("acceptance.timely", 29),
        ("acceptance.accepted", 29),
        ("shipping.tracked", 29),
        ("inventory.units_filled", 49),
    ],
)
def test_who_misses_three_times_as_much_is_found_once_more_is_due(
    metric: str, enough: int
) -> None:
    rate = 1 - 3 * (1 - limit_of(metric))

    def found_in(due: int) -> bool:
        return chance_of(judged_limit(metric, due), rate, due) > WANTED

    assert not found_in(DUE)
    assert not found_in(enough - 1)
    assert all(map(found_in, range(enough, 121)))


def test_without_the_guard_a_quarter_of_those_at_the_limit_would_be_judged() -> None:
    below = [kept for kept in range(DUE + 1) if Fraction(kept, DUE) < Fraction(95, 100)]

    assert chance_of(below, Fraction(95, 100)) > Fraction(1, 4)
