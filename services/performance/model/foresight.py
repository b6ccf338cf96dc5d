"""What lies ahead of a seller: what is open, and what falls due when."""

from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from services.performance.model.metrics import SHIPPING_ON_TIME
from services.performance.model.obligation import MOMENT, SAYINGS
from services.performance.model.owed import obligations, told
from services.performance.model.policy import Policy

LAST: Final = datetime.max.replace(tzinfo=UTC)
OPEN: Final = ("seller_id", "metric", "subject_id", "opened_at", "due_at")


def foreseen(sayings: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Keep what was true by `as_of`, and what was to be shipped after it.

    A ship_by that lies ahead is known already. What else is dated ahead has not happened.
    """
    to_come = (pl.col("metric") == SHIPPING_ON_TIME) & (pl.col("says") == "due")
    return sayings.filter((pl.col("at") <= as_of) | to_come)


def open_obligations(
    sayings: pl.DataFrame, policy: Policy, as_of: datetime, within: timedelta
) -> pl.DataFrame:
    """Return what is neither kept nor void nor due yet, and falls due `within` that time.

    Shape: `sayings` as known at the moment asked for; out, one row per obligation, by
        due_at, metric, subject_id: seller_id, these, opened_at?. An order to ship is opened
        by its acceptance.
    """
    until = pl.lit(as_of, MOMENT) + within  # in columns, it may lie after Python's time
    ahead = (pl.col("due_at") > as_of) & (pl.col("due_at") <= until)
    rows = foreseen(sayings, as_of).lazy()
    return (
        obligations(told(rows, LAST, None), policy)
        .filter(ahead, ~pl.col("is_void"), pl.col("is_opened"), pl.col("kept_at").is_null())
        .with_columns(pl.col("metric").cast(pl.String))
        .select(OPEN)
        .sort("due_at", "metric", "subject_id", "seller_id")
        .collect()
    )


def all_kept(
    sayings: pl.DataFrame, policy: Policy, as_of: datetime, within: timedelta
) -> pl.DataFrame:
    """Return `sayings`, and that all that is open then is kept at `as_of`: in time."""
    still_open = open_obligations(sayings, policy, as_of, within)
    kept = still_open.with_columns(
        says=pl.lit("kept"),
        at=pl.lit(as_of, MOMENT),
        amount=pl.lit(None),
        part_of=pl.lit(None),
        event_id=pl.lit("-"),
        recorded_at=pl.lit(as_of, MOMENT),
    )
    typed = [pl.col(name).cast(kind) for name, kind in SAYINGS.items()]
    return pl.concat([sayings, kept.select(typed)])
