"""Orders' demand and the stock that meets it, in one transaction under the stock's locks.

Whoever moves units of an order locks the rows of its products first, in their order: so
a reservation and the facts that end its order can't overlook each other, nor deadlock.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import ClassVar, Final, LiteralString, TypeAlias

from sqlalchemy import Connection

from kit.database import driver
from kit.domain import Refused
from kit.eventstore.streams import PostgresStreams, Streams
from services.catalog.commands import Allocation, Reservation, ReserveUnits, SettleOrder
from services.catalog.handlers import to_request
from services.catalog.model.demand import Demand, Saying
from services.catalog.model.stock import InsufficientStock
from services.catalog.policies import stock_rules

Product: TypeAlias = tuple[str, str]
"""A seller's id and a product's."""

_LOCK: Final[LiteralString] = """
SELECT s.seller_id, s.product_id, s.on_hand FROM stock AS s
JOIN unnest(%s::text[], %s::text[]) AS p (seller_id, product_id)
    USING (seller_id, product_id)
WHERE s.received_units > 0
ORDER BY s.seller_id, s.product_id FOR UPDATE OF s
"""
_COLUMNS: Final[LiteralString] = (
    "order_id, event_id, line_id, seller_id, says, product_id, units, from_order, at,"
    " recorded_at, pos"
)
_SAID: Final[LiteralString] = f"""
SELECT {_COLUMNS} FROM order_sayings WHERE order_id = ANY(%s) ORDER BY order_id, pos
"""
_ENDED: Final[LiteralString] = """
SELECT 1 FROM order_sayings WHERE order_id = %s AND seller_id = %s AND says = 'ended'
"""
_WAITING: Final[LiteralString] = """
SELECT DISTINCT o.order_id FROM order_sayings AS o
JOIN unnest(%s::text[], %s::text[]) AS p (seller_id, product_id)
    USING (seller_id, product_id)
LEFT JOIN set_aside AS a USING (seller_id, product_id, order_id)
WHERE o.says = 'placed' AND coalesce(a.units, 0) < (
    SELECT sum(units) FROM order_sayings AS all_of_it
    WHERE (seller_id, product_id, order_id) = (o.seller_id, o.product_id, o.order_id)
)
AND EXISTS (SELECT FROM order_sayings AS yes
    WHERE yes.order_id = o.order_id AND yes.says = 'accepted')
AND NOT EXISTS (SELECT FROM order_sayings AS over
    WHERE over.order_id = o.order_id AND over.says = 'ended')
