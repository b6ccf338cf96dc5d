"""The table of all orders says of each what folding its facts says, whatever happened."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection, select

from services.orders.commands import (
    AddTracking,
    ConfirmInvoice,
    CorrectShipment,
    ExpireOrder,
    MarkDelivered,
    OrderCommand,
)
from services.orders.handlers import to_request
from services.orders.model import ORDER
from services.orders.model.states import (
    Accepted,
    Cancelled,
    Open,
    Placed,
    Rejected,
)
from services.orders.projections import metadata, project_seller_orders, seller_orders
from tests.fakes import MemoryStreams
from tests.orders.test_family_laws import PLACE, asked, moments, orders
from tests.samples import FRIDAY, history

parcels = st.sampled_from(["h-0", "h-1", "h-2"])
numbers = st.sampled_from(["1Z999AA10123456784", "1Z5R89390357567127"])
of_parcels: dict[str, Any] = {"order_id": orders, "shipment_id": parcels, "at": moments}
on_the_way = st.one_of(
    st.builds(AddTracking, tracking_number=numbers, **of_parcels),
    st.builds(CorrectShipment, carrier=st.sampled_from(["UPS", "Bike"]), **of_parcels),
    st.builds(CorrectShipment, tracking_number=numbers, **of_parcels),
    st.builds(MarkDelivered, **of_parcels),
    st.builds(
        ConfirmInvoice,
        order_id=orders,
        invoice_id=st.sampled_from(["i-1", "i-2"]),
        at=moments,
    ),
    st.builds(ExpireOrder, order_id=orders, at=st.just(FRIDAY + timedelta(days=9))),
)
lives: st.SearchStrategy[list[OrderCommand]] = st.builds(
    lambda family, parcels, rest: [*family, *parcels, *rest],
    asked,
    st.lists(on_the_way, max_size=12),
    st.one_of(st.just([]), asked),
)


@given(lives, st.integers(1, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_row_says_what_its_order_is(
    db: Connection, life: Sequence[OrderCommand], batch: int
) -> None:
    streams = MemoryStreams()
    for command in (PLACE, *life):
        streams.submit([to_request(command)])
    metadata.create_all(db)
    db.execute(seller_orders.delete())
    for stream_id, facts in [*streams.facts.items()]:
        told = history(*facts, stream_id=stream_id)
        for start in range(0, len(told), batch):
            project_seller_orders(told[start : start + batch], db)

    rows = {
        row["order_id"]: dict(row) for row in db.execute(select(seller_orders)).mappings()
    }
    states = {name: ORDER.fold(facts) for name, facts in streams.facts.items() if facts}
    assert {f"order-{order_id}" for order_id in rows} == {*states}
    for order_id, row in rows.items():
        order = states[f"order-{order_id}"]
        assert isinstance(order, Placed)
        expected = said(order, len(streams.facts[f"order-{order_id}"]))
        assert {name: row[name] for name in expected} == expected
        assert carried(row) == {
            name: (one.carrier, one.tracking_number, one.delivered)
            for name, one in order.shipments.items()
        }


def said(order: Placed, version: int) -> dict[str, Any]:
    """What the row of an order must say, as its state has it."""
    left = sum(order.to_ship.values())
    units = sum(line.quantity for line in order.lines.values())
    waits = isinstance(order, Open) or (isinstance(order, Accepted) and left > 0)
    ready = isinstance(order, Accepted) and bool(order.shipments)
    confirmed = order.invoice_id is not None
    return {
        "seller_id": order.seller_id,
        "buyer_id": order.buyer_id,
        "state": type(order).__name__.lower(),
        "split_from": order.placed.split_from,
        "clock_started_at": order.clock_started_at,
        "lines": [line.model_dump(mode="json") for line in order.lines.values()],
        "units": units,
        "shipped_units": units - left,
        "subtotal_cents": order.subtotal_cents,
        "total_cents": order.subtotal_cents + order.placed.shipping_cents,
        "pending": waits,
        "invoice_state": "confirmed" if confirmed else "ready" if ready else "none",
        "invoice_id": order.invoice_id,
        "version": version,
        **_why(order),
    }


def _why(order: Placed) -> dict[str, Any]:
    """What else it must say; of what was called off, the state forgets the customer."""
    if isinstance(order, Rejected):
        return {"reason": order.reason, "note": order.note, "cancelled_by": None}
    if isinstance(order, Cancelled):
        return {"reason": order.reason, "cancelled_by": order.by}
    customer = order.customer_id if isinstance(order, Accepted) else None
    return {"reason": None, "cancelled_by": None, "customer_id": customer}


def carried(row: Mapping[str, Any]) -> dict[str, tuple[str, str | None, bool]]:
    """The shipments of a row: by whom, under which number, and whether they arrived."""
    return {
        one["shipment_id"]: (
            one["carrier"],
            one["tracking_number"],
            one["delivered_at"] is not None,
        )
        for one in row["shipments"]
    }
