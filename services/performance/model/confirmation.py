"""Whether sellers keep an eye on the stock of what they sell."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from services.performance.model.metrics import STOCK_CONFIRMED
from services.performance.model.obligation import MOMENT, OF_STOCK, known

PRODUCT: Final = ["seller_id", "product_id"]


def confirmed_stocks(
    listings: pl.LazyFrame,
    active: pl.DataFrame,
    within: timedelta,
    as_of: datetime,
    known_at: datetime | None = None,
) -> pl.DataFrame:
    """Return which of the `active` listings with a stock had it confirmed lately.

    A stock is confirmed when it moved or was counted in `(as_of - within, as_of]`. What
    was never stocked has none to confirm.

    Units: `kept` is 1 if it was, else 0.
    Shape: one row per (seller_id, product_id), sorted: these, says, at and event_id of the
        last fact of the stock, kept.
    Source: domain.md 3, "Accurate inventory".
    """
    last = last_moved(listings, active, as_of, known_at)
    lately = pl.col("at") > pl.lit(as_of, MOMENT) - within
    return last.with_columns(kept=lately.cast(pl.Int64))


def last_moved(
    listings: pl.LazyFrame,
    active: pl.DataFrame,
    as_of: datetime,
    known_at: datetime | None = None,
) -> pl.DataFrame:
    """Return the last fact of the stock of each of the `active` listings that has one.

    Shape: one row per (seller_id, product_id), sorted: these, says, at, event_id.
    """
    moved = known(listings, as_of, known_at).filter(pl.col("says").is_in(OF_STOCK))
    facts = moved.select(*PRODUCT, "says", "at", "version", "event_id")
    last = (
        facts.collect(engine="streaming")
        .filter((pl.col("says") == "stocked").any().over(PRODUCT))
        .sort("at", "version", "event_id")
        .group_by(PRODUCT)
        .last()
    )
    return last.join(active, on=PRODUCT, how="semi").drop("version").sort(PRODUCT)


def confirmation(stocks: pl.DataFrame) -> pl.DataFrame:
    """Return each seller's share of confirmed stocks: one card per seller with any.

    Shape: seller_id, metric, window_days (0), due, kept, rate.
    """
    return stocks.group_by("seller_id").agg(
        metric=pl.lit(STOCK_CONFIRMED),
        window_days=pl.lit(0, pl.Int64),
        due=pl.len().cast(pl.Int64),
        kept=pl.col("kept").sum(),
        rate=pl.col("kept").sum() / pl.len().cast(pl.Int64),
    )
