"""How completely a seller's active listings are described."""

from datetime import datetime
from typing import Final, NamedTuple

import polars as pl

from services.performance.model.metrics import LISTINGS_COMPLETE
from services.performance.model.obligation import OF_STOCK, known

TWELFTHS: Final = 12
"""Points are counted in twelfths: so they are whole, and equal rates are equal doubles."""

FULL: Final = 100 * TWELFTHS
SIZES: Final = ("length_mm", "width_mm", "height_mm")
DESCRIBED: Final = ("image_count", "description_chars", "weight_g", *SIZES)


class Part(NamedTuple):
    """A part of a description, and what it is worth.

    Units: `of` points for `enough` of it; `by_each`, a share of them for each, else none
        before there is enough.
    Shape: `given` counts what a listing has of it.
    """

    name: str
    given: pl.Expr
    enough: int
    of: int
    by_each: bool

    @property
    def twelfths(self) -> pl.Expr:
        """What a listing gets for it, in twelfths of a point."""
        if self.by_each:
            return self.given.clip(0, self.enough) * (self.of * TWELFTHS // self.enough)
        return (self.given >= self.enough).cast(pl.Int64) * (self.of * TWELFTHS)


def _count(column: str) -> pl.Expr:
    return pl.col(column).fill_null(0).cast(pl.Int64)


def _given(measure: str) -> pl.Expr:
    return (pl.col(measure) > 0).fill_null(value=False).cast(pl.Int64)


PARTS: Final = (
    Part("images", _count("image_count"), 3, 30, by_each=True),
    Part("description_chars", _count("description_chars"), 300, 25, by_each=True),
    Part("weight", _given("weight_g"), 1, 20, by_each=False),
    Part("sizes", pl.sum_horizontal(map(_given, SIZES)), 3, 25, by_each=False),
)
"""What makes a listing complete. Source: domain.md 3, "Product completeness"."""


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
    of_listings = known(listings, as_of, known_at).filter(~pl.col("says").is_in(OF_STOCK))
    facts = of_listings.collect(engine="streaming")
    facts = facts.sort("at", "version", "event_id")
    product = ["seller_id", "product_id"]
    standing = facts.filter(pl.col("says") != "changed").group_by(product).last()
    for_sale = standing.filter(pl.col("says") == "listed")
    described = facts.filter(pl.col("says") != "delisted").group_by(product).last()
    active = described.join(for_sale, on=product, how="semi")
    points = active.with_columns(
        twelfths=pl.sum_horizontal(part.twelfths for part in PARTS)
    )
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
