"""What an order needs, set aside before it is accepted: all of it, or nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, LiteralString

from sqlalchemy import Connection

from kit.database import driver
from kit.domain import Refused
from kit.eventstore.streams import PostgresStreams, Streams
from services.catalog.adapters.locking import lock
from services.catalog.adapters.settling import sayings_of
from services.catalog.commands import Reservation, ReserveUnits
from services.catalog.handlers import to_request
from services.catalog.model.demand import Demand, Reserved
from services.catalog.model.stock import InsufficientStock
from services.catalog.policies import stock_rules

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

    Returns the units by product that are set aside by then, or have left in parcels;
    products that were never stocked are left out.

    Raises:
        ReservationShort: There is too little of some products.
        OrderEnded: It was rejected, cancelled or has expired.
    Safe to repeat: Yes. What is set aside for the order counts.
    """

    def work(db: Connection, within: Streams) -> Mapping[str, int]:
        seller_id = reservation.seller_id
        stocked = lock({(seller_id, one.product_id) for one in reservation.lines}, db)
        wanted = {
            product_id: units
            for product_id, units in _wanted(reservation).items()
            if (seller_id, product_id) in stocked
        }
        asked = [*_asked(reservation, wanted, _left(reservation, db))]
        answers = within.submit([replace(to_request(one), actor=actor) for one in asked])
        short = [
            _short(one, answer.refused)
            for one, answer in zip(asked, answers, strict=True)
            if answer.refused is not None
        ]
        if short:
            raise ReservationShort(short)
        _keep(reservation, wanted, db)
        return wanted

    return streams.together(work)


def _keep(reservation: Reservation, wanted: Mapping[str, int], db: Connection) -> None:
    order = (reservation.order_id, reservation.seller_id)
    rows = [(*order, *said, reservation.version) for said in wanted.items()]
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


def _wanted(reservation: Reservation) -> Mapping[str, int]:
    units = Counter[str]()
    for line in reservation.lines:
        units[line.product_id] += line.units
    return units


def _left(reservation: Reservation, db: Connection) -> Mapping[str, int]:
    """Return what has left of the order in parcels, as far as that was heard.

    Raises:
        OrderEnded: It was rejected, cancelled or has expired.
    """
    said = sayings_of([reservation.order_id], db)
    mine = [each for each in said if each.seller_id == reservation.seller_id]
    if not mine:
        return {}
    demand = Demand.of(mine, stock_rules())
    if demand.ended:
        raise OrderEnded(reservation.order_id)
    return demand.left


def _asked(
    reservation: Reservation, wanted: Mapping[str, int], left: Mapping[str, int]
) -> Iterator[ReserveUnits]:
    for product_id, units in wanted.items():
        if units > left.get(product_id, 0):
            yield ReserveUnits(
                seller_id=reservation.seller_id,
                product_id=product_id,
                order_id=reservation.order_id,
                units=units - left.get(product_id, 0),
                at=reservation.at,
            )


def _short(asked: ReserveUnits, why: Refused) -> Short:
    if not isinstance(why, InsufficientStock):
        raise why
    return Short(asked.product_id, why.units, why.on_hand)
