from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as whenever, strategies as st
from pydantic import TypeAdapter

from contracts.catalog import (
    InventoryDeducted,
    InventoryEvent,
    InventoryReceived,
    InventoryRestored,
)
from kit.domain import Refused
from services.catalog.commands import (
    DeductInventory,
    InventoryCommand,
    ReceiveInventory,
    RestoreInventory,
)
from services.catalog.model.inventory import (
    INVENTORY,
    InsufficientStock,
    LotConflict,
    NeverStocked,
    Stock,
)
from tests.samples import DEDUCTED, FRIDAY, MONDAY, RECEIVED, RESTORED, SATURDAY
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


@pytest.mark.parametrize("late", [FRIDAY - timedelta(days=1), FRIDAY])
def test_a_movement_that_is_told_late_is_taken_as_it_is(late: datetime) -> None:
    given(RECEIVED).when(replace(DEDUCT, at=late)).then(
        DEDUCTED.model_copy(update={"deducted_at": late})
    )


units = st.integers(1, 12)
moments = st.integers(-9, 9).map(lambda days: FRIDAY + timedelta(days=days))
mine = {"seller_id": st.just("s-1"), "product_id": st.just("p-1"), "at": moments}
sequences = st.lists(
    st.one_of(
        st.builds(
            ReceiveInventory,
            lot_id=st.sampled_from(["lot-1", "lot-2"]),
            units=units,
            manufactured_on=st.sampled_from([date(2026, 1, 5), date(2026, 2, 5)]),
            **mine,
        ),
        st.builds(DeductInventory, units=units, reason=st.just("sold"), **mine),
        st.builds(RestoreInventory, units=units, reason=st.just("returned"), **mine),
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
        match fact:
            case InventoryReceived() | InventoryRestored():
                on_hand += fact.units
            case InventoryDeducted():
                on_hand -= fact.units
        assert on_hand >= 0

    assert INVENTORY.fold(facts).on_hand == on_hand


@whenever(sequences)
def test_a_stock_outlives_being_written_down(asked: list[InventoryCommand]) -> None:
    stock = INVENTORY.fold(carried_out(asked))
    kept: TypeAdapter[Any] = TypeAdapter(Stock)

    assert kept.validate_json(kept.dump_json(stock)) == stock


@whenever(st.lists(st.sampled_from([RECEIVED, DEDUCTED, RESTORED])))
def test_no_history_is_too_strange_to_be_folded(facts: list[InventoryEvent]) -> None:
    INVENTORY.fold(facts)
