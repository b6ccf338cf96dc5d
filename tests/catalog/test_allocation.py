from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.catalog import (
    InventoryDeducted,
    InventoryDispatched,
    InventoryEvent,
    InventoryRestored,
)
from services.catalog.commands import (
    DispatchUnits,
    ReassignUnits,
    ReserveUnits,
    SettleOrder,
)
from services.catalog.model import INVENTORY
from services.catalog.model.stock import MOST_UNITS, InsufficientStock
from tests.samples import (
    DEDUCTED,
    DISPATCHED,
    FRIDAY,
    MONDAY,
    REASSIGNED,
    RECEIVED,
    SATURDAY,
    TUESDAY,
)
from tests.spec import Given

RESERVE = ReserveUnits(
    seller_id="s-1", product_id="p-1", order_id="o-1", units=4, at=SATURDAY
)
ACCEPTED = SettleOrder(
    seller_id="s-1",
    product_id="p-1",
    order_id="o-1",
    at_least=4,
    at_most=4,
    accepted_at=SATURDAY,
    at=SATURDAY,
)
ENDED = replace(ACCEPTED, at_least=0, at_most=0, at=MONDAY)
OPEN = replace(ACCEPTED, at_least=0, accepted_at=None)
REASSIGN = ReassignUnits(
    seller_id="s-1",
    product_id="p-1",
    order_id="o-1",
    new_order_id="o-2",
    units=1,
    at=TUESDAY,
)
DISPATCH = DispatchUnits(
    seller_id="s-1", product_id="p-1", order_id="o-1", units=1, at=TUESDAY
)
TAKEN = DEDUCTED.model_copy(update={"order_id": "o-1"})


def given(*facts: InventoryEvent) -> Given:
    return Given(INVENTORY, facts)


def sold(units: int, order: str = "o-1") -> InventoryDeducted:
    return DEDUCTED.model_copy(update={"units": units, "ref": order, "order_id": order})


def back(units: int, order: str = "o-1") -> InventoryRestored:
    return InventoryRestored(
        seller_id="s-1",
        product_id="p-1",
        units=units,
        reason="cancelled",
        ref=order,
        restored_at=MONDAY,
        order_id=order,
    )


def test_units_are_set_aside_before_an_order_is_accepted() -> None:
    given(RECEIVED).when(RESERVE).then(TAKEN)


def test_who_asks_again_has_what_was_set_aside() -> None:
    given(RECEIVED, TAKEN).when(replace(RESERVE, at=MONDAY)).then_nothing()
    given(RECEIVED, TAKEN).when(replace(RESERVE, units=3)).then_nothing()


def test_who_asks_for_more_gets_the_difference() -> None:
    given(RECEIVED, TAKEN).when(replace(RESERVE, units=6)).then(sold(2))


def test_the_last_units_go_to_the_first_who_asks() -> None:
    seven = replace(RESERVE, order_id="o-2", units=7)

    given(RECEIVED, TAKEN).when(seven).then_refused(InsufficientStock, "6 on hand")
    given(RECEIVED, TAKEN).when(replace(seven, units=6)).then(sold(6, "o-2"))


def test_of_what_was_never_stocked_nothing_is_set_aside_and_nothing_refused() -> None:
    given().when(RESERVE).then_nothing()
    given().when(ACCEPTED).then_nothing()


def test_an_accepted_order_takes_its_units() -> None:
    given(RECEIVED).when(ACCEPTED).then(TAKEN)


def test_an_accepted_order_for_which_they_are_set_aside_takes_no_more() -> None:
    given(RECEIVED, TAKEN).when(replace(ACCEPTED, at=MONDAY)).then_nothing()


def test_what_its_seller_says_was_sold_or_cancelled_is_not_set_aside_for_an_order() -> None:
    told = DEDUCTED.model_copy(update={"ref": "o-1"})
    called_off = back(4).model_copy(update={"order_id": None})

    given(RECEIVED, told).when(ACCEPTED).then(TAKEN)
    given(RECEIVED, TAKEN, called_off).when(ACCEPTED).then_nothing()


def test_an_order_that_ended_gives_its_units_back_once() -> None:
    given(RECEIVED, TAKEN).when(ENDED).then(back(4))
    given(RECEIVED, TAKEN, back(4)).when(ENDED).then_nothing()
    given(RECEIVED).when(ENDED).then_nothing()


