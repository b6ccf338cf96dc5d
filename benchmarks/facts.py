"""Facts of orders as the store holds them, many: each order placed to delivered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from eventsourcing.persistence import JSONTranscoder
from uuid_utils.compat import uuid7

from contracts.fact import Fact
from contracts.orders import (
    OrderAccepted,
    OrderLine,
    OrderPlaced,
    ShipmentDelivered,
    ShipmentSaved,
    ShippedLine,
)
from kit.eventstore.records import FactMapper, Recorded, StoredFact

SELLERS: Final = 500
TRACE: Final = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
TITLE: Final = "Stoneware mug, speckled glaze, 350 ml"
_START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


def stored_facts(count: int) -> Iterator[StoredFact]:
    """Yield `count` facts, those of one order one after another, each with a trace."""
    mapper = FactMapper(JSONTranscoder())
    for number in range(-(-count // 4)):
        order_id = uuid7().hex
        for version, fact in enumerate(_order(number, order_id), start=1):
            if (count := count - 1) < 0:
                return
            event_id = uuid7()
            at = fact.happened_at + timedelta(seconds=1)
            recorded = Recorded(f"order-{order_id}", version, event_id, fact, at, TRACE)
            yield mapper.to_stored_event(recorded)


def _order(number: int, order_id: str) -> tuple[Fact, ...]:
    at = _START + timedelta(minutes=number)
    shipment_id = f"{order_id}-1"
    whose: dict[str, Any] = {"seller_id": f"seller-{number % SELLERS}"}
    whose["order_id"] = order_id
    placed = OrderPlaced(
        **whose,
        buyer_id=f"buyer-{number % 7_919}",
        lines=tuple(mugs(f"{order_id}-{n}", f"product-{n}") for n in range(1 + number % 2)),
        shipping_cents=990,
        currency="USD",
        payment_method="card",
        ship_to_country="US",
        placed_at=at,
        ship_by=at + 96 * _HOUR,
        clock_started_at=at,
    )
    accepted = OrderAccepted(
        **whose,
        buyer_id=placed.buyer_id,
        customer_id=placed.buyer_id,
        customer_link="existing",
        accepted_at=at + 3 * _HOUR,
    )
    saved = ShipmentSaved(
        **whose,
        shipment_id=shipment_id,
        lines=tuple(ShippedLine(line_id=line.line_id, quantity=2) for line in placed.lines),
        carrier="UPS",
        tracking_number=f"1Z{number:016}",
        shipped_by="seller",
        shipped_at=at + 50 * _HOUR,
        saved_at=at + 51 * _HOUR,
        completes_order=True,
    )
    delivered = ShipmentDelivered(
        **whose, shipment_id=shipment_id, delivered_at=at + 120 * _HOUR
    )
    return placed, accepted, saved, delivered


def mugs(line_id: str, product_id: str) -> OrderLine:
    """Return the line that each order here has, under the ids given."""
    return OrderLine(
        line_id=line_id,
        product_id=product_id,
        title=TITLE,
        quantity=2,
        unit_price_cents=2_100,
    )
