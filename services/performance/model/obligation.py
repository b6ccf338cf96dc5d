"""What facts say of obligations and listings: rows that are only ever added.

An obligation is one thing that a seller owes by one moment; it is the union of its rows,
so repeats and order cannot matter.
Source: domain.md 3.
"""

from datetime import datetime
from typing import Final, Literal, TypeAlias

import polars as pl

from services.performance.model.metrics import NAMES

Says: TypeAlias = Literal["opened", "due", "kept", "void", "amount"]
ListingSays: TypeAlias = Literal["listed", "changed", "delisted", "stocked", "moved"]


MOMENT: Final = pl.Datetime("us", "UTC")
METRIC: Final = pl.Enum(NAMES)
SAYS: Final = pl.Enum(["opened", "due", "kept", "void", "amount"])

# `amount` is in units of stock. In `inventory.units_filled`, `due` says how many were
# ordered, `amount` how many were lost for want of stock (null: all that was left), `kept`
# how many can't be lost any more, and `opened` that so many of them moved here from the
# order `part_of`. Elsewhere `part_of` says with which order a split one owes.
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
"""What a fact says of one obligation, true from `at` on, with its evidence: the fact's id,
and when it was recorded. One row per (event_id, metric, says)."""
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
"""What a fact says of a listing: for sale or not, and how it is described; or of the stock
behind it: that units came in, or that it moved otherwise or was counted. `version` is of
the listing's stream, or of the stock's."""

OF_STOCK: Final = ("stocked", "moved")


def known(rows: pl.LazyFrame, as_of: datetime, known_at: datetime | None) -> pl.LazyFrame:
    """Keep the rows that were true by `as_of` and recorded by `known_at`, if that is given.

    True by then is what `at` says, not when we were told: a parcel that left on Monday
    had left on Monday, though it was saved on Friday. That is `known_at`'s question.
    """
    true_by_then = rows.filter(pl.col("at") <= as_of)
    if known_at is None:
        return true_by_then
    return true_by_then.filter(pl.col("recorded_at") <= known_at)
