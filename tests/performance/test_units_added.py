"""Units that are added to an order later are no part of what its seller owes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings, strategies as st

from contracts.orders import EditReason
from services.orders.commands import (
    AcceptOrder,
    CancelOrder,
    ChangeQuantity,
    LineToPlace,
    LineToShip,
    OrderCommand,
    PlaceOrder,
    RemoveLine,
    SaveShipment,
)
from services.orders.handlers import to_request
from services.orders.model import ORDER
from services.orders.model.states import Accepted
from tests.fakes import MemoryStreams
from tests.performance.world import AS_OF, DAY, HOUR, cards_of, received

AT: Final = AS_OF - 20 * DAY
ACCEPT: Final = AcceptOrder(
    order_id="o-1", customer_id="c-1", customer_link="created", at=AT + HOUR
)


@dataclass(frozen=True)
class To:
    """A line is to have so many units, or none."""

    quantity: int
    reason: EditReason = "out_of_stock"
    line: str = "l-1"


@dataclass(frozen=True)
class Left:
    """So many units of the first line leave."""

    units: int


Step: TypeAlias = To | Left


def placed(*units: int) -> PlaceOrder:
    lines = (
        LineToPlace(
            line_id=f"l-{n}", product_id="p-1", title="Mug", quantity=q, unit_price_cents=1
        )
        for n, q in enumerate(units, 1)
    )
    return PlaceOrder(
        order_id="o-1",
        seller_id="s-1",
        buyer_id="b-1",
        lines=tuple(lines),
        currency="USD",
        payment_method="card",
        ship_to_country="US",
        ship_by=AT + 9 * DAY,
        at=AT,
    )


def asked(steps: Sequence[Step]) -> Iterator[OrderCommand]:
    for hours, step in enumerate(steps, 2):
        at = AT + hours * HOUR
        match step:
            case To(quantity=0):
                yield RemoveLine(
                    order_id="o-1", line_id=step.line, reason=step.reason, at=at
                )
            case To():
                yield ChangeQuantity(
                    order_id="o-1",
                    line_id=step.line,
                    quantity=step.quantity,
                    reason=step.reason,
                    at=at,
                )
            case Left():
                yield SaveShipment(
                    order_id="o-1",
                    shipment_id=f"h-{hours}",
                    lines=(LineToShip(line_id="l-1", quantity=step.units),),
                    carrier="UPS",
                    shipped_by="seller",
                    shipped_at=at,
                    at=at,
                )


NO_STOCK: Final = CancelOrder(
    order_id="o-1", by="seller", reason="out_of_stock", at=AT + 2 * DAY
)


def history(*commands: OrderCommand) -> MemoryStreams:
    """What is recorded of commands; those that the order refuses change nothing."""
    streams = MemoryStreams()
    streams.submit([to_request(command) for command in commands])
    return streams


def filled(streams: MemoryStreams) -> tuple[int, int | None]:
    """How many units were due, and how many were kept."""
    facts = [fact for some in streams.facts.values() for fact in some]
    (card,) = (row for row in cards_of(received(facts)) if row[1].endswith("units_filled"))
    return card[3], card[4]


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


units = st.integers(1, 9)
reasons = st.sampled_from(["out_of_stock", "buyer_request", "other"])
steps = st.lists(st.builds(To, units, reasons) | st.builds(Left, units), max_size=6)


@settings(max_examples=60)
@given(units, steps)
def test_the_same_rest_cut_or_cancelled_loses_the_same(
    quantity: int, before: list[Step]
) -> None:
    so_far = [placed(quantity), ACCEPT, *asked(before)]
    order = ORDER.fold(history(*so_far).facts["order-o-1"])
    assert isinstance(order, Accepted)
    left = order.lines["l-1"].quantity - order.to_ship["l-1"]
    cut = ChangeQuantity(
        order_id="o-1", line_id="l-1", quantity=left, reason="out_of_stock", at=NO_STOCK.at
    )

    if left and not order.has_left:
        assert filled(history(*so_far, cut)) == filled(history(*so_far, NO_STOCK))


@settings(max_examples=60)
@given(units, units, steps, units)
def test_asking_for_more_changes_nothing_of_what_was_filled(
    first: int, second: int, before: list[Step], more: int
) -> None:
    so_far = [placed(first, second), ACCEPT, *asked(before)]
    order = ORDER.fold(history(*so_far).facts["order-o-1"])
    assert isinstance(order, Accepted)
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

    assert filled(history(*so_far, *raises)) == filled(history(*so_far))
