"""What people ask of an order and its parts, and which two of it can't both be done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from services.orders.commands import (
    AcceptOrder,
    CancelOrder,
    ChangeQuantity,
    ConfirmInvoice,
    ExpireOrder,
    LineToShip,
    LineToSplit,
    OrderCommand,
    SaveShipment,
    SplitOrder,
)
from tests.samples import MONDAY, NEXT_FRIDAY

CENTS: Final = {"l-1": 100, "l-2": 700}
"""The lines of an order, and what a unit of each costs."""

lines = st.sampled_from([*CENTS])
quantities = st.integers(1, 9)


@dataclass(frozen=True)
class Ask:
    """Something that somebody does to a member of the family; `about` are its lines."""

    kind: str
    make: Callable[[str, str], OrderCommand]
    about: frozenset[str] = frozenset(CENTS)


def change(line_id: str, quantity: int) -> Ask:
    def make(order_id: str, _: str) -> OrderCommand:
        return ChangeQuantity(
            order_id=order_id, line_id=line_id, quantity=quantity, reason="other", at=MONDAY
        )

    return Ask("edit", make, frozenset({line_id}))


def split(line_id: str, quantity: int) -> Ask:
    def make(order_id: str, new: str) -> OrderCommand:
        going = (LineToSplit(line_id=line_id, quantity=quantity),)
        return SplitOrder(order_id=order_id, new_order_id=new, lines=going, at=MONDAY)

    return Ask("split", make, frozenset({line_id}))


def ship(line_id: str) -> Ask:
    def make(order_id: str, new: str) -> OrderCommand:
        return SaveShipment(
            order_id=order_id,
            shipment_id=f"h-{new}",
            lines=(LineToShip(line_id=line_id, quantity=1),),
            carrier="Bike",
            shipped_by="seller",
            shipped_at=MONDAY,
            at=MONDAY,
        )

    return Ask("ship", make, frozenset({line_id}))


def accept(order_id: str, _: str) -> OrderCommand:
    return AcceptOrder(
        order_id=order_id, customer_id="c-1", customer_link="created", at=MONDAY
    )


def cancel(order_id: str, _: str) -> OrderCommand:
    return CancelOrder(order_id=order_id, by="buyer", reason="other", at=MONDAY)


def invoice(order_id: str, new: str) -> OrderCommand:
    return ConfirmInvoice(order_id=order_id, invoice_id=f"i-{new}", at=MONDAY)


def expire(order_id: str, _: str) -> OrderCommand:
    return ExpireOrder(order_id=order_id, at=NEXT_FRIDAY)


ACCEPT, CANCEL = Ask("accept", accept), Ask("cancel", cancel)
INVOICE, EXPIRE = Ask("invoice", invoice), Ask("expire", expire)

asks = st.one_of(
    st.builds(change, lines, quantities),
    st.builds(split, lines, st.integers(1, 3)),
    st.builds(ship, lines),
    st.sampled_from([ACCEPT, ACCEPT]),
    st.sampled_from([CANCEL, INVOICE, EXPIRE]),
)

ONE_WINS: Final = {
    frozenset(pair)
    for pair in (
        ("accept", "cancel"),
        ("accept", "expire"),
        ("cancel", "expire"),
        ("edit", "invoice"),
        ("split", "invoice"),
        ("edit", "cancel"),
        ("split", "cancel"),
        ("edit", "accept"),
        ("split", "accept"),
        ("invoice", "cancel"),
    )
}
"""What can't both be done by people who saw the same."""

ONE_WINS_OF_A_LINE: Final = {frozenset(pair) for pair in (("edit", "split"), ("edit",))}


def contradict(one: Ask, other: Ask) -> bool:
    kinds = frozenset({one.kind, other.kind})
    same_line = bool(one.about & other.about)
    return kinds in ONE_WINS or (kinds in ONE_WINS_OF_A_LINE and same_line)
