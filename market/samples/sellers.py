"""Who sells in the generated history, and how each behaves.

The same seed gives the same numbers, on every machine. All names are invented.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from market.samples import AS_OF

BEGIN: Final = datetime(2025, 1, 1, tzinfo=UTC)
EXPORTED_AT: Final = AS_OF
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SATURDAY: Final = 5
PRODUCTS: Final = 5

Cells = dict[str, str]


@dataclass(frozen=True)
class Draws:
    """Numbers that look drawn by lot, each fixed by the seed and its own name."""

    seed: int

    def below(self, limit: int, name: str) -> int:
        """Return a number of 0 to `limit - 1`."""
        return int.from_bytes(sha256(f"{self.seed}/{name}".encode()).digest()[:8]) % limit

    def between(self, low: timedelta, high: timedelta, name: str) -> timedelta:
        """Return a span of whole seconds."""
        seconds = int((high - low).total_seconds())
        return low + timedelta(seconds=self.below(seconds, name))


@dataclass(frozen=True)
class Seller:
    """Who sells how much, and what goes wrong: every n-th, 0 for none.

    Shape: `photos`, `description`, `weighed` and `sized` are what is said of its products;
        `carrier` brings every n-th order that it `ships_itself`, the marketplace the
        others, and `tracks_late` counts its parcels; `gated`, it lets nobody order without
        a request; the buyer of every n-th order `writes` to it, of which it leaves some
        without an answer, or answers late.
    """

    name: str
    orders: int
    accepts_late: int = 0
    ships_late: int = 0
    never_accepts: int = 0
    at_weekends: bool = False
    photos: int = 3
    description: int = 640
    weighed: bool = True
    sized: bool = True
    carrier: str = ""
    ships_itself: int = 0
    in_parts: bool = False
    tracks_late: int = 0
    gated: bool = False
    approves_late: int = 0
    writes: int = 2
    answers_late: int = 0
    never_answers: int = 0

    @property
    def id(self) -> str:
        """Its id in the files."""
        return f"seller-{self.name}"


SELLERS: Final = (
    Seller("ash", 96, carrier="UPS", ships_itself=2, gated=True),
    Seller("birch", 96, photos=2, weighed=False, answers_late=16),
    Seller(
        "cedar",
        96,
        ships_late=8,
        carrier="DHL",
        ships_itself=1,
        in_parts=True,
        tracks_late=9,
        gated=True,
        approves_late=8,
        never_answers=7,
    ),
    Seller(
        "dogwood",
        75,
        accepts_late=3,
        ships_late=4,
        never_accepts=25,
        carrier="Riverline",
        ships_itself=1,
        tracks_late=4,
        gated=True,
        approves_late=3,
        answers_late=4,
        never_answers=3,
    ),
    Seller("elm", 6, carrier="UPS", ships_itself=1, gated=True),
    Seller("fir", 60, at_weekends=True),
)
BY_ID: Final = {seller.id: seller for seller in SELLERS}
PARTNERS: Final = {"ash": "birch", "cedar": "dogwood"}


def is_one(number: int, every: int) -> bool:
    """Return whether `number` is an n-th one; of every 0-th, none is."""
    return every > 0 and number % every == 0


def happened(at: datetime | None) -> bool:
    """Return whether that was before the history was written down."""
    return at is not None and at < EXPORTED_AT


def stamp(at: datetime | None) -> str:
    """Return the moment as the files beside Olist's say it: empty if it did not happen."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None and happened(at) else ""


def unit(seller: str, product: int) -> tuple[str, str]:
    """Return whose product that is, and which."""
    return f"seller-{seller}", f"{seller}-{product}"
