"""Every number opens: the obligations behind a seller's scorecard, and their facts."""

from datetime import datetime
from typing import Final

import polars as pl

from services.performance.model.completeness import (
    FULL,
    PARTS,
    TWELFTHS,
    Part,
    active_listings,
)
from services.performance.model.confirmation import confirmed_stocks
from services.performance.model.families import KEY, family_roots
from services.performance.model.metrics import (
    LISTINGS_COMPLETE,
    SHIPPING_ON_TIME,
    STOCK_CONFIRMED,
    UNITS_FILLED,
)
from services.performance.model.obligation import METRIC, MOMENT
from services.performance.model.owed import owed, told
from services.performance.model.policy import Policy
from services.performance.model.scorecard import Rows, scorecards

MOMENTS: Final = ("opened_at", "due_at", "kept_at", "void_at")
FACTS: Final = pl.List(
    pl.Struct({"says": pl.String, "at": MOMENT, "amount": pl.Int64, "event_id": pl.String})
)
POINTS: Final = pl.List(
    pl.Struct(
        {
            "part": pl.String,
            "given": pl.Int64,
            "enough": pl.Int64,
            "points": pl.Float64,
            "of": pl.Int64,
        }
    )
)
"""What a listing has of each part of a description, and the points that it gets for it."""

_FACT: Final = pl.struct(
    "says", "at", pl.lit(None, pl.Int64).alias("amount"), "event_id"
).cast(FACTS.inner)


def explain(
    sayings: Rows,
    listings: Rows,
    policy: Policy,
    as_of: datetime,
    known_at: datetime | None = None,
) -> pl.DataFrame:
    """Return what each number of a seller's scorecard counts, and which facts said so.

    A void that is shown came too late to count, or freed the seller of a part.

    Units: `due` and `kept` add up to the card's; for a listing `due` is 1, `kept` null and
        `rate` its points / 100; `points` of its parts add up to them.
    Shape: one row per obligation counted in its metric's window and per active listing,
        sorted by seller_id, metric, due_at, subject_id: these and window_days, opened_at?,
        kept_at?, void_at?, due, kept?, rate?, facts [says, at, amount?, event_id], by time,
        and of a listing points [part, given, enough, points, of]. What was split from an
        order is counted with it, and its facts stand with it. An order to ship is `opened`
        when it was placed; its acceptance says that it `counts`.
    """
    asked = (policy, as_of, known_at)
    cards = scorecards(sayings, listings, *asked)
    windows = cards.select("seller_id", "metric", "window_days")
    said = told(sayings.lazy(), as_of, known_at)
    counted = _counted(owed(sayings.lazy(), *asked), said, windows, as_of)
    active = active_listings(listings.lazy(), as_of, known_at)
    within = policy.confirmed_within
    stocks = confirmed_stocks(listings.lazy(), active, within, as_of, known_at)
    shown = [counted, _listings(active), _stocks(stocks)]
    return pl.concat(shown).sort(*_IN_ORDER)


_TO_SHIP: Final = pl.col("metric") == SHIPPING_ON_TIME
_WINDOW: Final = pl.duration(days=pl.col("window_days"))
_IN_ORDER: Final = ("seller_id", "metric", "due_at", "subject_id")
SHOWN: Final = [*KEY, "window_days", *MOMENTS, "due", "kept", "rate", "facts", "points"]


def _counted(
    owed_ones: pl.LazyFrame, said: pl.LazyFrame, windows: pl.DataFrame, as_of: datetime
) -> pl.DataFrame:
    return (
        with_placings(owed_ones, said)
        .join(windows.lazy(), on=["seller_id", "metric"])
        .filter(pl.col("due_at") > pl.lit(as_of, MOMENT) - _WINDOW)
        .join(facts_of(of_roots(said)), on=KEY, how="left")
        .select(SHOWN)
        .collect()
    )


def _placings(said: pl.LazyFrame) -> pl.LazyFrame:
    """Return when each order was placed, and which fact said so.

    Only a placing says of an order's units that they fall due or came from another order.
    """
    of_units = (pl.col("metric") == UNITS_FILLED) & pl.col("says").is_in(["due", "opened"])
    return said.filter(of_units).with_columns(metric=pl.lit(SHIPPING_ON_TIME, METRIC))


