"""Obligations out of their rows: what was owed by when, and what became of it."""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from typing import Final

import polars as pl

from services.performance.model.families import KEY, family_roots, members
from services.performance.model.losses import lost_units
from services.performance.model.metrics import METRICS, UNITS_FILLED, Metric
from services.performance.model.obligation import METRIC, MOMENT, SAYS, known
from services.performance.model.policy import Policy
from services.performance.model.weekdays import deadline

MOMENTS: Final = ("opened", "due", "kept", "void")


def owed(
    sayings: pl.LazyFrame, policy: Policy, as_of: datetime, known_at: datetime | None = None
) -> pl.LazyFrame:
    """Return the obligations that count by `as_of`: due by then, and not void.

    Units: `due` and `kept` are 1 or 0 for an obligation; units where its metric counts
        units. `hours_allowed` metrics fall due by the hours of `policy`.
    Shape: one row per (seller_id, metric, subject_id): these, opened_at?, due_at, kept_at?,
        void_at?, due, kept. Rows in any order, repeated or not, give the same.
    Source: domain.md 3.
    """
    obligations = owing(told(sayings, as_of, known_at))
    counting = fallen_due(obligations, policy, pl.lit(as_of, MOMENT))
    return counting.select(*KEY, "opened_at", "due_at", "kept_at", "void_at", "due", "kept")


def obligations(sayings: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """Return all obligations that `sayings` are about, whether they count or not.

    Each part of an order that was split has its own.

    Shape: as `united`, with due_at by the hours of `policy`; `is_void`, and `is_opened`:
        false for one that counts only once a fact opens it, which none did.
    """
    by_policy = united(sayings).with_columns(due_at=_due_at(policy))
    return by_policy.with_columns(is_void=_is_void(), is_opened=_is_opened())


def told(sayings: pl.LazyFrame, as_of: datetime, known_at: datetime | None) -> pl.LazyFrame:
    """Return the rows that were true by `as_of` and known by `known_at`, of our metrics."""
    return known(sayings, as_of, known_at).with_columns(
        pl.col("metric").cast(METRIC),
        pl.col("says").cast(SAYS),
        pl.col("amount").cast(pl.Int64),
    )


def owing(said: pl.LazyFrame) -> pl.LazyFrame:
    """Return what is owed, whatever the policy: obligations, those of a family as one.

    Shape: as `united`; of a family, one row for its root, which is kept once all are that
        nothing freed the seller of.
    """
    families = members(family_roots(said))
    if families.is_empty():
        return united(said)
    each = united(said).collect(engine="streaming")  # once, though it is looked at twice
    parts = each.join(families, on=KEY)
    others = each.join(families, on=KEY, how="anti")
    return pl.concat([others.lazy(), _as_one(parts.lazy())])


def _as_one(parts: pl.LazyFrame) -> pl.LazyFrame:
    by_hours = _any_of(lambda m: m.hours_allowed)
    begun = pl.when(by_hours).then("opened_at").otherwise("due_at").is_not_null()
    in_time = by_hours | (pl.col("kept_at") <= pl.col("due_at"))
    counting = parts.filter(begun, ~_is_void(), _is_opened())
    kept_at = pl.col("kept_at")
    return (
        counting.with_columns(kept_at=pl.when(in_time).then(kept_at))
        .group_by("seller_id", "metric", subject_id="root")
        .agg(
            pl.col("opened_at").min(),
            pl.col("due_at").max(),
            pl.when(kept_at.is_not_null().all()).then(kept_at.max()),
            pl.lit(None, MOMENT).alias("void_at"),
            pl.lit(None, pl.Int64).alias("units"),
            pl.lit(0, pl.Int64).alias("lost"),
        )
    )


def united(said: pl.LazyFrame) -> pl.LazyFrame:
    """Return each obligation as the union of its rows.

    Shape: one row per (seller_id, metric, subject_id): these, the earliest of every moment
        that is said of it (opened_at?, due_at?, kept_at?, void_at?), units?, lost.
    """
    moments = [
        pl.when(pl.col("says") == says).then("at").alias(f"{says}_at") for says in MOMENTS
    ]
    units = pl.when(pl.col("says") == "due").then("amount").alias("units")
    rows = said.select(*KEY, *moments, units, lost=pl.lit(None, pl.Int64))
    lost = lost_units(said).lazy()
    losses = lost.select(
        "seller_id",
        pl.lit(UNITS_FILLED, METRIC).alias("metric"),
        "subject_id",
        *(pl.lit(None, MOMENT).alias(f"{says}_at") for says in MOMENTS),
        pl.lit(None, pl.Int64).alias("units"),
        "lost",
    )
    return (
        pl.concat([rows, losses])
        .group_by(KEY)
        .agg(
            *(pl.col(f"{says}_at").min() for says in MOMENTS),
            pl.col("units").max(),
            pl.col("lost").sum(),
        )
    )


def fallen_due(obligations: pl.LazyFrame, policy: Policy, as_of: pl.Expr) -> pl.LazyFrame:
    """Return the obligations that count by `as_of`, with what is due and kept of each.

    Shape: `obligations` as `owing` makes them, with whatever else they have.
    """
    return (
        obligations.with_columns(due_at=_due_at(policy))
        .filter(pl.col("due_at") <= as_of, ~_is_void(), _is_opened())
        .with_columns(due=_due(), kept=_kept())
    )


def _due_at(policy: Policy) -> pl.Expr:
    hours = {
        metric.name: policy.standards[metric.name].weekday_hours
        for metric in METRICS
        if metric.hours_allowed
    }
    allowed = pl.lit(None, pl.Int64)
    for name, count in hours.items():
        allowed = pl.when(pl.col("metric") == name).then(count).otherwise(allowed)
    in_time = deadline(pl.col("opened_at"), allowed, policy.holidays)
    return pl.when(_any_of(lambda m: m.hours_allowed)).then(in_time).otherwise("due_at")


def _is_void() -> pl.Expr:
    void_at, kept_at, due_at = pl.col("void_at"), pl.col("kept_at"), pl.col("due_at")
    undecided = kept_at.is_null() | (void_at < kept_at)
    in_time = (
        pl.when(_any_of(lambda m: m.voids == "before_kept"))
        .then(undecided)
        .when(_any_of(lambda m: m.voids == "before_due"))
        .then(void_at < due_at)
        .otherwise(pl.lit(value=True))
    )
    return void_at.is_not_null() & in_time


def _is_opened() -> pl.Expr:
    return ~_any_of(lambda m: m.once_opened) | pl.col("opened_at").is_not_null()


def _due() -> pl.Expr:
    in_units = _any_of(lambda m: m.in_units)
    units = pl.col("units").fill_null(0)
    return pl.when(in_units).then(units).otherwise(pl.lit(1, pl.Int64))


def _kept() -> pl.Expr:
    in_units = _any_of(lambda m: m.in_units)
    units = (pl.col("units").fill_null(0) - pl.col("lost")).clip(0)
    in_time = (pl.col("kept_at") <= pl.col("due_at")).fill_null(value=False)
    return pl.when(in_units).then(units).otherwise(in_time.cast(pl.Int64))


def _any_of(which: Callable[[Metric], bool]) -> pl.Expr:
    """Return whether a row's metric is one of those: data of METRICS, in columns."""
    tests = [pl.col("metric") == metric.name for metric in METRICS if which(metric)]
    return reduce(pl.Expr.or_, tests, pl.lit(value=False))
