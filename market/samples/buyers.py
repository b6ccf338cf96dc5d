"""Who may buy of whom in the generated history, and who became a customer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from market.samples.orders import Order
from market.samples.sellers import (
    BY_ID,
    DAY,
    EXPORTED_AT,
    HOUR,
    SELLERS,
    Cells,
    Draws,
    happened,
    is_one,
    stamp,
)

OPENED_UP: Final = "seller-birch"
"""Who required approval once, and does no more."""


@dataclass(frozen=True)
class Request:
    """A buyer asked a seller for access; what became of it, and when, if anything did."""

    seller_id: str
    buyer_id: str
    requested_at: datetime
    outcome: str = ""
    outcome_at: datetime | None = None


VISITORS: Final = (
    # who asks whom, hours before the end, and what became of it how many hours later
    ("shop-01", "ash", 960, "declined", 20),
    ("shop-01", "ash", 500, "approved", 26),  # asked anew
    ("shop-02", "ash", 30, "", 0),  # has time yet
    ("shop-03", "cedar", 700, "declined", 44),
    ("shop-04", "cedar", 600, "withdrawn", 120),  # the buyer did not wait for an answer
    ("shop-05", "cedar", 480, "expired", 14 * 24),
    ("shop-06", "cedar", 410, "approved", 6),
    ("shop-07", "cedar", 46, "", 0),
    ("shop-07", "cedar", 40, "", 0),  # asked again before there was an answer
    ("shop-08", "dogwood", 620, "expired", 14 * 24),
    ("shop-09", "dogwood", 590, "expired", 14 * 24),
    ("shop-10", "dogwood", 350, "approved", 120),
)


def rule_rows() -> Iterator[Cells]:
    """Yield the rows of the access rules file."""
    before = datetime.fromisoformat("2024-11-04T09:00:00+00:00")
    for seller in SELLERS:
        if seller.gated or seller.id == OPENED_UP:
            yield _rule(seller.id, before, "on")
    yield _rule(OPENED_UP, before + 40 * DAY, "off")


def _rule(seller_id: str, at: datetime, setting: str) -> Cells:
    return {"seller_id": seller_id, "at": stamp(at), "approval_required": setting}


def requests(made: Sequence[Order], draws: Draws) -> list[Request]:
    """Return all requests: of those who ordered later, and of some who never did."""
    found = [*_of_buyers(made, draws), *_of_visitors()]
    return sorted(found, key=lambda request: request.requested_at)


def _of_buyers(made: Sequence[Order], draws: Draws) -> Iterator[Request]:
    asked: Counter[str] = Counter()
    for number, order in enumerate(made, 1):
        for seller in (BY_ID[seller_id] for seller_id in order.sellers):
            if not seller.gated:
                continue
            asked[seller.id] += 1
            name = f"{seller.name}/{number}"
            answered_at = order.placed_at - draws.between(HOUR, 30 * HOUR, f"{name}/leave")
            took = draws.between(2 * HOUR, 40 * HOUR, f"{name}/leave took")
            if is_one(asked[seller.id], seller.approves_late):
                took += 5 * DAY
            asked_at = answered_at - took
            buyer_id = f"buyer-{number:04}"
            yield Request(seller.id, buyer_id, asked_at, "approved", answered_at)


def _of_visitors() -> Iterator[Request]:
    for shop, seller, hours, outcome, after in VISITORS:
        at = EXPORTED_AT - hours * HOUR
        answered_at = at + after * HOUR if outcome else None
        yield Request(f"seller-{seller}", shop, at, outcome, answered_at)


def request_rows(made: Sequence[Request]) -> Iterator[Cells]:
    """Yield the rows of the access requests file."""
    for number, request in enumerate(made, 1):
        yield {
            "request_id": f"request-{number:04}",
            "seller_id": request.seller_id,
            "buyer_id": request.buyer_id,
            "requested_at": stamp(request.requested_at),
            "outcome": request.outcome if happened(request.outcome_at) else "",
            "outcome_at": stamp(request.outcome_at),
        }


def customer_rows(made: Sequence[Request]) -> Iterator[Cells]:
    """Yield the rows of the customers file: approved visitors, and two who came in person.

    One of them is found among the buyers later.
    """
    shops = [one for one in made if one.buyer_id.startswith("shop-")]
    for one in shops:
        if one.outcome == "approved":
            at, name = one.outcome_at, f"The {one.buyer_id[-2:]} Store"
            yield _customer(one, at, "created", name, one.buyer_id)
    first = shops[0]
    for number, name in enumerate(("Mill Street Goods", "The Corner Window"), 1):
        at = first.requested_at + number * DAY
        yield _customer(first, at, "created", name, "", f"walk-in-{number}")
    at = first.requested_at + 30 * DAY
    yield _customer(first, at, "associated", "", "shop-11", "walk-in-1")


def _customer(
    one: Request, at: datetime | None, link: str, name: str, buyer_id: str, of: str = ""
) -> Cells:
    return {
        "seller_id": one.seller_id,
        "customer_id": of or f"customer-{one.buyer_id}",
        "link": link,
        "at": stamp(at),
        "name": name,
        "buyer_id": buyer_id,
    }
