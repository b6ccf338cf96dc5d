"""Parcels that sellers of the generated history sent themselves."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from market.samples.orders import Order
from market.samples.sellers import (
    DAY,
    EXPORTED_AT,
    HOUR,
    Cells,
    Draws,
    Seller,
    happened,
    is_one,
    stamp,
)

MISTYPED: Final = ("cedar", 5)
"""Whose parcel has a number that its carrier never gave."""
UNTOLD: Final = ("cedar", 99)
"""Whose parcel has none in the files: `market.samples.TOLD_LATE` says it."""


@dataclass(frozen=True)
class Parcel:
    """Some lines of an order that left together.

    Shape: `lines` are (line id, units); with `added_at` its number was told then.
    """

    order_id: str
    lines: Sequence[tuple[str, int]]
    carrier: str
    shipped_at: datetime
    delivered_at: datetime | None
    saved_at: datetime = EXPORTED_AT
    number: str = ""
    added_at: datetime | None = None


def parcels(made: Sequence[Order], draws: Draws) -> list[Parcel]:
    """Return what left by sellers' own carriers, by the moment when that was saved."""
    found: list[Parcel] = []
    sent: Counter[str] = Counter()
    for number, order in enumerate(made, 1):
        if order.by is None or order.shipped_at is None:
            continue
        parts = _parts(order, order.by)
        for left, lines in zip(reversed(range(len(parts))), parts, strict=True):
            sent[order.by.name] += 1
            parcel = Parcel(
                order_id=f"order-{number:04}:{order.by.id}",
                lines=lines,
                carrier=order.by.carrier,
                shipped_at=order.shipped_at - left * 2 * HOUR,
                delivered_at=order.delivered_at,
            )
            found.append(_told(parcel, order.by, sent[order.by.name], draws))
    return sorted(
        (parcel for parcel in found if happened(parcel.saved_at)),
        key=lambda parcel: parcel.saved_at,
    )


def _parts(order: Order, seller: Seller) -> Sequence[Sequence[tuple[str, int]]]:
    """Return its lines, in two parcels if the seller sends them so. A line is a product."""
    first: dict[str, str] = {}
    for item, (_, product_id) in enumerate(order.units, 1):
        first.setdefault(product_id, str(item))
    units = Counter(product_id for _, product_id in order.units)
    lines = [(line_id, units[product_id]) for product_id, line_id in first.items()]
    return [lines[:1], lines[1:]] if seller.in_parts and lines[1:] else [lines]


def _told(parcel: Parcel, seller: Seller, nth: int, draws: Draws) -> Parcel:
    """Return `parcel` with its number, and when it and the number were told.

    The numbers of some come a little later, of every n-th much later.
    """
    name = f"{seller.name}/parcel {nth}"
    number = NUMBERS.get(seller.carrier, _any_number)(draws, name)
    saved_at = parcel.shipped_at + draws.between(HOUR / 6, 3 * HOUR, f"{name}/saved")
    added_at = saved_at + 12 * HOUR if is_one(nth, 5) else None
    if is_one(nth, seller.tracks_late):
        added_at = saved_at + 5 * DAY
    if (seller.name, nth) == UNTOLD:
        return replace(parcel, saved_at=saved_at)
    if (seller.name, nth) == MISTYPED:
        number = number[:-1] + str((int(number[-1]) + 1) % 10)
    return replace(parcel, saved_at=saved_at, number=number, added_at=added_at)


def _ups(draws: Draws, name: str) -> str:
    serial = f"{draws.below(10**15, name):015}"
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(serial[::-1]))
    return f"1Z{serial}{-total % 10}"


def _dhl(draws: Draws, name: str) -> str:
    serial = 10**8 + draws.below(9 * 10**8, name)
    return f"{serial}{serial % 7}"


def _any_number(draws: Draws, name: str) -> str:
    return f"RL-{draws.below(10**6, name):06}"


NUMBERS: Final[Mapping[str, Callable[[Draws, str], str]]] = {"UPS": _ups, "DHL": _dhl}
"""How carriers that the services know number their parcels, check digit last."""


def parcel_rows(made: Sequence[Parcel]) -> Iterator[Cells]:
    """Yield the rows of the shipments file. What happened after the export is missing."""
    for number, parcel in enumerate(made, 1):
        told = parcel.added_at is None or happened(parcel.added_at)
        yield {
            "order_id": parcel.order_id,
            "shipment_id": f"parcel-{number:04}",
            "lines": ";".join(f"{line_id}:{units}" for line_id, units in parcel.lines),
            "carrier": parcel.carrier,
            "tracking_number": parcel.number if told else "",
            "shipped_at": stamp(parcel.shipped_at),
            "saved_at": stamp(parcel.saved_at),
            "tracking_added_at": stamp(parcel.added_at),
            "delivered_at": stamp(parcel.delivered_at),
        }
