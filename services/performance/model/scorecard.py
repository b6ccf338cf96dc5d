"""Scorecards: how well sellers keep what they owe, in columns.

One function for one seller live, all sellers nightly and years of history; the policy, the
moment and the state of knowledge are its arguments.
Source: domain.md 3.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

import polars as pl

from services.performance.model.completeness import active_listings, completeness
from services.performance.model.confirmation import confirmation, last_moved
from services.performance.model.metrics import METRICS, OVERALL
from services.performance.model.obligation import MOMENT, OF_STOCK, known
from services.performance.model.owed import fallen_due, owing, told
from services.performance.model.policy import Policy

Rows: TypeAlias = pl.DataFrame | pl.LazyFrame

SELLER: Final = ["seller_id", "metric"]
COUNTED: Final = [*SELLER, "window_days", "due", "kept", "rate"]
CARD: Final = [*SELLER, "window_days", "due", "kept", "rate", "level"]
NOT_ENOUGH: Final = "not_enough_data"
LEVELS: Final = ("star", "good", "warn", "limit")
"""The levels from best to worst."""


def scorecards(
    sayings: Rows,
    listings: Rows,
    policy: Policy,
    as_of: datetime,
    known_at: datetime | None = None,
) -> pl.DataFrame:
    """Return how each seller stood on each metric at `as_of`, as known at `known_at`.

    What is due is counted in the window of the policy; with too few there, in its long
    window; with too few still, there is no verdict. Listings are taken at `as_of`.

    Units: instants, aware UTC; `rate` is kept / due. Of listings it is mean points / 100,
        `due` is how many are active, and `kept` null.
    Shape: one row per seller and metric with anything due, sorted by both: seller_id,
        metric, window_days, due, kept?, rate, level.
    """
    (cards,) = by_policies(sayings, listings, [policy], as_of, known_at)
    return cards


def by_policies(
    sayings: Rows,
    listings: Rows,
    policies: Sequence[Policy],
    as_of: datetime,
    known_at: datetime | None = None,
) -> Sequence[pl.DataFrame]:
    """Return the scorecards by each of `policies`, as `scorecards` does.

    Rows are read, and united to obligations, once for all of them.
    """
    now = pl.lit(as_of, MOMENT)  # in columns, a window may begin before Python's time does
    obligations = owing(told(sayings.lazy(), as_of, known_at))
    sums = pl.collect_all(
        [counted(obligations, policy, now) for policy in policies], engine="streaming"
    )
    active = active_listings(listings.lazy(), as_of, known_at)
    stocks = last_moved(listings.lazy(), active, as_of, known_at)
    return [
        cards_of(each, active, stocks, policy, now)
        for each, policy in zip(sums, policies, strict=True)
    ]


def cards_of(
    sums: pl.DataFrame,
    active: pl.DataFrame,
    stocks: pl.DataFrame,
    policy: Policy,
    now: pl.Expr,
) -> pl.DataFrame:
    """Return the cards that `counted` sums, active listings and their stocks make."""
    lately = pl.col("at") > now - policy.confirmed_within
    confirmed = stocks.with_columns(kept=lately.cast(pl.Int64))
    in_windows = in_window(sums, policy).select(COUNTED)
    at_as_of = [completeness(active), confirmation(confirmed)]
    cards = [in_windows, *(card.select(in_windows.columns) for card in at_as_of)]
    return judged(pl.concat(cards), policy).select(CARD).sort(SELLER)


def judged(cards: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return `cards` with the standards of their metrics, and the level by these.

    Shape: in, metric, due and rate at least; out, `at_as_of`, `star`, `warn`, `limit` and
        `level` more.
    """
    standards = cards.join(_standards(policy), on="metric")
    return standards.with_columns(level=_level(policy))


def sellers(
    sayings: Rows, listings: Rows, as_of: datetime, known_at: datetime | None = None
) -> pl.DataFrame:
    """Return who had any obligation or listing by `as_of`: seller_id, sorted."""
    of_listings = listings.lazy().filter(~pl.col("says").is_in(OF_STOCK))
    ids = [
        known(rows, as_of, known_at).select("seller_id").unique()
        for rows in (sayings.lazy(), of_listings)
    ]
    return pl.concat(ids).unique().sort("seller_id").collect(engine="streaming")


