"""What becomes of an order's units, step by step, by the orders' own decider."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from contracts.orders import EditReason
from services.orders.commands import (
    AcceptOrder,
    CancelOrder,
    ChangeQuantity,
    LineToPlace,
    LineToShip,
    LineToSplit,
    OrderCommand,
    PlaceOrder,
    RemoveLine,
    SaveShipment,
    SplitOrder,
)
from services.orders.handlers import to_request
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
    order: str = "o-1"


@dataclass(frozen=True)
class Left:
    """So many units of a line leave."""

    units: int
    line: str = "l-1"
    order: str = "o-1"


@dataclass(frozen=True)
class Split:
    """So many units of a line go to an order of their own."""

    units: int
    line: str = "l-1"
    order: str = "o-1"
    new: str = "o-2"


@dataclass(frozen=True)
class NoStock:
    """An order, or its part, is cancelled for want of stock."""

    order_id: str = "o-1"


Step: TypeAlias = To | Left | Split | NoStock


def placed(*units: int) -> PlaceOrder:
    """An order of a line for each of `units`."""
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
    """What is asked of orders, step by step, an hour each."""
    for hours, step in enumerate(steps, 2):
        at = AT + hours * HOUR
        match step:
            case To(0, reason, line, order):
                yield RemoveLine(order_id=order, line_id=line, reason=reason, at=at)
            case To(quantity, reason, line, order):
                yield ChangeQuantity(
                    order_id=order, line_id=line, quantity=quantity, reason=reason, at=at
                )
            case Left(units, line, order):
                yield SaveShipment(
                    order_id=order,
                    shipment_id=f"h-{hours}",
                    lines=(LineToShip(line_id=line, quantity=units),),
                    carrier="UPS",
                    shipped_by="seller",
                    shipped_at=at,
                    at=at,
                )
            case Split(units, line, order, new):
                moving = (LineToSplit(line_id=line, quantity=units),)
                yield SplitOrder(order_id=order, new_order_id=new, lines=moving, at=at)
            case NoStock():
                yield CancelOrder(
                    order_id=step.order_id, by="seller", reason="out_of_stock", at=at
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
