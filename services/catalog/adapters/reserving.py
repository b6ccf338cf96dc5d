"""What an order needs, set aside before it is accepted: all of it, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, LiteralString

from sqlalchemy import Connection

from kit.database import driver
from kit.domain import Refused
from kit.eventstore.streams import PostgresStreams, Streams
from services.catalog.adapters.locking import lock
from services.catalog.commands import Reservation, ReserveUnits
from services.catalog.handlers import to_request
from services.catalog.model.demand import Reserved
from services.catalog.model.stock import InsufficientStock

_ENDED: Final[LiteralString] = """
SELECT 1 FROM order_sayings WHERE order_id = %s AND seller_id = %s AND says = 'ended'
"""
_KEEP: Final[LiteralString] = """
INSERT INTO reserved_units AS r (order_id, seller_id, product_id, units, version)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
ON CONFLICT (order_id, seller_id, product_id) DO UPDATE SET version = excluded.version,
    units = CASE WHEN r.version = excluded.version THEN greatest(r.units, excluded.units)
        ELSE excluded.units END
WHERE r.version <= excluded.version
"""
_RESERVED: Final[LiteralString] = """
SELECT order_id, product_id, units, version FROM reserved_units WHERE order_id = ANY(%s)
"""
_FORGET: Final[LiteralString] = """
DELETE FROM reserved_units AS r USING (
    SELECT order_id, max(version) AS heard FROM order_sayings
    WHERE order_id = ANY(%s) AND says <> 'split' GROUP BY order_id
) AS o WHERE o.order_id = r.order_id AND r.version < o.heard
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
        stocked = lock({(one.seller_id, one.product_id) for one in asked}, db)
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
        _keep(asked, reservation.version, db)
        return {one.product_id: one.units for one in asked}

    return streams.together(work)


def _keep(asked: Sequence[ReserveUnits], version: int, db: Connection) -> None:
    rows = [(a.order_id, a.seller_id, a.product_id, a.units, version) for a in asked]
    if rows:
        driver(db).execute(_KEEP, [*map(list, zip(*rows, strict=True))])


def reserved_for(
    order_ids: Iterable[str], db: Connection
) -> Mapping[tuple[str, str], Reserved]:
    """Return what some orders asked for last, by order and product.

    Their products are locked. What was judged on facts that have all been heard, with one
    that followed them, is not kept for long.
    """
    rows = driver(db).execute(_RESERVED, ([*order_ids],))
    return {(order, product): Reserved(*said) for order, product, *said in rows}


def forget_reserved(order_ids: Iterable[str], db: Connection) -> None:
    """Forget what some orders asked for before the last of their facts that was heard."""
    driver(db).execute(_FORGET, ([*order_ids],))


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
