"""The store fee: what a month of keeping stock costs, in columns.

One function for one seller live, all sellers at a month's end and years of history.
"""

from datetime import date, datetime
from typing import Final

import polars as pl

from services.billing.model.months import CalendarMonth
from services.billing.model.stock import StockHistory, stock_history
from services.billing.model.terms import StoreFeeTerms

FEES: Final = pl.Schema(
    {
        "seller_id": pl.String(),
        "product_id": pl.String(),
        "unit_days": pl.Int64(),
        "days_in_month": pl.Int64(),
        "cents": pl.Int64(),
    }
)
"""What products owe for a month, one row per product."""

DAYS: Final = pl.Schema(
    {
        "seller_id": pl.String(),
        "product_id": pl.String(),
        "day": pl.Date(),
        "lot_id": pl.String(),
        "manufactured_on": pl.Date(),
        "units": pl.Int64(),
        "chargeable": pl.Boolean(),
        "because": pl.List(pl.String()),
    }
)
"""What fees are made of, one row per product, day and lot with units."""

_EPOCH: Final = date(1970, 1, 1)


def store_fees(
    movements: pl.DataFrame,
    terms: StoreFeeTerms,
    month: CalendarMonth,
    known_at: datetime | None = None,
) -> pl.DataFrame:
    """Return what each product owes for `month`, by what was recorded by `known_at`.

    A lot is free for its first `free_days` days, that of manufacture included; after
    them every unit on hand at a day's end is a chargeable unit-day.

    Units: `cents` is rate x unit_days / days in the month, rounded once, half up.
    Shape: in, as `stock.MOVEMENTS`, in any order. Out, one row per product with chargeable
        unit-days, sorted: seller_id, product_id, unit_days, days_in_month, cents.
    Source: domain.md 5, "Store fee".
    """
    return fees_of(stock_history(movements, month.over_at, known_at), terms, month)


def fees_of(
    history: StockHistory, terms: StoreFeeTerms, month: CalendarMonth
) -> pl.DataFrame:
    """Return `store_fees` of a stock history that is known already.

    Shape: movements after `month` in `history` change nothing.
    """
    owed = pl.col("unit_days") * (2 * terms.rate_cents)
    return (
        _within(history, month)
        .with_columns(
            days=pl.col("until_day") - pl.max_horizontal("from_day", _chargeable(terms))
        )
        .filter(pl.col("days") > 0)
        .group_by("product")
        .agg(unit_days=(pl.col("units") * pl.col("days")).sum())
        .with_columns(days_in_month=pl.lit(month.days, pl.Int64))
        .with_columns(cents=(owed + month.days) // (2 * month.days))
        .join(history.products, on="product")
        .select(FEES.names())
        .sort("seller_id", "product_id")
    )


def explain(
    history: StockHistory, terms: StoreFeeTerms, month: CalendarMonth
) -> pl.DataFrame:
    """Return the days and lots that a month's fees are made of, and the facts behind them.

    Shape: one row per product, day and lot with units, sorted: seller_id, product_id, day,
        lot_id, manufactured_on, units, chargeable, because. `because` are the ids of all
        facts that the lot's units come from, oldest first; a fact that found too few units
        stands with every lot after it. The chargeable units of a product add up to the
        unit-days of its line.
    """
    held = _within(history, month)
    dates = pl.col("from_day", "until_day").cast(pl.Date)
    return (
        held.join(_because(history, held), on=["fact", "lot"])
        .with_columns(dates)
        .with_columns(day=pl.date_ranges("from_day", "until_day", closed="left"))
        .explode("day")
        .with_columns(chargeable=pl.col("day").cast(pl.Int32) >= _chargeable(terms))
        .join(history.products, on="product")
        .sort("seller_id", "product_id", "day", "manufactured_on", "lot_id")
        .select(DAYS.names())
    )


def _within(history: StockHistory, month: CalendarMonth) -> pl.DataFrame:
    """Return the balances of lots that stood on days of `month`, cut to it."""
    first, end = (month.first - _EPOCH).days, (month.end - _EPOCH).days
    held = history.balances.filter(
        pl.col("units") > 0,
        pl.col("lot") < history.lots.height,
        pl.col("from_day") < end,
        pl.col("until_day") > first,
        pl.col("from_day") < pl.col("until_day"),
    )
    return held.with_columns(
        pl.col("from_day").clip(lower_bound=first),
        pl.col("until_day").clip(upper_bound=end),
    ).hstack(history.lots.select("lot_id", "manufactured_on")[held["lot"]])


def _chargeable(terms: StoreFeeTerms) -> pl.Expr:
    """The first day on which a lot is no longer free."""
    return pl.col("manufactured_on").to_physical() + terms.free_days


def _because(history: StockHistory, held: pl.DataFrame) -> pl.DataFrame:
    """Return by (fact, lot) the ids of the facts that each balance of `held` comes from."""
    ids = history.facts["event_id"].gather(history.balances["fact"])
    made = history.balances.select("product", "lot", ids, by="fact")
    without_lot = made.filter(pl.col("lot") >= history.lots.height).drop("lot")
    key = ["fact", "lot"]
    mine = held.select(key).join(made.drop("product"), on="lot")
    of_all = held.select(*key, "product").join(without_lot, on="product").drop("product")
    return (
        pl.concat([mine, of_all.select(mine.columns)])
        .filter(pl.col("by") <= pl.col("fact"))
        .unique([*key, "by"])
        .sort(*key, "by")
        .group_by(key)
        .agg(because="event_id")
    )
