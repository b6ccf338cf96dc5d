"""Orders from placing to delivery, as requests with keys: what tests have recorded."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from kit.eventstore.requests import AnyRequest, Request
from services.orders.commands import (
    AcceptOrder,
    LineToPlace,
    LineToShip,
    MarkDelivered,
    OrderCommand,
    PlaceOrder,
    SaveShipment,
)
from services.orders.model import ORDER
from tests.samples import FRIDAY, MONDAY, NEXT_FRIDAY, SATURDAY

SELLERS = 7


def story(order_id: str, seller_id: str) -> list[OrderCommand]:
    """What becomes of one order: four facts."""
    line = LineToPlace(
        line_id="l-1", product_id="p-1", title="Mug", quantity=2, unit_price_cents=2_100
    )
    return [
        PlaceOrder(
            order_id=order_id,
            seller_id=seller_id,
            buyer_id="b-1",
            lines=(line,),
            currency="USD",
            payment_method="card",
            ship_to_country="US",
            ship_by=NEXT_FRIDAY,
            at=FRIDAY,
        ),
        AcceptOrder(
            order_id=order_id, customer_id="c-1", customer_link="created", at=SATURDAY
        ),
        SaveShipment(
            order_id=order_id,
            shipment_id="h-1",
            lines=(LineToShip(line_id="l-1", quantity=2),),
            carrier="UPS",
            shipped_by="seller",
            shipped_at=MONDAY,
            at=MONDAY,
        ),
        MarkDelivered(order_id=order_id, shipment_id="h-1", at=NEXT_FRIDAY),
    ]


def requests(numbers: Iterable[int]) -> list[AnyRequest]:
    """The stories of some orders, those of each in order, each request with its key."""
    return [
        Request(
            stream_id=f"order-o-{n}",
            decider=ORDER,
            command=command,
            key=f"{type(command).__name__}-{n}",
        )
        for n in numbers
        for command in story(f"o-{n}", f"s-{n % SELLERS}")
    ]


def new_id() -> UUID:
    return uuid7()


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the edge of a store under test
