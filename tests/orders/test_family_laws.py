"""What holds for an order and all that was split from it, whatever is asked of them."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from hypothesis import given, strategies as st

from contracts.orders import (
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderSplit,
)
from services.orders.commands import (
    AcceptOrder,
    CancelOrder,
    ChangeQuantity,
    LineToPlace,
    LineToShip,
    LineToSplit,
    OrderCommand,
    PlaceOrder,
    RejectOrder,
    RemoveLine,
    SaveShipment,
    SplitOrder,
)
from services.orders.handlers import to_request
from services.orders.model import ORDER
from services.orders.model.states import Accepted, Placed
from tests.fakes import MemoryStreams
from tests.samples import FRIDAY

ORDERS: Final = ("o-1", "o-2", "o-3", "o-4", "o-5")
PLACE: Final = PlaceOrder(
    order_id="o-1",
    seller_id="s-1",
    buyer_id="b-1",
    lines=tuple(
        LineToPlace(
            line_id=f"l-{n}",
            product_id=f"p-{n}",
            title="Mug",
            quantity=2 * n + 4,
            unit_price_cents=100 * 3**n,
        )
        for n in range(3)
    ),
    shipping_cents=990,
    currency="USD",
    payment_method="card",
    ship_to_country="US",
    ship_by=FRIDAY + timedelta(days=5),
    at=FRIDAY,
)

ACCEPT: Final = AcceptOrder(
    order_id="o-1", customer_id="c-1", customer_link="created", at=FRIDAY
)
SHIP: Final = SaveShipment(
    order_id="o-1",
    shipment_id="h-0",
    lines=(LineToShip(line_id="l-2", quantity=1),),
    carrier="UPS",
    shipped_by="seller",
    shipped_at=FRIDAY,
    at=FRIDAY,
)

orders = st.sampled_from(["o-1"] * 5 + ["o-2"] * 3 + ["o-3", "o-4", "o-5"])
lines = st.sampled_from([f"l-{n}" for n in range(3)])
moments = st.integers(0, 100).map(lambda hours: FRIDAY + timedelta(hours=hours))
reasons = st.sampled_from(["out_of_stock", "buyer_request", "other"])
splits = st.builds(
    SplitOrder,
    order_id=orders,
    new_order_id=st.sampled_from(ORDERS[1:]),
    lines=st.lists(
        st.builds(
            LineToSplit, line_id=lines, quantity=st.one_of(st.none(), st.integers(1, 3))
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    at=moments,
)
edits = st.one_of(
    st.builds(
        ChangeQuantity,
        order_id=orders,
        line_id=lines,
        quantity=st.integers(0, 5),
        reason=reasons,
        at=moments,
    ),
    st.builds(RemoveLine, order_id=orders, line_id=lines, reason=reasons, at=moments),
)
decisions = st.one_of(
    st.builds(
        AcceptOrder,
        order_id=orders,
        customer_id=st.just("c-1"),
        customer_link=st.just("created"),
        at=moments,
    ),
    st.builds(RejectOrder, order_id=orders, reason=reasons, at=moments),
    st.builds(
        CancelOrder, order_id=orders, by=st.just("buyer"), reason=reasons, at=moments
    ),
)
shipments = st.builds(
    SaveShipment,
    order_id=orders,
    shipment_id=st.sampled_from(["h-1", "h-2"]),
    lines=st.lists(
        st.builds(LineToShip, line_id=lines, quantity=st.integers(1, 3)),
        min_size=1,
        max_size=2,
    ).map(tuple),
    carrier=st.just("UPS"),
    shipped_by=st.just("seller"),
    shipped_at=moments,
    at=moments,
)
asked: st.SearchStrategy[list[OrderCommand]] = st.builds(
    lambda first, then, rest: [*first, *then, *rest],
    st.lists(splits, min_size=1, max_size=5),
    st.sampled_from([(), (ACCEPT,), (ACCEPT, SHIP)]),
    st.lists(st.one_of(splits, edits, decisions, shipments), max_size=25),
)


class Family:
    """All orders that came of one, after some commands."""

    def __init__(self, asked: Sequence[OrderCommand]) -> None:
        streams = MemoryStreams()
        for command in (PLACE, *asked):
            streams.submit([to_request(command)])
        self.facts: list[Any] = [f for facts in streams.facts.values() for f in facts]
        self.orders: dict[str, Placed] = {}
        for order_id in ORDERS:
            order = ORDER.fold(streams.facts[f"order-{order_id}"])
            if isinstance(order, Placed):
                self.orders[order_id] = order

    def units(self) -> Counter[str]:
        """The units of each line, wherever they are."""
        found = Counter[str]()
        for order in self.orders.values():
            found.update({name: line.quantity for name, line in order.lines.items()})
        return found

    def edited(self) -> Counter[str]:
        """How many units edits added to each line, or took from it."""
        found = Counter[str]()
        for fact in self.facts:
            if isinstance(fact, OrderLineQuantityChanged):
                found[fact.line_id] += fact.quantity - fact.old_quantity
            if isinstance(fact, OrderLineRemoved):
                found[fact.line_id] -= fact.quantity
        return found


@given(asked)
def test_units_are_where_they_were_put_and_nowhere_else(asked: list[OrderCommand]) -> None:
    family = Family(asked)

    edited = family.edited()
    ordered = {line.line_id: line.quantity + edited[line.line_id] for line in PLACE.lines}
    assert +family.units() == Counter({k: n for k, n in ordered.items() if n})


@given(asked)
def test_money_is_neither_made_nor_lost(asked: list[OrderCommand]) -> None:
    family = Family(asked)

    price = {line.line_id: line.unit_price_cents for line in PLACE.lines}
    worth = sum(line.quantity * line.unit_price_cents for line in PLACE.lines)
    worth += sum(price[name] * units for name, units in family.edited().items())
    orders = family.orders.values()
    assert sum(order.subtotal_cents for order in orders) == worth
    assert sum(order.placed.shipping_cents for order in orders) == PLACE.shipping_cents
    for order in orders:
        for name, line in order.lines.items():
            assert (line.line_id, line.unit_price_cents) == (name, price[name])


@given(asked)
def test_no_split_resets_a_clock(asked: list[OrderCommand]) -> None:
    family = Family(asked)

    for order in family.orders.values():
        assert order.placed.clock_started_at == FRIDAY
        assert order.placed.ship_by == PLACE.ship_by
        assert (order.seller_id, order.buyer_id) == ("s-1", "b-1")


@given(asked)
def test_every_part_was_split_from_a_member_which_says_so(
    asked: list[OrderCommand],
) -> None:
    family = Family(asked)

    said = {(f.order_id, f.new_order_id) for f in family.facts if isinstance(f, OrderSplit)}
    came = {
        (f.split_from, f.order_id)
        for f in family.facts
        if isinstance(f, OrderPlaced) and f.split_from is not None
    }
    assert said == came
    assert set(family.orders) == {"o-1", *(child for _, child in said)}


@given(asked)
def test_an_order_keeps_a_line_and_no_more_to_ship_than_it_has(
    asked: list[OrderCommand],
) -> None:
    for order in Family(asked).orders.values():
        assert order.lines
        assert order.to_ship.keys() == order.lines.keys()
        for name, line in order.lines.items():
            assert 0 <= order.to_ship[name] <= line.quantity


@given(asked)
def test_parts_of_accepted_orders_were_accepted_when_those_were(
    asked: list[OrderCommand],
) -> None:
    orders = Family(asked).orders
    for order in orders.values():
        parent = orders.get(order.placed.split_from or "")
        if isinstance(order, Accepted) and order.customer_link == "existing":
            at = getattr(parent, "accepted_at", order.accepted_at)
            assert (order.customer_id, order.accepted_at) == ("c-1", at)
