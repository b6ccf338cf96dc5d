"""What stood on too little: a late fact lifts a warning, and so does an appeal."""

from typing import Any, Final

from market.demo.notices import restated
from scripts.demo_performance import tables
from scripts.demo_performance.season import Season
from scripts.demo_performance.selling import (
    BOOKS,
    CARRIER,
    LAMPS,
    LEAVES,
    LEFT,
    TOLD_AT,
    number,
    number_of,
    order_id,
)

LIFTED: Final = "performance.sanction-lifted.v1"
LATE_NUMBERS: Final = 68
CLAIMED: Final = 80
"""The order whose parcel left in time, as its seller says."""


def restate(season: Season) -> None:
    """A number that was told in time is recorded late: what stood on its lack falls."""
    (day,) = LAMPS.never_tracks
    with season.step(
        "A late fact lifts a warning",
        "Four parcels of lamps had no number in time, and a warning says so. Then the"
        " number of one comes in: it had been told in time. The next review looks again,"
        " and lifts the warning by that fact.",
    ):
        season.pass_until(LATE_NUMBERS)
        season.stands(LAMPS.name, "warned")
        season.notice(LAMPS.name)
        order, at = order_id(LAMPS.name, day), season.clock.at(day + LEAVES, TOLD_AT)
        season.tell_one("add-tracking", order, at, number(order))
        season.pass_until(LATE_NUMBERS + 1)
        season.stands(LAMPS.name, "healthy")
        season.show(restated(_last(season, LAMPS.name, LIFTED)))


def appeal(season: Season) -> None:
    """A seller claims a fact; it is looked at, found true, and counts from then on."""
    appeals = f"/sellers/{BOOKS.name}/appeals"
    with season.step(
        "An appeal",
        "Books was warned, and claims that one parcel left in time. The preview lays the"
        " claim over what was judged. Upheld, it counts as other facts do, and the next"
        " review lifts the warning because of that decision.",
    ):
        warning = _last(season, BOOKS.name, "performance.seller-warned.v1")["event_id"]
        season.post(season.seller(BOOKS.name), appeals, _appeal(season, warning))
        path = f"{appeals}/appeal-1/preview"
        overlay = season.read(season.marketplace, path)
        season.show(tables.before_and_after(overlay))
        decision = {"upheld": True, "note": "The carrier's scan of that day says so."}
        season.post(season.marketplace, f"{appeals}/appeal-1/decision", decision)
        season.pass_until(season.reviewed + 1)
        season.stands(BOOKS.name, "healthy")
        season.show(restated(_last(season, BOOKS.name, LIFTED)))


def _appeal(season: Season, against: str) -> dict[str, Any]:
    order = order_id(BOOKS.name, CLAIMED)
    left = season.clock.at(CLAIMED + LEAVES, LEFT).isoformat()
    saved = {
        "order_id": order,
        "shipment_id": "h-1",
        "lines": [{"line_id": "l-1", "quantity": 1}],
        "carrier": CARRIER,
        "tracking_number": number_of(order),
        "shipped_by": "seller",
        "shipped_at": left,
        "saved_at": left,
        "completes_order": True,
    }
    return {
        "appeal_id": "appeal-1",
        "against": against,
        "statement": "The parcel left in time; our clerk saved the wrong day.",
        "claims": [{"type": "orders.shipment-saved.v1", "data": saved}],
    }


def _last(season: Season, seller: str, kind: str) -> Any:  # noqa: ANN401 - JSON
    """Return the last fact of a type that a seller's standing has."""
    return next(fact for fact in season.facts(seller) if fact["type"] == kind)