def with_placings(counted: pl.LazyFrame, said: pl.LazyFrame) -> pl.LazyFrame:
    """Return `counted` as shown, orders to ship as opened when they were placed."""
    placed_at = _placings(said).group_by(KEY).agg(placed_at=pl.col("at").min())
    opened_at = pl.when(_TO_SHIP).then("placed_at").otherwise("opened_at")
    return counted.join(placed_at, on=KEY, how="left").with_columns(
        pl.col("metric").cast(pl.String),
        opened_at=opened_at,
        rate=pl.lit(None, pl.Float64),
        points=pl.lit(None, POINTS),
    )


def facts_of(said: pl.LazyFrame) -> pl.LazyFrame:
    """Return the facts of each obligation, by time: the columns of its key, and facts."""
    evidence = ["at", "event_id", "says", "amount"]
    accepted = _TO_SHIP & (pl.col("says") == "opened")
    shown_as = (
        pl.when(accepted).then(pl.lit("counts")).otherwise(pl.col("says").cast(pl.String))
    )
    shown = said.with_columns(says=shown_as)
    opening = _placings(said).with_columns(
        says=pl.lit("opened"), amount=pl.lit(None, pl.Int64)
    )
    return (
        pl.concat(
            each.select(*KEY, "at", "event_id", pl.col("says").cast(pl.String), "amount")
            for each in (shown, opening)
        )
        .with_columns(pl.col("metric").cast(pl.String))
        .unique()
        .sort(evidence)
        .group_by(KEY, maintain_order=True)
        .agg(facts=pl.struct("says", "at", "amount", "event_id"))
    )


def of_roots(said: pl.LazyFrame) -> pl.LazyFrame:
    """Return what is said of parts of an order as said of the order that was placed."""
    roots = family_roots(said).lazy()
    subject_id = pl.coalesce("root", "subject_id")
    of_parts = said.join(roots, on=KEY, how="left")
    return of_parts.with_columns(subject_id=subject_id).drop("root")


def _listings(active: pl.DataFrame) -> pl.DataFrame:
    return active.select(
        "seller_id",
        pl.lit(LISTINGS_COMPLETE).alias("metric"),
        pl.col("product_id").alias("subject_id"),
        pl.lit(0, pl.Int64).alias("window_days"),
        *(pl.lit(None, MOMENT).alias(name) for name in MOMENTS),
        pl.lit(1, pl.Int64).alias("due"),
        pl.lit(None, pl.Int64).alias("kept"),
        (pl.col("twelfths") / FULL).alias("rate"),
        pl.concat_list(_FACT).alias("facts"),
        pl.concat_list(map(_points, PARTS)).alias("points"),
    )


def _stocks(stocks: pl.DataFrame) -> pl.DataFrame:
    """Return what there is to show of stocks: the last fact of each, lately or not."""
    lately = pl.when(pl.col("kept") == 1).then("at")
    return stocks.select(
        "seller_id",
        pl.lit(STOCK_CONFIRMED).alias("metric"),
        pl.col("product_id").alias("subject_id"),
        pl.lit(0, pl.Int64).alias("window_days"),
        *(pl.lit(None, MOMENT).alias(name) for name in MOMENTS[:2]),
        lately.alias("kept_at"),
        pl.lit(None, MOMENT).alias("void_at"),
        pl.lit(1, pl.Int64).alias("due"),
        "kept",
        pl.lit(None, pl.Float64).alias("rate"),
        pl.concat_list(_FACT).alias("facts"),
        pl.lit(None, POINTS).alias("points"),
    )


def _points(part: Part) -> pl.Expr:
    return pl.struct(
        pl.lit(part.name).alias("part"),
        part.given.alias("given"),
        pl.lit(part.enough, pl.Int64).alias("enough"),
        (part.twelfths / TWELFTHS).alias("points"),
        pl.lit(part.of, pl.Int64).alias("of"),
    )
