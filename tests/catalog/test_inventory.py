from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as whenever, strategies as st
from pydantic import TypeAdapter

from contracts.catalog import (
    InventoryDeducted,
    InventoryDispatched,
    InventoryEvent,
    InventoryReassigned,
    InventoryReceived,
    InventoryRestored,
)
from kit.domain import Refused
from services.catalog.commands import (
    CountStock,
    DeductInventory,
    DispatchUnits,
    InventoryCommand,
    ReassignUnits,
    ReceiveInventory,
    ReserveUnits,
    RestoreInventory,
    SettleOrder,
)
from services.catalog.model import INVENTORY
from services.catalog.model.stock import (
    MOST_UNITS,
    InsufficientStock,
    LotConflict,
    NeverStocked,
    Stock,
)
from tests.samples import (
    COUNTED,
    DEDUCTED,
    FRIDAY,
    MONDAY,
    RECEIVED,
    RESTORED,
    SATURDAY,
    TUESDAY,
)
from tests.spec import Given

RECEIVE = ReceiveInventory(
    seller_id="s-1",
    product_id="p-1",
    lot_id="lot-1",
    units=10,
    manufactured_on=date(2026, 1, 5),
    at=FRIDAY,
)
DEDUCT = DeductInventory(
    seller_id="s-1", product_id="p-1", units=4, reason="sold", ref="o-1", at=SATURDAY
)
RESTORE = RestoreInventory(
    seller_id="s-1", product_id="p-1", units=1, reason="returned", ref="o-1", at=MONDAY
)


def given(*facts: InventoryEvent) -> Given:
    return Given(INVENTORY, facts)


def test_a_lot_comes_in_before_the_product_is_listed() -> None:
    given().when(RECEIVE).then(RECEIVED)


def test_more_of_a_lot_adds_units() -> None:
    given(RECEIVED).when(RECEIVE).then(RECEIVED)

    assert INVENTORY.fold([RECEIVED, RECEIVED]).on_hand == 20


def test_a_lot_has_one_day_of_manufacture() -> None:
    other = replace(RECEIVE, manufactured_on=date(2026, 1, 6))

    given(RECEIVED).when(other).then_refused(LotConflict, "2026-01-05")
    given(RECEIVED).when(replace(other, lot_id="lot-2")).then(
        RECEIVED.model_copy(update={"lot_id": "lot-2", "manufactured_on": date(2026, 1, 6)})
    )


def test_what_is_on_hand_may_leave() -> None:
    given(RECEIVED).when(DEDUCT).then(DEDUCTED)


def test_the_last_unit_may_leave_and_no_more() -> None:
    given(RECEIVED, DEDUCTED).when(replace(DEDUCT, units=6)).then(
        DEDUCTED.model_copy(update={"units": 6})
    )
    given(RECEIVED, DEDUCTED).when(replace(DEDUCT, units=7)).then_refused(
        InsufficientStock, "6 on hand"
    )


def test_nothing_leaves_a_stock_that_never_was() -> None:
    given().when(DEDUCT).then_refused(InsufficientStock, "0 on hand")


def test_what_left_may_come_back_and_leave_again() -> None:
    given(RECEIVED, DEDUCTED).when(RESTORE).then(RESTORED)
    given(RECEIVED, DEDUCTED, RESTORED).when(replace(DEDUCT, units=7)).then(
        DEDUCTED.model_copy(update={"units": 7})
    )


def test_a_count_may_find_more_than_ever_left() -> None:
    counted = replace(RESTORE, units=3, reason="counted")

    given(RECEIVED).when(counted).then(
        RESTORED.model_copy(update={"units": 3, "reason": "counted"})
    )


def test_nothing_comes_back_to_a_stock_that_never_was() -> None:
    given().when(RESTORE).then_refused(NeverStocked, "p-1")


COUNT = CountStock(seller_id="s-1", product_id="p-1", units=6, ref="spring", at=TUESDAY)


def test_a_count_that_agrees_says_so() -> None:
    given(RECEIVED, DEDUCTED).when(COUNT).then(COUNTED)


def test_a_count_may_miss_more_units_than_one_fact_can_say() -> None:
    most = RECEIVED.model_copy(update={"units": MOST_UNITS})
    none = COUNTED.model_copy(update={"units": 0})
    missed = DEDUCTED.model_copy(
        update={"reason": "counted", "ref": "spring", "deducted_at": TUESDAY}
    )

    given(most, most, RECEIVED).when(replace(COUNT, units=0)).then(
        none,
        *(missed.model_copy(update={"units": n}) for n in (MOST_UNITS, MOST_UNITS, 10)),
    )


def test_what_a_count_misses_is_deducted() -> None:
    given(RECEIVED, DEDUCTED, RESTORED).when(COUNT).then(
        COUNTED,
        InventoryDeducted(
            seller_id="s-1",
            product_id="p-1",
            units=1,
            reason="counted",
            ref="spring",
            deducted_at=TUESDAY,
        ),
    )


