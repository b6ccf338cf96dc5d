"""A small generated history that ships with the project: what a marketplace has on file.

Every id and title is invented. `python -m market.samples.generate` writes the files; the
same seed gives the same bytes.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

HISTORY: Final = Path(__file__).parent / "history"
"""Directory of its files: three in Olist's columns, and what Olist does not know."""

AS_OF: Final = datetime(2025, 4, 1, tzinfo=UTC)
"""A moment at which there are sellers of every level."""

FEE_MONTH: Final = "2025-03"
"""A month whose store fees have two lots of one product, one of them free at first."""

EXPLAINED_SELLER: Final = "seller-birch"
"""Who is worth explaining in that month."""


class LateNumber(NamedTuple):
    """A parcel's number that was told at some moment, and is not in the history."""

    order_id: str
    shipment_id: str
    tracking_number: str
    at: datetime


WARNED_SELLER: Final = "seller-cedar"
"""Who is at limit on a single metric at `REVIEWED`, by one parcel without a number."""

REVIEWED: Final = datetime(2025, 3, 30, tzinfo=UTC)
TOLD_LATE: Final = LateNumber(
    "order-0387:seller-cedar",
    "parcel-0201",
    "2548854910",
    datetime(2025, 3, 22, 5, tzinfo=UTC),
)
