"""How completely a seller's active listings are described."""

from datetime import datetime
from typing import Final

import polars as pl

from services.performance.model.metrics import LISTINGS_COMPLETE
from services.performance.model.obligation import known

TWELFTHS: Final = 12
"""Points are counted in twelfths: so they are whole, and equal rates are equal doubles."""

FULL: Final = 100 * TWELFTHS
SIZES: Final = ("length_mm", "width_mm", "height_mm")
DESCRIBED: Final = ("image_count", "description_chars", "weight_g", *SIZES)


def active_listings(
    listings: pl.LazyFrame, as_of: datetime, known_at: datetime | None = None
) -> pl.DataFrame:
    """Return the listings for sale at `as_of`, and how they were described then.

    Of two facts of one moment, the later in the listing's stream holds. A change does not
    put a delisted product back on sale.

    Units: `twelfths` of a point, 0 to 1,200: 30 points for three images, 25 for 300
        characters, 20 for a weight, 25 for all three sizes; a weight or size of 0 is none.
    Shape: one row per (seller_id, product_id), sorted: these, says, at, what described it,
        event_id, twelfths. A fact that comes twice counts once.
    Source: domain.md 3, "Product completeness".
    """
    facts = known(listings, as_of, known_at).collect(engine="streaming")
    facts = facts.sort("at", "version", "event_id")
    product = ["seller_id", "product_id"]
    standing = facts.filter(pl.col("says") != "changed").group_by(product).last()
    for_sale = standing.filter(pl.col("says") == "listed")
    described = facts.filter(pl.col("says") != "delisted").group_by(product).last()
    active = described.join(for_sale, on=product, how="semi")
    points = active.with_columns(twelfths=_twelfths())
    shown = [*product, "says", "at", *DESCRIBED, "event_id", "twelfths"]
    return points.select(shown).sort(product)


def completeness(active: pl.DataFrame) -> pl.DataFrame:
    """Return each seller's mean points as a rate: one card per seller with a listing.

    Units: `due` is the number of active listings; `rate` is mean points / 100.
    Shape: seller_id, metric, window_days (0), due, kept (null), rate.
    """
    points = pl.col("twelfths").sum()
    return active.group_by("seller_id").agg(
        metric=pl.lit(LISTINGS_COMPLETE),
        window_days=pl.lit(0, pl.Int64),
        due=pl.len().cast(pl.Int64),
        kept=pl.lit(None, pl.Int64),
        rate=points / (pl.len().cast(pl.Int64) * FULL),
    )


def _twelfths() -> pl.Expr:
    sized = pl.all_horizontal(*(_given(side) for side in SIZES))
    twelfths = (
        _up_to(3, "image_count") * (30 * TWELFTHS // 3)
        + _up_to(300, "description_chars") * (25 * TWELFTHS // 300)
        + _given("weight_g").cast(pl.Int64) * (20 * TWELFTHS)
        + sized.cast(pl.Int64) * (25 * TWELFTHS)
    )
    return twelfths.cast(pl.Int64)


def _up_to(enough: int, count: str) -> pl.Expr:
    return pl.col(count).fill_null(0).cast(pl.Int64).clip(0, enough)


def _given(measure: str) -> pl.Expr:
    return (pl.col(measure) > 0).fill_null(value=False)
