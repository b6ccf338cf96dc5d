"""Who sells, and what goes wrong there: an order a day each, told as imports tell it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from scripts.demo_orders.clients import Json
from scripts.demo_performance.simulated import LAST, Clock

BEGUN: Final = -40
"""The day of the first orders: at day 0 a whole window of them has fallen due."""
BUYER: Final = "cafe"
CARRIER: Final = "Riverline"
PLACED, ACCEPTED, LEFT, TOLD_AT = 10, 11, 10, 12
"""Hours of the day."""
SHIP_BY, LEAVES, LEAVES_LATE = 5, 2, 8
"""Days after the order was placed."""
NUMBER_LATE: Final = 6
"""Days after a parcel left until its number is told, if that is late."""
ACCEPTS_LATE: Final = 4


class Event(NamedTuple):
    """Something that happens, as a bulk command says it."""

    at: datetime
    command: Json


@dataclass(frozen=True)
class Seller:
    """A seller, by what goes wrong.

    Shape: `days` on which an order is placed; of those, whose parcel leaves too late, and
        whose number is told too late, or never; `rush` is a day of many orders at once,
        two of three of them accepted too late.
    """

    name: str
    days: Sequence[int] = range(BEGUN, LAST)
    ships_late: Sequence[int] = ()
    tracks_late: Sequence[int] = ()
    never_tracks: Sequence[int] = ()
    rush: tuple[int, int] = field(default=(0, 0))

    def events(self, clock: Clock) -> Iterator[Event]:
        """Yield all that happens here, order by order."""
        for day in self.days:
            yield from self._order(clock, day, order_id(self.name, day))
        day, orders = self.rush
        for number in range(orders):
            name = f"{self.name}-rush-{number:02}"
            accepted = 0 if number % 3 == 0 else ACCEPTS_LATE
            yield from self._order(clock, day, name, accepted)

    def _order(
        self, clock: Clock, day: int, name: str, accepted: int = 0
    ) -> Iterator[Event]:
        placed, left = clock.at(day, PLACED), LEAVES + accepted
        if day in self.ships_late:
            left = LEAVES_LATE
        yield _event("place-order", placed, name, _placing(clock, day, self.name))
        yield _event("accept-order", clock.at(day + accepted, ACCEPTED), name, _CUSTOMER)
        parcel = _parcel(clock.at(day + left, LEFT))
        numbered = day not in {*self.tracks_late, *self.never_tracks}
        more = {"tracking_number": number_of(name)} if numbered else {}
        yield _event("save-shipment", clock.at(day + left, TOLD_AT), name, parcel | more)
        if day in self.tracks_late:
            told = clock.at(day + left + NUMBER_LATE, TOLD_AT)
            yield _event("add-tracking", told, name, number(name))


def order_id(seller: str, day: int) -> str:
    """Return the id of the order of a day."""
    return f"{seller}-{day - BEGUN:03}"


def number_of(order: str) -> str:
    """Return the number of the parcel of an order."""
    return f"RL-{order}"


def number(order: str) -> dict[str, str]:
    """Return what is said when a parcel's number is told later than that it left."""
    return {"shipment_id": "h-1", "tracking_number": number_of(order)}


_CUSTOMER: Final = {"customer_id": f"c-{BUYER}", "customer_link": "created"}
_SHIPPED: Final = [{"line_id": "l-1", "quantity": 1}]


def _event(name: str, at: datetime, order: str, said: Json) -> Event:
    told = {
        "key": f"{name} {order}",
        "command": name,
        "order_id": order,
        **said,
        "at": at.isoformat(),
    }
    return Event(at, told)


def _placing(clock: Clock, day: int, seller: str) -> Json:
    return {
        "seller_id": seller,
        "buyer_id": BUYER,
        "lines": [
            {
                "line_id": "l-1",
                "product_id": "p-1",
                "title": f"A piece by {seller}",
                "quantity": 1,
                "unit_price_cents": 4_900,
            }
        ],
        "currency": "USD",
        "payment_method": "card",
        "ship_to_country": "US",
        "ship_by": clock.at(day + SHIP_BY, PLACED).isoformat(),
    }


def _parcel(left: datetime) -> dict[str, object]:
    return {
        "shipment_id": "h-1",
        "lines": _SHIPPED,
        "carrier": CARRIER,
        "shipped_by": "seller",
        "shipped_at": left.isoformat(),
    }


POTTERY: Final = Seller("pottery", range(BEGUN, 59), ships_late=range(-4, 59, 3))
LINEN: Final = Seller("linen", ships_late=range(-4, 21, 3))
GLASS: Final = Seller("glass", (), rush=(21, 24))
LAMPS: Final = Seller("lamps", tracks_late=(60, 62, 64), never_tracks=(58,))
BOOKS: Final = Seller("books", ships_late=range(65, 81, 3))
CANDLES: Final = Seller("candles")
SELLERS: Final = (CANDLES, POTTERY, LINEN, GLASS, LAMPS, BOOKS)
