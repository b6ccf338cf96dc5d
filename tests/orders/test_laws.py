"""What holds for an order whatever is asked of it, in whatever order."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import given, strategies as st
from pydantic import TypeAdapter

from contracts.orders import (
    OrderEvent,
    OrderInvoiced,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderSplit,
    ShipmentCorrected,
    ShipmentDelivered,
    ShipmentSaved,
    TrackingAdded,
)
from kit.domain import Refused
from services.orders.commands import (
    AcceptOrder,
    AddTracking,
    CancelOrder,
    ChangeQuantity,
    ConfirmInvoice,
    CorrectShipment,
    ExpireOrder,
    LineToPlace,
    LineToShip,
    LineToSplit,
    MarkDelivered,
    OrderCommand,
    PlaceOrder,
    RejectOrder,
    RemoveLine,
    SaveShipment,
    SplitOrder,
)
from services.orders.model import ORDER, Order
from services.orders.model.states import Accepted
from tests.samples import CORRECTED, FRIDAY, INVOICED, ONE_OF_EACH

moments = st.integers(-30, 30).map(lambda days: FRIDAY + timedelta(days=days))
order_ids = st.just("o-1")
line_ids = st.sampled_from(["l-1", "l-2", "l-3"])
shipment_ids = st.sampled_from(["h-1", "h-2", "h-3"])
quantities = st.integers(1, 4)
lines_to_ship = st.lists(
    st.builds(LineToShip, line_id=line_ids, quantity=quantities), max_size=3
).map(tuple)
lines_to_place = st.lists(
    st.builds(
        LineToPlace,
        line_id=line_ids,
        product_id=st.just("p-1"),
        title=st.just("Mug"),
        quantity=quantities,
        unit_price_cents=st.integers(0, 5_000),
    ),
    max_size=3,
).map(tuple)
commands: st.SearchStrategy[OrderCommand] = st.one_of(
    st.builds(
        PlaceOrder,
        order_id=order_ids,
        seller_id=st.just("s-1"),
        buyer_id=st.just("b-1"),
        lines=lines_to_place,
        currency=st.sampled_from(["USD", "EUR"]),
        payment_method=st.just("card"),
        ship_to_country=st.just("US"),
        ship_by=moments,
        at=moments,
    ),
    st.builds(
        AcceptOrder,
        order_id=order_ids,
        customer_id=st.sampled_from(["c-1", "c-2"]),
        customer_link=st.sampled_from(["created", "existing"]),
        at=moments,
    ),
    st.builds(
        RejectOrder,
        order_id=order_ids,
        reason=st.sampled_from(["out_of_stock", "other"]),
        note=st.sampled_from([None, "Sold."]),
        at=moments,
    ),
    st.builds(ExpireOrder, order_id=order_ids, at=moments),
    st.builds(
        CancelOrder,
        order_id=order_ids,
        by=st.sampled_from(["seller", "buyer", "marketplace"]),
        reason=st.sampled_from(["buyer_request", "other"]),
        at=moments,
    ),
    st.builds(
        SaveShipment,
        order_id=order_ids,
        shipment_id=shipment_ids,
        lines=lines_to_ship,
        carrier=st.sampled_from(["UPS", "Bike"]),
        tracking_number=st.sampled_from([None, "T-1", "1Z999AA10123456784"]),
        shipped_by=st.sampled_from(["seller", "marketplace"]),
        shipped_at=moments,
        at=moments,
    ),
    st.builds(
        AddTracking,
        order_id=order_ids,
        shipment_id=shipment_ids,
        tracking_number=st.sampled_from(["T-1", "1Z999AA10123456784"]),
        at=moments,
    ),
    st.builds(MarkDelivered, order_id=order_ids, shipment_id=shipment_ids, at=moments),
    st.builds(
        CorrectShipment,
        order_id=order_ids,
        shipment_id=shipment_ids,
        carrier=st.sampled_from([None, "UPS", "Bike"]),
        tracking_number=st.sampled_from([None, "T-1", "1Z999AA10123456784"]),
        at=moments,
    ),
    st.builds(
        ConfirmInvoice,
        order_id=order_ids,
        invoice_id=st.sampled_from(["i-1", "i-2"]),
        at=moments,
    ),
    st.builds(
        SplitOrder,
        order_id=order_ids,
        new_order_id=st.sampled_from(["o-1", "o-2", "o-3"]),
        lines=st.lists(
            st.builds(LineToSplit, line_id=line_ids, quantity=st.none() | quantities),
            max_size=2,
        ).map(tuple),
        at=moments,
    ),
    st.builds(
        ChangeQuantity,
        order_id=order_ids,
        line_id=line_ids,
        quantity=st.integers(0, 4),
        reason=st.sampled_from(["out_of_stock", "other"]),
        at=moments,
    ),
    st.builds(
        RemoveLine,
        order_id=order_ids,
        line_id=line_ids,
        reason=st.sampled_from(["out_of_stock", "other"]),
        at=moments,
    ),
)
place = st.builds(
    PlaceOrder,
    order_id=order_ids,
    seller_id=st.just("s-1"),
    buyer_id=st.just("b-1"),
    lines=st.just(
        tuple(
            LineToPlace(
                line_id=line_id,
                product_id="p-1",
                title="Mug",
                quantity=3,
                unit_price_cents=100,
            )
            for line_id in ("l-1", "l-2")
        )
    ),
    currency=st.just("USD"),
    payment_method=st.just("card"),
    ship_to_country=st.just("US"),
    ship_by=moments,
    at=moments,
)
accept = st.just(
    AcceptOrder(order_id="o-1", customer_id="c-1", customer_link="created", at=FRIDAY)
)
sequences = st.one_of(
    st.lists(commands, max_size=25),
    st.builds(
        lambda first, second, rest: [first, second, *rest],
        place,
        accept,
        st.lists(commands, max_size=25),
    ),
)


def carried_out(asked: list[OrderCommand]) -> list[OrderEvent]:
    """All that an order records when these commands are asked of it in turn."""
    order, facts = ORDER.initial, list[OrderEvent]()
    for command in asked:
        try:
            decided = ORDER.decide(command, order)
        except Refused:
            continue
        facts.extend(decided)
        for fact in decided:
            order = ORDER.evolve(order, fact)
    return facts


def edited(ordered: Counter[str], fact: OrderEvent) -> dict[str, int]:
    """What is ordered of each line after an edit."""
    match fact:
        case OrderLineRemoved():
            return ordered | {fact.line_id: 0}
        case OrderLineQuantityChanged():
            return ordered | {fact.line_id: fact.quantity}
        case OrderSplit():
            parts = {part.line_id: part.quantity for part in fact.parts}
            whole = dict.fromkeys(fact.line_ids, 0)
            return {name: n - parts.get(name, 0) for name, n in ordered.items()} | whole
        case _:
            return ordered


@given(sequences)
def test_no_line_ships_more_than_was_ordered(asked: list[OrderCommand]) -> None:
    ordered, shipped = Counter[str](), Counter[str]()
    for fact in carried_out(asked):
        if isinstance(fact, OrderPlaced):
            ordered.update({line.line_id: line.quantity for line in fact.lines})
        ordered = Counter(edited(ordered, fact))
        if isinstance(fact, ShipmentSaved):
            shipped.update({line.line_id: line.quantity for line in fact.lines})
            assert fact.completes_order == (shipped == ordered)

    assert shipped <= ordered


@given(sequences)
def test_asking_the_same_again_at_once_changes_nothing(asked: list[OrderCommand]) -> None:
    twice = [command for command in asked for _ in range(2)]

    assert carried_out(twice) == carried_out(asked)


@given(sequences)
def test_an_invoice_is_the_last_word_on_what_an_order_comes_to(
    asked: list[OrderCommand],
) -> None:
    facts = carried_out(asked)
    invoices = [place for place, one in enumerate(facts) if isinstance(one, OrderInvoiced)]

    assert len(invoices) <= 1
    for place in invoices:
        assert isinstance(ORDER.fold(facts), Accepted)
        after = {type(fact) for fact in facts[place + 1 :]}
        assert after <= {ShipmentSaved, TrackingAdded, ShipmentCorrected, ShipmentDelivered}


@given(sequences)
def test_a_state_outlives_being_written_down(asked: list[OrderCommand]) -> None:
    order: Order = ORDER.fold(carried_out(asked))
    kept: TypeAdapter[Any] = TypeAdapter(type(order))

    assert kept.validate_json(kept.dump_json(order)) == order
    assert type(order) in ORDER.states


@given(st.lists(st.sampled_from([*ONE_OF_EACH[:11], CORRECTED, INVOICED]), max_size=12))
def test_no_history_is_too_strange_to_be_folded(facts: list[Any]) -> None:
    ORDER.fold(facts)
