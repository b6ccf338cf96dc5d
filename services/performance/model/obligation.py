"""What facts say of obligations and listings: rows that are only ever added.

An obligation is one thing that a seller owes by one moment; it is the union of its rows,
so repeats and order cannot matter.
Source: domain.md 3.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal, NamedTuple, TypeAlias

import polars as pl

from services.performance.model.metrics import NAMES

Says: TypeAlias = Literal["opened", "due", "kept", "void", "amount"]
ListingSays: TypeAlias = Literal["listed", "changed", "delisted"]


class Said(NamedTuple):
    """What one fact says of one obligation, true from `at` on.

    Units: `amount` in units of stock. In `inventory.units_filled`, `due` says how many were
        ordered, `amount` how many were lost for want of stock (null: all that was left),
        `kept` how many can't be lost any more, and `opened` that so many of them moved here
        from the order `part_of`.
    """

    metric: str
    subject_id: str
    seller_id: str
    says: Says
    at: datetime
    amount: int | None = None
    part_of: str | None = None


class Saying(NamedTuple):
    """A `Said` with its evidence: the fact that said so, and when we could know it.

    Shape: one per (event_id, metric, says); no fact says the same of two obligations of
        one metric.
    """

    metric: str
    subject_id: str
    seller_id: str
    says: Says
    at: datetime
    amount: int | None
    part_of: str | None
    event_id: str
    recorded_at: datetime


class ListingSaid(NamedTuple):
    """What one fact says of a listing: for sale or not, and how it is described."""

    seller_id: str
    product_id: str
    says: ListingSays
    at: datetime
    image_count: int | None = None
    description_chars: int | None = None
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


class ListingSaying(NamedTuple):
    """A `ListingSaid` with its evidence. Units: `version` of the listing's stream."""

    seller_id: str
    product_id: str
    says: ListingSays
    at: datetime
    image_count: int | None
    description_chars: int | None
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    version: int
    event_id: str
    recorded_at: datetime


MOMENT: Final = pl.Datetime("us", "UTC")
METRIC: Final = pl.Enum(NAMES)
SAYS: Final = pl.Enum(["opened", "due", "kept", "void", "amount"])

SAYINGS: Final = pl.Schema(
    {
        "metric": METRIC,
        "subject_id": pl.String(),
        "seller_id": pl.String(),
        "says": SAYS,
        "at": MOMENT,
        "amount": pl.Int64(),
        "part_of": pl.String(),
        "event_id": pl.String(),
        "recorded_at": MOMENT,
    }
)
LISTINGS: Final = pl.Schema(
    {
        "seller_id": pl.String(),
        "product_id": pl.String(),
        "says": pl.String(),
        "at": MOMENT,
        "image_count": pl.Int32(),
        "description_chars": pl.Int32(),
        "weight_g": pl.Int32(),
        "length_mm": pl.Int32(),
        "width_mm": pl.Int32(),
        "height_mm": pl.Int32(),
        "version": pl.Int64(),
        "event_id": pl.String(),
        "recorded_at": MOMENT,
    }
)


def sayings_frame(sayings: Iterable[Saying]) -> pl.DataFrame:
    """Return `sayings` in columns, as `scorecards` takes them."""
    return pl.DataFrame(list(sayings), SAYINGS, orient="row")


def listings_frame(listings: Iterable[ListingSaying]) -> pl.DataFrame:
    """Return `listings` in columns, as `scorecards` takes them."""
    return pl.DataFrame(list(listings), LISTINGS, orient="row")


def known(rows: pl.LazyFrame, as_of: datetime, known_at: datetime | None) -> pl.LazyFrame:
    """Keep the rows that were true by `as_of` and recorded by `known_at`, if that is given.

    True by then is what `at` says, not when we were told: a parcel that left on Monday
    had left on Monday, though it was saved on Friday. That is `known_at`'s question.
    """
    true_by_then = rows.filter(pl.col("at") <= as_of)
    if known_at is None:
        return true_by_then
    return true_by_then.filter(pl.col("recorded_at") <= known_at)
