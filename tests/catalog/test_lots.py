"""Lots give first in, first out; held to a slow version that moves unit by unit."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hypothesis import given as whenever, strategies as st

from contracts.catalog import (
    InventoryDeducted,
    InventoryEvent,
    InventoryReceived,
)
from services.catalog.model.lots import Move, Step, shelf_after, steps
from tests.billing.naive import Movement, Shelf
from tests.samples import COUNTED, DEDUCTED, FRIDAY, REASSIGNED, RECEIVED, RESTORED

OLDER = RECEIVED.model_copy(
    update={"lot_id": "lot-0", "manufactured_on": date(2026, 1, 1), "units": 3}
)


def lots(*facts: InventoryEvent) -> dict[str, int]:
    return {
        lot: units
        for (_, lot), units in shelf_after(map(Move.of, facts)).on_hand.items()
        if units
    }


def test_the_lot_that_was_made_first_leaves_first() -> None:
    assert lots(RECEIVED, OLDER, DEDUCTED) == {"lot-1": 9}


def test_of_lots_made_on_one_day_the_first_by_its_id_leaves_first() -> None:
    twin = RECEIVED.model_copy(update={"lot_id": "lot-0"})

    assert lots(RECEIVED, twin, DEDUCTED) == {"lot-0": 6, "lot-1": 10}


def test_what_comes_back_goes_to_the_newest_lot_that_gave() -> None:
    back = RESTORED.model_copy(update={"units": 2})

    assert lots(RECEIVED, OLDER, DEDUCTED, back) == {"lot-0": 1, "lot-1": 10}


def test_what_is_found_beyond_all_that_was_given_goes_to_the_newest_lot() -> None:
    found = RESTORED.model_copy(update={"units": 7, "reason": "counted"})

    assert lots(RECEIVED, OLDER, DEDUCTED, found) == {"lot-0": 3, "lot-1": 13}


def test_a_history_tells_what_each_fact_did() -> None:
    facts = (RECEIVED, OLDER, DEDUCTED, REASSIGNED, COUNTED, RESTORED)

    assert list(steps(facts)) == [
        Step(10, 10, {"lot-1": 10}),
        Step(3, 13, {"lot-0": 3}),
        Step(-4, 9, {"lot-0": -3, "lot-1": -1}),
        Step(0, 9, {}),
        Step(0, 9, {}),
        Step(1, 10, {"lot-1": 1}),
    ]


def test_what_left_before_it_came_in_shows_as_missing() -> None:
    assert list(steps([DEDUCTED, RECEIVED])) == [
        Step(-4, -4, {}),
        Step(10, 6, {"lot-1": 6}),
    ]


days = {"lot-a": date(2026, 1, 1), "lot-b": date(2026, 1, 9), "lot-c": date(2026, 1, 9)}
units = st.integers(1, 6)
facts = st.lists(
    st.one_of(
        st.builds(
            lambda lot, n: RECEIVED.model_copy(
                update={"lot_id": lot, "manufactured_on": days[lot], "units": n}
            ),
            st.sampled_from([*days]),
            units,
        ),
        st.builds(lambda n: DEDUCTED.model_copy(update={"units": n}), units),
        st.builds(lambda n: RESTORED.model_copy(update={"units": n}), units),
    ),
    max_size=25,
)


def naive(history: Sequence[InventoryEvent]) -> Shelf:
    shelf = Shelf()
    for version, fact in enumerate(history, 1):
        at: datetime = FRIDAY + timedelta(hours=version)
        said = fact.model_dump()
        lot, made_on = said.get("lot_id"), said.get("manufactured_on")
        kind = {InventoryReceived: "received", InventoryDeducted: "deducted"}.get(
            type(fact), "restored"
        )
        shelf.move(
            Movement(
                str(version), "s-1", "p-1", kind, at, fact.units, lot, made_on, version, at
            )
        )
    return shelf


@whenever(facts)
def test_lots_hold_what_the_slow_version_says(history: list[InventoryEvent]) -> None:
    shelf, slow = shelf_after(map(Move.of, history)), naive(history)

    assert +shelf.on_hand == +slow.on_hand
    assert shelf.loose == slow.without_lot - slow.missing


@whenever(facts)
def test_running_stock_is_the_sum_of_all_changes(history: list[InventoryEvent]) -> None:
    total = 0
    for fact, step in zip(history, steps(history), strict=True):
        total += step.change
        left = isinstance(fact, InventoryDeducted)

        assert step.on_hand == total
        assert step.change == (-fact.units if left else fact.units)
        assert min(shelf_after(map(Move.of, history)).on_hand.values(), default=0) >= 0
