"""What facts of orders ask of stock: the same in the end, in whatever order they come."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TypeAlias
from uuid import UUID

from hypothesis import given as whenever, settings, strategies as st

from contracts.catalog import InventoryEvent
from contracts.fact import Fact
from contracts.orders import OrderPlaced
from services.catalog.model import INVENTORY
from services.catalog.model.demand import Saying
from services.catalog.policies import allocations, said_of_orders, stock_rules
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    FRIDAY,
    LINE,
    LISTED,
    MONDAY,
    PLACED,
    QUANTITY_CHANGED,
    RECEIVED,
    REJECTED,
    SHIPPED_IN_PART,
    SPLIT,
)

PLENTY = RECEIVED.model_copy(update={"units": 1_000})


def placed(order: str, units: int, split_from: str | None = None) -> OrderPlaced:
    line = LINE.model_copy(update={"quantity": units})
    said = {"order_id": order, "lines": (line,), "split_from": split_from}
    return PLACED.model_copy(update=said)


def of(order: str, fact: Fact, **more: object) -> Fact:
    return fact.model_copy(update={"order_id": order, **more})


def said_at(pos: int, fact: Fact) -> list[Saying]:
    at = fact.happened_at
    return [
        Saying(
            **one._asdict(),
            event_id=UUID(int=pos),
            seller_id="s-1",
            at=at,
            recorded_at=at,
            pos=pos,
            version=pos,
        )
        for one in said_of_orders(fact)
    ]


Batches: TypeAlias = Sequence[Sequence[tuple[int, Fact]]]


def facts_after(batches: Batches) -> list[InventoryEvent]:
    """What a stock with plenty there records as facts of orders come in these batches."""
    stock: list[InventoryEvent] = [PLENTY]
    known: list[Saying] = []
    for batch in batches:
        known += [saying for pos, fact in batch for saying in said_at(pos, fact)]
        fresh = {UUID(int=pos) for pos, _ in batch}
        for command in allocations(known, fresh, {}, stock_rules()):
            stock += INVENTORY.decide(command, INVENTORY.fold(stock))
    return stock


def held(batches: Batches) -> dict[str, int]:
    """What is aside for each order after facts came in these batches."""
    return dict(INVENTORY.fold(facts_after(batches)).aside)


STORY: Sequence[Fact] = (
    placed("o-1", 10),
    of("o-1", ACCEPTED),
    of("o-1", QUANTITY_CHANGED, old_quantity=10, quantity=8),
    SPLIT,
    placed("o-2", 3, split_from="o-1"),
    of("o-2", ACCEPTED),
    placed("o-3", 1, split_from="o-2"),
    of("o-3", ACCEPTED),
    of("o-1", SHIPPED_IN_PART),
    of("o-1", CANCELLED, cancelled_at=MONDAY),
    placed("o-4", 5),
    of("o-4", REJECTED),
    placed("o-5", 6),
    of("o-5", EXPIRED),
)
IN_ORDER = [*enumerate(STORY, 1)]
HELD = {"o-2": 2, "o-3": 1}


def test_a_family_holds_what_its_lines_hold_and_has_not_left() -> None:
    assert held([IN_ORDER]) == HELD


def test_a_cancellation_that_is_heard_before_its_acceptance_stands() -> None:
    first, yes, *_ = IN_ORDER
    no = (3, of("o-1", CANCELLED))

    for batches in ([[first], [no], [yes]], [[no], [yes], [first]]):
        assert facts_after(batches) == [PLENTY]


def test_facts_of_others_say_nothing() -> None:
    assert [*said_of_orders(LISTED), *said_of_orders(SPLIT)] == []


@settings(deadline=None)
@whenever(st.permutations(IN_ORDER), st.lists(st.integers(0, len(STORY))))
def test_in_whatever_order_and_batches_facts_come_the_end_is_the_same(
    told: list[tuple[int, Fact]], cuts: list[int]
) -> None:
    ends = sorted({0, *cuts, len(told)})
    batches = [told[a:b] for a, b in pairwise(ends)]

    assert held(batches) == HELD


@settings(deadline=None)
@whenever(st.integers(1, len(STORY)), st.integers(1, len(STORY)))
def test_no_prefix_of_a_story_holds_more_than_was_ordered(first: int, second: int) -> None:
    told = IN_ORDER[: min(first, second)]

    assert sum(held([told]).values()) <= 10


def test_a_day_is_how_late_an_acceptance_may_be_told() -> None:
    rules = stock_rules().at(FRIDAY)

    assert rules.takes_units(FRIDAY, FRIDAY + timedelta(hours=24))
    assert not rules.takes_units(FRIDAY, FRIDAY + timedelta(hours=24, microseconds=1))
