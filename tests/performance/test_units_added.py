"""Units that are added to an order later are no part of what its seller owes."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings, strategies as st

from services.orders.commands import (
    ChangeQuantity,
    LineToSplit,
    OrderCommand,
    SplitOrder,
)
from services.orders.handlers import to_request
from services.orders.model import ORDER
from services.orders.model.states import Accepted
from tests.fakes import MemoryStreams
from tests.performance.units import (
    ACCEPT,
    NO_STOCK,
    Left,
    NoStock,
    Split,
    Step,
    To,
    asked,
    filled,
    history,
    placed,
)


@pytest.mark.parametrize(
    ("order", "steps", "ends", "kept"),
    [
        ([4], [To(6, "other"), Left(5)], [NO_STOCK], 4),
        ([4], [To(6, "other"), Left(5), To(5)], [], 4),
        ([4], [To(6, "other"), Left(4)], [NO_STOCK], 4),
        ([4], [To(6, "other"), Left(4), To(4)], [], 4),
        ([4], [To(6, "other"), Left(3)], [NO_STOCK], 3),
        ([4], [To(6, "other"), Left(3), To(3)], [], 3),
        ([1], [To(6), To(1)], [], 1),
        ([4], [To(8), To(4, "buyer_request")], [NO_STOCK], 0),
        ([4], [To(2), To(4, "other"), To(3)], [], 2),
        ([6, 6], [To(1), To(11, "buyer_request", "l-2")], [], 7),
        ([6, 6], [To(11, "buyer_request", "l-2"), To(1)], [], 7),
        ([6, 6], [To(9, "other"), To(0, "out_of_stock")], [], 6),
    ],
)
def test_units_added_later_are_not_owed_and_go_first(
    order: list[int], steps: list[Step], ends: list[OrderCommand], kept: int
) -> None:
    told = history(placed(*order), ACCEPT, *asked(steps), *ends)

    assert filled(told) == (sum(order), kept)


@pytest.mark.parametrize(
    ("order", "steps", "kept"),
    [
        # What left beyond a line's order stands for no other line's.
        ([4, 4], [To(6, "other"), Left(6), NoStock()], 4),
        ([4, 4], [To(6, "other"), Left(6), To(0, line="l-2")], 4),
        ([1, 99], [To(100, "other"), Left(100), NoStock()], 1),
        # What was added goes to the part first, and is not owed there either.
        ([4], [To(6, "other"), Left(3), Split(3), NoStock("o-2")], 3),
        ([4], [To(6, "other"), Left(4), Split(2), NoStock("o-2")], 4),
        ([4], [To(6, "other"), Split(2), NoStock("o-2")], 4),
        ([4], [To(6, "other"), Split(5), NoStock("o-2")], 1),
        ([4], [To(8, "other"), Split(4), NoStock(), NoStock("o-2")], 0),
        ([1, 9], [To(10, "other"), Split(10), NoStock("o-2")], 9),
        ([5, 5], [To(10, "other"), Split(10), NoStock()], 5),
        # What stays is what was ordered, so it is lost though the part is filled.
        ([4], [To(8, "other"), Split(4), NoStock()], 0),
    ],
)
def test_each_line_and_each_part_owes_its_own_units(
    order: list[int], steps: list[Step], kept: int
) -> None:
    commands, told = [placed(*order), ACCEPT, *asked(steps)], MemoryStreams()
    answers = told.submit([to_request(command) for command in commands])

    assert not any(answer.refused for answer in answers)
    assert filled(told) == (sum(order), kept)


units = st.integers(1, 9)
reasons = st.sampled_from(["out_of_stock", "buyer_request", "other"])
names = st.sampled_from(["l-1", "l-2"])
steps = st.lists(
    st.builds(To, units, reasons, names) | st.builds(Left, units, names), max_size=8
)


def so_far(
    first: int, second: int, before: list[Step]
) -> tuple[list[OrderCommand], Accepted]:
    """An order of two lines after some steps; those that it refuses change nothing."""
    commands = [placed(first, second), ACCEPT, *asked(before)]
    order = ORDER.fold(history(*commands).facts["order-o-1"])
    assert isinstance(order, Accepted)
    return commands, order


@settings(max_examples=60)
@given(units, units, steps)
def test_the_same_rest_cut_or_cancelled_loses_the_same(
    first: int, second: int, before: list[Step]
) -> None:
    commands, order = so_far(first, second, before)
    left = {name: line.quantity - order.to_ship[name] for name, line in order.lines.items()}
    cuts = [
        ChangeQuantity(
            order_id="o-1",
            line_id=name,
            quantity=units,
            reason="out_of_stock",
            at=NO_STOCK.at,
        )
        for name, units in left.items()
    ]

    if any(left.values()) and not order.has_left:
        assert filled(history(*commands, *cuts)) == filled(history(*commands, NO_STOCK))


@settings(max_examples=60)
@given(units, units, steps, units, names)
@example(4, 1, [To(6, "other"), Left(3)], 3, "l-1")
def test_the_same_rest_lost_in_two_parts_or_in_one_is_the_same(
    first: int, second: int, before: list[Step], units: int, line: str
) -> None:
    commands, order = so_far(first, second, before)
    split = SplitOrder(
        order_id="o-1",
        new_order_id="o-2",
        lines=(LineToSplit(line_id=line, quantity=units),),
        at=NO_STOCK.at,
    )
    parts: list[OrderCommand] = [split, replace(NO_STOCK, order_id="o-2"), NO_STOCK]

    if not order.has_left:
        assert filled(history(*commands, *parts)) == filled(history(*commands, NO_STOCK))


@settings(max_examples=60)
@given(units, units, steps, units)
def test_asking_for_more_changes_nothing_of_what_was_filled(
    first: int, second: int, before: list[Step], more: int
) -> None:
    commands, order = so_far(first, second, before)
    raises = [
        ChangeQuantity(
            order_id="o-1",
            line_id=line.line_id,
            quantity=line.quantity + more,
            reason="other",
            at=NO_STOCK.at,
        )
        for line in order.lines.values()
    ]

    assert filled(history(*commands, *raises)) == filled(history(*commands))
