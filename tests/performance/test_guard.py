"""How often twenty orders lead to the wrong judgement: exactly, by the binomial."""

from collections.abc import Callable, Sequence
from math import comb

import pytest

from contracts.fact import Fact
from tests.performance.facts import accepted, placed, rejected, shipped
from tests.performance.world import AS_OF, DAY, HOUR, POLICY, cards_of, received

ORDERS = 20
AT = AS_OF - 15 * DAY  # a Tuesday
SHIP_BY = AT + 5 * DAY

Story = Callable[[str, bool], Sequence[Fact]]


def answered(order: str, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    return placed(order, AT), accepted(AT + (1 if well else 30) * HOUR, order)


def decided(order: str, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    return [accepted(AT, order) if well else rejected("other", AT, order)]


def sent(order: str, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    left = AT + (1 if well else 6) * DAY
    parcel = shipped(left).model_copy(update={"order_id": order})
    return placed(order, AT, ship_by=SHIP_BY), accepted(AT, order), parcel


def numbered(order: str, well: bool) -> Sequence[Fact]:  # noqa: FBT001 - as Story
    number = "1Z9" if well else None
    parcel = shipped(AT).model_copy(update={"order_id": order, "tracking_number": number})
    return [parcel]


def judged_limit(metric: str, story: Story) -> list[int]:
    """Of how many orders kept out of twenty a seller is judged `limit`."""
    facts = [
        fact.model_copy(update={"seller_id": f"s-{kept:02}"})
        for kept in range(ORDERS + 1)
        for n in range(ORDERS)
        for fact in story(f"o-{n}", n < kept)
    ]
    cards = [row for row in cards_of(received(facts)) if row[1] == metric]
    assert [(row[3], row[4]) for row in cards] == [(ORDERS, k) for k in range(ORDERS + 1)]
    return [kept for kept, row in enumerate(cards) if row[6] == "limit"]


def chance_of(counts: Sequence[int], rate: float) -> float:
    """How likely it is that so many of twenty are kept by one who keeps `rate` of them."""
    return sum(
        comb(ORDERS, kept) * rate**kept * (1 - rate) ** (ORDERS - kept) for kept in counts
    )


@pytest.mark.parametrize(
    ("metric", "story", "bad"),
    [
        ("acceptance.timely", answered, 0.80),
        ("acceptance.accepted", decided, 0.80),
        ("shipping.tracked", numbered, 0.80),
        ("shipping.on_time", sent, 0.70),
    ],
)
def test_few_are_judged_limit_by_chance_and_most_who_are_bad_are_found(
    metric: str, story: Story, bad: float
) -> None:
    counts = judged_limit(metric, story)

    assert chance_of(counts, POLICY.standards[metric].limit) < 0.08
    assert chance_of(counts, bad) > 0.65


def test_without_the_guard_a_third_of_those_at_the_limit_would_be_judged() -> None:
    below = [kept for kept in range(ORDERS + 1) if kept / ORDERS < 0.95]

    assert chance_of(below, 0.95) > 0.25