def overall(cards: pl.DataFrame, of: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return each seller's level: the worst of the metrics that are measured.

    `star` needs every measured metric that has a star threshold at star, the others good.

    Shape: `cards` of `scorecards`, `of` as of `sellers`; out, one row per seller of `of`,
        in that order: seller_id, metric (`overall`), level.
    """
    no_star = [n for n, standard in policy.standards.items() if standard.star is None]
    good_enough = pl.col("metric").is_in(no_star) & (pl.col("level") == "good")
    level = pl.when(good_enough).then(pl.lit("star")).otherwise("level")
    worst = (
        cards.filter(pl.col("level") != NOT_ENOUGH)
        .group_by("seller_id")
        .agg(level=level.replace_strict(LEVELS, range(len(LEVELS))).max())
        .with_columns(pl.col("level").replace_strict(range(len(LEVELS)), LEVELS))
    )
    return of.join(worst, on="seller_id", how="left", maintain_order="left").select(
        "seller_id", pl.lit(OVERALL).alias("metric"), pl.col("level").fill_null(NOT_ENOUGH)
    )


def counted(obligations: pl.LazyFrame, policy: Policy, now: pl.Expr) -> pl.LazyFrame:
    """Return what is due and kept by `now`, in the long window and in the recent one.

    Shape: `obligations` as `owing` makes them; out, one row per seller and metric: these,
        due, kept, recent_due, recent_kept.
    """
    since = now - pl.duration(days=policy.long_window_days)
    recent = pl.col("due_at") > now - pl.duration(days=policy.window_days)
    return (
        fallen_due(obligations, policy, now)
        .filter(pl.col("due_at") > since)
        .with_columns(
            recent_due=pl.when(recent).then("due").otherwise(0),
            recent_kept=pl.when(recent).then("kept").otherwise(0),
        )
        .group_by(SELLER)
        .agg(pl.col("due", "kept", "recent_due", "recent_kept").sum())
    )


def in_window(sums: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return what counts of `sums`: of the window, if enough is due there, or the long one.

    Shape: `sums` as `counted` makes them, with whatever else they have; out, `due` and
        `kept` are those that count, with `window_days` and `rate` more. A row without
        anything due is left out.
    """
    enough = pl.col("recent_due") >= policy.enough_due
    days = [pl.lit(d, pl.Int64) for d in (policy.window_days, policy.long_window_days)]
    return (
        sums.filter(pl.col("due") > 0)
        .with_columns(
            pl.col("metric").cast(pl.String),
            window_days=pl.when(enough).then(days[0]).otherwise(days[1]),
            due=pl.when(enough).then("recent_due").otherwise("due"),
            kept=pl.when(enough).then("recent_kept").otherwise("kept"),
        )
        .with_columns(rate=pl.col("kept") / pl.col("due"))
    )


def _standards(policy: Policy) -> pl.DataFrame:
    at_as_of = {metric.name: metric.at_as_of for metric in METRICS}
    rows = [
        (name, s.star, s.warn, s.limit, at_as_of[name])
        for name, s in policy.standards.items()
    ]
    types = {
        "metric": pl.String(),
        "star": pl.Float64(),
        "warn": pl.Float64(),
        "limit": pl.Float64(),
        "at_as_of": pl.Boolean(),
    }
    return pl.DataFrame(rows, types, orient="row")


def _level(policy: Policy) -> pl.Expr:
    rate, at_as_of = pl.col("rate"), pl.col("at_as_of")
    shown = at_as_of | (_wilson_upper(rate, pl.col("due"), policy.z) < pl.col("limit"))
    return (
        pl.when(~at_as_of, pl.col("due") < policy.enough_due)
        .then(pl.lit(NOT_ENOUGH))
        .when(rate < pl.col("limit"), shown)
        .then(pl.lit("limit"))
        .when(rate < pl.col("warn"))
        .then(pl.lit("warn"))
        .when(rate >= pl.col("star"))
        .then(pl.lit("star"))
        .otherwise(pl.lit("good"))
    )


def _wilson_upper(rate: pl.Expr, due: pl.Expr, z: float) -> pl.Expr:
    """Return the upper end of the one-sided Wilson interval of `rate`, seen in `due`."""
    middle = rate + z * z / (2 * due)
    spread = z * ((rate * (1 - rate) + z * z / (4 * due)) / due).sqrt()
    return (middle + spread) / (1 + z * z / due)
