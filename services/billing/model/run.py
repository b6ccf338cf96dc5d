"""The month-end run: what each seller is to be charged, all sellers at once, in columns.

After a run, what was charged for each month up to the run's own is what all facts known by
then make of it. No record of runs is needed for that: the charges themselves tell.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from contracts.billing import StoreFeeLine
from services.billing.commands import ChargeStoreFee, ReRatedLine
from services.billing.model.fee import FEES, fees_of
from services.billing.model.months import CalendarMonth
from services.billing.model.stock import stock_history
from services.billing.model.terms import DatedTerms

POSTINGS: Final = pl.Schema(
    {
        "seller_id": pl.String(),
        "month": pl.String(),
        "product_id": pl.String(),
        "kind": pl.String(),
        "cents": pl.Int64(),
        "at": pl.Datetime("us", "UTC"),
    }
)
"""What was charged and adjusted so far: a row per line of a charge and per adjustment."""

_NO_FEES: Final = pl.DataFrame(schema={**FEES, "month": pl.String()})

MOST_REASONS: Final = 10_000
"""Ids that an adjustment names at most, the newest: more of them may fit into no topic."""

_LINE: Final = ["seller_id", "month", "product_id"]
_PRODUCT: Final = ["seller_id", "product_id"]


def charges_of_run(
    movements: pl.DataFrame,
    postings: pl.DataFrame,
    terms: DatedTerms,
    month: CalendarMonth,
    at: datetime,
) -> Sequence[ChargeStoreFee]:
    """Return what is to be charged for `month` and put right in months before it, at `at`.

    A month that has no charge of a seller, and comes before the run's, is settled by
    adjustments: nothing was owed when it was closed, or nobody closed it.

    Shape: `movements` as `stock.MOVEMENTS`, `postings` as POSTINGS, in any order; a command
        for each seller with something to charge or put right, sorted by seller.
    Safe to repeat: Yes. With the facts of the first time in `postings`, nothing is left.
    Source: domain.md 5, "A late fact re-rates closed months".
    """
    fees = _fees(movements, terms, month, at)
    told = postings.filter(pl.col("month") <= str(month))
    settled = (pl.col("month") < str(month)) | pl.col("told").is_not_null()
    touched = told.select("seller_id", "month", told=True).unique()
    known = fees.join(touched, on=["seller_id", "month"], how="left")
    changed = _changed(known.filter(settled).drop("told"), told)
    lines = _by_seller(known.filter(~settled, pl.col("cents") > 0).sort(_LINE))
    re_rated = _by_seller(_with_reasons(changed, movements, at).sort(_LINE))
    return [
        ChargeStoreFee(
            seller_id=seller_id,
            month=str(month),
            lines=tuple(map(_line, lines.get(seller_id, ()))),
            re_rated=tuple(map(_re_rated, re_rated.get(seller_id, ()))),
            at=at,
        )
        for seller_id in sorted({*lines, *re_rated})
    ]


def _fees(
    movements: pl.DataFrame, terms: DatedTerms, month: CalendarMonth, at: datetime
) -> pl.DataFrame:
    """Return the fees of each month up to `month`, as known at `at`."""
    history = stock_history(movements, month.over_at, at)
    first_day = history.balances["from_day"].cast(pl.Date).min()
    first = CalendarMonth.of(first_day) if isinstance(first_day, date) else month
    fees = [
        fees_of(history, held, one).with_columns(month=pl.lit(str(one)))
        for one in max(first, terms.first_month).until(month.next)
        if (held := terms.at(one)) is not None
    ]
    return pl.concat(fees) if fees else _NO_FEES


def _changed(fees: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Return the lines whose fee is not what was charged, and since when it is not."""
    charged = told.group_by(_LINE).agg(pl.col("cents").sum(), settled_at=pl.col("at").max())
    closed = (
        told.filter(pl.col("kind") == "charged")
        .group_by("seller_id", "month")
        .agg(closed_at=pl.col("at").max())
    )
    owed = pl.col("cents").fill_null(0)
    return (
        fees.select(*_LINE, "cents")
        .join(charged, on=_LINE, how="full", coalesce=True, suffix="_charged")
        .filter(owed != pl.col("cents_charged").fill_null(0))
        .join(closed, on=["seller_id", "month"], how="left")
        .select(*_LINE, owed, since=pl.coalesce("settled_at", "closed_at"))
    )


def _with_reasons(
    changed: pl.DataFrame, movements: pl.DataFrame, at: datetime
) -> pl.DataFrame:
    """Return `changed` lines with the ids of the facts recorded since, oldest first.

    Facts can reach us later than a run that their moment of recording precedes: a line
    without newer facts names all of its product's. A line of which no fact speaks is not
    put right: its facts have yet to come.
    """
    first = (pl.col("month") + "-01").str.to_datetime("%Y-%m-%d", time_zone="UTC")
    ends = changed.with_columns(over_at=first.dt.offset_by("1mo"))
    since = pl.col("recorded_at") > pl.col("since")
    return (
        ends.join(movements, on=_PRODUCT)
        .filter(pl.col("at") < pl.col("over_at"), pl.col("recorded_at") <= at)
        .sort("recorded_at", "at", "version")
        .group_by(*_LINE, "cents", maintain_order=True)
        .agg(
            newer=pl.col("event_id").filter(since.fill_null(value=True)).tail(MOST_REASONS),
            every=pl.col("event_id").tail(MOST_REASONS),
        )
        .with_columns(
            because=pl.when(pl.col("newer").list.len() > 0).then("newer").otherwise("every")
        )
    )


def _by_seller(lines: pl.DataFrame) -> dict[str, Sequence[dict[str, Any]]]:
    return {
        str(seller_id): mine.to_dicts()
        for (seller_id,), mine in lines.group_by("seller_id", maintain_order=True)
    }


def _line(row: Mapping[str, Any]) -> StoreFeeLine:
    return StoreFeeLine(
        product_id=row["product_id"],
        unit_days=row["unit_days"],
        days_in_month=row["days_in_month"],
        cents=row["cents"],
    )


def _re_rated(row: Mapping[str, Any]) -> ReRatedLine:
    return ReRatedLine(
        month=row["month"],
        product_id=row["product_id"],
        cents=row["cents"],
        because=tuple(row["because"]),
    )