"""
_KEPT: Final[LiteralString] = """
SELECT product_id, kept_since FROM stock WHERE seller_id = %s AND kept_since IS NOT NULL
"""
_ASIDE: Final[LiteralString] = """
SELECT order_id, product_id, units FROM set_aside WHERE seller_id = %s AND units > 0
"""


@dataclass(frozen=True, slots=True)
class Short:
    """A product of which there is too little.

    Units: `units` more would be needed than are aside already, of `on_hand`.
    """

    product_id: str
    units: int
    on_hand: int


class ReservationShort(Refused):
    """Not all that was asked for is there; nothing was set aside."""

    code: ClassVar[str] = InsufficientStock.code

    def __init__(self, short: Sequence[Short]) -> None:
        told = ", ".join(
            f"{one.product_id!r}: {one.units} more, {one.on_hand} on hand" for one in short
        )
        super().__init__(f"lines: there is too little of {told}; order less, or split it")
        self.short = short


class OrderEnded(Refused):
    """The order takes no units any more."""

    code: ClassVar[str] = "order-ended"

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"order_id: {order_id!r} was rejected, cancelled or has expired; "
            "place a new order instead"
        )


def reserve(
    reservation: Reservation, streams: PostgresStreams, actor: str | None = None
) -> Mapping[str, int]:
    """Set aside what an order needs to be accepted: all of it, or nothing.

    Returns the units by product that are set aside by then; products that were never
    stocked are left out.

    Raises:
        ReservationShort: There is too little of some products.
        OrderEnded: It was rejected, cancelled or has expired.
    Safe to repeat: Yes. What is set aside for the order counts.
    """

    def work(db: Connection, within: Streams) -> Mapping[str, int]:
        mine = (reservation.seller_id, reservation.order_id)
        asked = _asked(reservation)
        stocked = lock_stocked({(one.seller_id, one.product_id) for one in asked}, db)
        if driver(db).execute(_ENDED, mine[::-1]).fetchone():
            raise OrderEnded(reservation.order_id)
        asked = [one for one in asked if (one.seller_id, one.product_id) in stocked]
        answers = within.submit([replace(to_request(one), actor=actor) for one in asked])
        short = [
            _short(one, answer.refused)
            for one, answer in zip(asked, answers, strict=True)
            if answer.refused is not None
        ]
        if short:
            raise ReservationShort(short)
        return {one.product_id: one.units for one in asked}

    return streams.together(work)


def _asked(reservation: Reservation) -> Sequence[ReserveUnits]:
    units: dict[str, int] = {}
    for line in reservation.lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.units
    return [
        ReserveUnits(
            seller_id=reservation.seller_id,
            product_id=product_id,
            order_id=reservation.order_id,
            units=total,
            at=reservation.at,
        )
        for product_id, total in units.items()
    ]


def _short(asked: ReserveUnits, why: Refused) -> Short:
    if not isinstance(why, InsufficientStock):
        raise why
    return Short(asked.product_id, why.units, why.on_hand)


def lock_stocked(products: Collection[Product], db: Connection) -> Mapping[Product, int]:
    """Return the units on hand of those `products` that were ever stocked.

    Nobody else moves units of orders there until the transaction ends.
    """
    if not products:
        return {}
    rows = driver(db).execute(_LOCK, [*map(list, zip(*products, strict=True))])
    return {(seller_id, product_id): on_hand for seller_id, product_id, on_hand in rows}


def sayings_of(order_ids: Iterable[str], db: Connection) -> Sequence[Saying]:
    """Return all that facts said of some orders, by order."""
    rows = driver(db).execute(_SAID, ([*order_ids],))
    return [Saying(*row) for row in rows]


def carry_out(asked: Sequence[Allocation], db: Connection, streams: Streams) -> None:
    """Ask stocks for what orders need, in this order; products without a stock for nothing.

    Raises:
        Refused: A stock can't do it; what asked for it is wrong.
    """
    stocked = lock_stocked({(one.seller_id, one.product_id) for one in asked}, db)
    met = [one for one in asked if (one.seller_id, one.product_id) in stocked]
    for answer in streams.submit([to_request(one) for one in met]) if met else ():
        if answer.refused is not None:
            raise answer.refused


def waiting(products: Mapping[Product, datetime], db: Connection) -> Sequence[SettleOrder]:
    """Return what accepted orders want of `products` and may not have, the oldest first.

    Shape: `products` with the moment at which units came in.
    """
    found = driver(db).execute(_WAITING, [*map(list, zip(*products, strict=True))])
    said = groupby(sayings_of([one for (one,) in found], db), attrgetter("order_id"))
    demands = [Demand.of(sayings, stock_rules()) for _, sayings in said]
    settled = [
        one.settle(product_id, at)
        for one in demands
        for (seller_id, product_id), at in products.items()
        if one.seller_id == seller_id and one.wanted.get(product_id, 0) > 0
    ]
    open_still = [(one.accepted_at, one) for one in settled if one.accepted_at is not None]
    return [one for _, one in sorted(open_still, key=lambda each: each[0])]


@dataclass(frozen=True, slots=True)
class Shortage:
    """Units that an accepted order wants, and that were not there."""

    order_id: str
    product_id: str
    units: int
    accepted_at: datetime


def shortages(seller_id: str, db: Connection) -> Sequence[Shortage]:
    """Return which accepted orders of a seller wait for units, the oldest first.

    Shape: what waits is served as units come in; see `waiting`.
    """
    kept = driver(db).execute(_KEPT, (seller_id,)).fetchall()
    since = {(seller_id, product_id): at for product_id, at in kept}
    held = {(o, p): n for o, p, n in driver(db).execute(_ASIDE, (seller_id,))}
    return [
        Shortage(one.order_id, one.product_id, missing, one.accepted_at)
        for one in (waiting(since, db) if since else ())
        if one.accepted_at is not None
        and one.accepted_at >= since[seller_id, one.product_id]
        and (missing := one.at_least - held.get((one.order_id, one.product_id), 0)) > 0
    ]