def test_what_left_in_a_parcel_is_not_aside_and_does_not_come_back() -> None:
    given(RECEIVED, TAKEN).when(DISPATCH).then(DISPATCHED)

    given(RECEIVED, TAKEN, DISPATCHED).when(ENDED).then(back(3))


def test_no_more_leaves_than_was_set_aside() -> None:
    given(RECEIVED, sold(1)).when(replace(DISPATCH, units=3)).then(DISPATCHED)
    given(RECEIVED).when(DISPATCH).then_nothing()


def test_a_stock_forgets_the_orders_that_are_done() -> None:
    gone: InventoryDispatched = DISPATCHED.model_copy(update={"units": 4})

    assert INVENTORY.fold([RECEIVED, TAKEN, gone]).aside == {}
    assert INVENTORY.fold([RECEIVED, TAKEN, back(4)]).aside == {}
    assert INVENTORY.fold([RECEIVED, DEDUCTED]).aside == {}


def test_a_cut_line_gives_back_what_was_cut() -> None:
    cut = replace(ACCEPTED, at_least=1, at_most=1, at=MONDAY)

    given(RECEIVED, TAKEN).when(cut).then(back(3))


def test_an_open_order_keeps_what_was_set_aside_and_takes_nothing() -> None:
    given(RECEIVED, TAKEN).when(OPEN).then_nothing()
    given(RECEIVED).when(OPEN).then_nothing()
    given(RECEIVED, TAKEN).when(replace(OPEN, at_most=1, at=MONDAY)).then(back(3))


def test_an_order_that_wants_more_than_there_is_takes_what_there_is() -> None:
    many = replace(ACCEPTED, at_least=12, at_most=12)

    given(RECEIVED).when(many).then(sold(10))
    given(RECEIVED, sold(10)).when(many).then_nothing()
    given(RECEIVED, sold(10), RECEIVED).when(many).then(sold(2))


@pytest.mark.parametrize(("days", "taken"), [(-1, 0), (0, 4), (1, 4)])
def test_an_order_accepted_before_stock_was_kept_takes_nothing(
    days: int, taken: int
) -> None:
    at = FRIDAY + timedelta(days=days)

    decided = INVENTORY.decide(
        replace(ACCEPTED, accepted_at=at), INVENTORY.fold([RECEIVED])
    )

    assert sum(fact.units for fact in decided) == taken


def test_no_unit_is_sold_before_its_order_was_accepted() -> None:
    accepted_later = replace(ACCEPTED, accepted_at=MONDAY)

    given(RECEIVED).when(accepted_later).then(
        TAKEN.model_copy(update={"deducted_at": MONDAY})
    )


def test_a_split_passes_units_on_and_moves_none() -> None:
    given(RECEIVED, TAKEN).when(REASSIGN).then(REASSIGNED)
    stock = INVENTORY.fold([RECEIVED, TAKEN, REASSIGNED])

    assert (stock.on_hand, stock.aside) == (6, {"o-1": 3, "o-2": 1})


def test_no_more_is_passed_on_than_was_set_aside() -> None:
    given(RECEIVED, sold(1)).when(replace(REASSIGN, units=3)).then(REASSIGNED)
    given(RECEIVED).when(REASSIGN).then_nothing()


def test_each_of_a_split_order_gives_back_its_own() -> None:
    split = (RECEIVED, TAKEN, REASSIGNED)

    given(*split).when(replace(ENDED, order_id="o-2")).then(back(1, "o-2"))
    given(*split).when(ENDED).then(back(3))


MOST = RECEIVED.model_copy(update={"units": MOST_UNITS})


def test_more_units_than_one_fact_can_say_are_moved_by_several() -> None:
    all_of_it = replace(RESERVE, units=2 * MOST_UNITS)
    taken = (sold(MOST_UNITS), sold(MOST_UNITS))

    given(MOST, MOST, RECEIVED).when(all_of_it).then(*taken)
    given(MOST, MOST, RECEIVED, *taken).when(ENDED).then(back(MOST_UNITS), back(MOST_UNITS))
    given(MOST, MOST, *taken).when(replace(REASSIGN, units=2 * MOST_UNITS)).then(
        *[REASSIGNED.model_copy(update={"units": MOST_UNITS})] * 2
    )