def test_what_a_count_finds_is_restored() -> None:
    given(RECEIVED, DEDUCTED).when(replace(COUNT, units=9)).then(
        COUNTED.model_copy(update={"units": 9}),
        InventoryRestored(
            seller_id="s-1",
            product_id="p-1",
            units=3,
            reason="counted",
            ref="spring",
            restored_at=TUESDAY,
        ),
    )


def test_a_count_may_find_nothing_left() -> None:
    nothing = COUNTED.model_copy(update={"units": 0})

    counted = [
        RECEIVED,
        *INVENTORY.decide(replace(COUNT, units=0), INVENTORY.fold([RECEIVED])),
    ]

    assert (counted[1], INVENTORY.fold(counted).on_hand) == (nothing, 0)


def test_what_never_came_in_cannot_be_counted() -> None:
    given().when(COUNT).then_refused(NeverStocked, "receive one instead")


@pytest.mark.parametrize("late", [FRIDAY - timedelta(days=1), FRIDAY])
def test_a_movement_that_is_told_late_is_taken_as_it_is(late: datetime) -> None:
    given(RECEIVED).when(replace(DEDUCT, at=late)).then(
        DEDUCTED.model_copy(update={"deducted_at": late})
    )


units = st.integers(1, 12)
moments = st.integers(-9, 9).map(lambda days: FRIDAY + timedelta(days=days))
mine = {"seller_id": st.just("s-1"), "product_id": st.just("p-1"), "at": moments}
orders = st.sampled_from(["o-1", "o-2"])
settlements = st.builds(
    lambda least, more, **said: SettleOrder(at_least=least, at_most=least + more, **said),
    least=st.integers(0, 9),
    more=st.integers(0, 3),
    order_id=orders,
    accepted_at=st.none() | moments,
    **mine,
)
sequences = st.lists(
    st.one_of(
        st.builds(
            ReceiveInventory,
            lot_id=st.sampled_from(["lot-1", "lot-2"]),
            units=units,
            manufactured_on=st.sampled_from([date(2026, 1, 5), date(2026, 2, 5)]),
            **mine,
        ),
        st.builds(DeductInventory, units=units, reason=st.just("sold"), ref=orders, **mine),
        st.builds(RestoreInventory, units=units, reason=st.just("returned"), **mine),
        st.builds(CountStock, units=st.integers(0, 12), **mine),
        st.builds(ReserveUnits, order_id=orders, units=units, **mine),
        settlements,
        st.builds(DispatchUnits, order_id=orders, units=units, **mine),
        st.builds(ReassignUnits, order_id=orders, new_order_id=orders, units=units, **mine),
    ),
    max_size=30,
)


def carried_out(asked: list[InventoryCommand]) -> list[InventoryEvent]:
    """All that a stock records when these commands are asked of it in turn."""
    facts: list[InventoryEvent] = []
    for command in asked:
        try:
            facts.extend(INVENTORY.decide(command, INVENTORY.fold(facts)))
        except Refused:
            continue
    return facts


@whenever(sequences)
def test_stock_is_never_below_zero_and_adds_up(asked: list[InventoryCommand]) -> None:
    facts = carried_out(asked)
    on_hand = 0
    for fact in facts:
        if isinstance(fact, InventoryReceived | InventoryRestored):
            on_hand += fact.units
        elif isinstance(fact, InventoryDeducted):
            on_hand -= fact.units
        assert on_hand >= 0

    assert INVENTORY.fold(facts).on_hand == on_hand


@whenever(sequences)
def test_what_is_aside_is_what_orders_took_and_have_not_given_back(
    asked: list[InventoryCommand],
) -> None:
    aside: Counter[str] = Counter()
    for fact in carried_out(asked):
        match fact:
            case InventoryDeducted(order_id=str(order)):
                aside[order] += fact.units
            case InventoryRestored(order_id=str(order)):
                aside[order] -= fact.units
            case InventoryDispatched(order_id=order):
                aside[order] -= fact.units
            case InventoryReassigned(from_ref=order, ref=other):
                aside[order] -= fact.units
                aside[other] += fact.units
            case _:
                pass
        assert min(aside.values(), default=0) >= 0

    assert INVENTORY.fold(carried_out(asked)).aside == +aside


@whenever(sequences, st.data())
def test_a_settled_order_is_settled(
    asked: list[InventoryCommand], more: st.DataObject
) -> None:
    facts = carried_out([*asked, command := more.draw(settlements)])
    stock = INVENTORY.fold(facts)
    aside = stock.aside.get(command.order_id, 0)

    assert INVENTORY.decide(command, stock) == []
    assert aside <= command.at_most
    if stock.on_hand and command.accepted_at and stock.since:
        assert aside >= command.at_least or command.accepted_at < stock.since


@whenever(sequences)
def test_a_stock_outlives_being_written_down(asked: list[InventoryCommand]) -> None:
    stock = INVENTORY.fold(carried_out(asked))
    kept: TypeAdapter[Any] = TypeAdapter(Stock)

    assert kept.validate_json(kept.dump_json(stock)) == stock


@whenever(st.lists(st.sampled_from([RECEIVED, DEDUCTED, RESTORED])))
def test_no_history_is_too_strange_to_be_folded(facts: list[InventoryEvent]) -> None:
    INVENTORY.fold(facts)
