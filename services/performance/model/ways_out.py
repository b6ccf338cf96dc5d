"""What leads out of a bad level: how many further obligations kept, or how many days."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from services.performance.model.completeness import FULL, active_listings
from services.performance.model.foresight import all_kept, foreseen
from services.performance.model.metrics import LISTINGS_COMPLETE, STOCK_CONFIRMED
from services.performance.model.obligation import MOMENT
from services.performance.model.owed import owed, owing, told
from services.performance.model.policy import Policy
from services.performance.model.scorecard import (
    NOT_ENOUGH,
    SELLER,
    counted,
    in_window,
    judged,
    scorecards,
)
from services.performance.model.succession import Succession

BAD: Final = ("limit", "warn")
"""The levels to get out of, the worst first."""
NEAR: Final = range(-2, 3)
"""How far rounding may be off where a formula says what is enough."""

_DAY_US: Final = 86_400_000_000
_SUMS: Final = ("due", "kept", "recent_due", "recent_kept")


def ways_out(
    sayings: pl.DataFrame, listings: pl.DataFrame, by: Succession, as_of: datetime
) -> pl.DataFrame:
    """Return what leads each metric out of `limit` and out of `warn`: more kept, or days.

    Units: `more` is the fewest further obligations that do it, due now and kept: units
        where the metric counts units; of stocks, the fewest to be counted that were not
        lately; of listings, the fewest to be completed, those with most to gain first.
        `wait` is the fewest days after which it is out if all that is open is kept in time
        and nothing new comes, each day judged by the policy that applies then; `more`
        is by that of now. Null: that alone never leads out; of listings and stocks it is
        always null, whatever policy follows.
    Shape: `sayings` and `listings` as known at the moment asked for, with what falls due
        ahead; out, for each seller and metric at `limit` a row to leave `limit` and one to
        leave `warn` too, at `warn` one, sorted: seller_id, metric, level, leave, more?,
        wait?. With too few to judge it is out.
    """
    known, policy = foreseen(sayings, as_of), by.now
    cards = scorecards(known, listings, policy, as_of)
    bad = cards.filter(pl.col("level").is_in(BAD))
    asked = bad.select(*SELLER, "level").join(pl.DataFrame({"leave": BAD}), how="cross")
    to_leave = asked.filter((pl.col("level") == "limit") | (pl.col("leave") == "warn"))
    sums = _sums(known, policy, as_of).join(bad, on=SELLER, how="semi")
    active = active_listings(listings.lazy(), as_of)
    ways = (
        _with_more(sums, policy),
        _with_counted(bad, policy),
        _with_completed(active.join(bad, on="seller_id", how="semi"), policy),
    )
    more = pl.concat(ways)
    days = by.days_of_each(as_of, by.longest.days)
    wait = pl.concat(_after_days(known, bad, *each, as_of) for each in days)
    return (
        to_leave.join(_first_out(more, "more"), on=[*SELLER, "leave"], how="left")
        .join(_first_out(wait, "wait"), on=[*SELLER, "leave"], how="left")
        .sort(*SELLER, "leave")
    )


def _sums(sayings: pl.DataFrame, policy: Policy, as_of: datetime) -> pl.DataFrame:
    obligations = owing(told(sayings.lazy(), as_of, None))
    sums = counted(obligations, policy, pl.lit(as_of, MOMENT)).collect()
    return sums.with_columns(pl.col("metric").cast(pl.String))


def _first_out(tried: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the least `n`, as `name`, at which each of `BAD` is left: `leave`."""
    out = {
        level: tried.filter(~pl.col("level").is_in(BAD[: place + 1]))
        for place, level in enumerate(BAD)
    }
    n = pl.col("n").min().alias(name)
    least = [
        found.group_by(SELLER).agg(pl.lit(level).alias("leave"), n)
        for level, found in out.items()
    ]
    return pl.concat(least)


def _with_more(sums: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return the levels with `n` more kept, for every n that may be the first to be out.

    While the long window counts, each n is tried. Once the other does, more can only help:
    so the first is where a formula says, give or take what rounding does.
    """
    due, kept, z = pl.col("recent_due"), pl.col("recent_kept"), policy.z
    missed = due - kept
    standards = judged(sums.with_columns(rate=pl.lit(1.0)), policy)

    def reaching(rate: pl.Expr) -> pl.Expr:
        return (rate * due - kept) / (1 - rate)

    # So many must be due that the upper end of Wilson's interval reaches `limit`.
    limit, under = pl.col("limit"), 1 - pl.col("limit")
    spread = z * z * limit * under
    root = ((spread + 4 * under * missed).sqrt() - spread.sqrt()) / (2 * under)
    formulas = [reaching(pl.col("warn")), reaching(limit), root * root - due]
    until_enough = [pl.lit(n) for n in range(policy.enough_due + 1)]
    near = [
        pl.when(f.is_finite()).then(f.ceil()).cast(pl.Int64, strict=False) + off
        for f in formulas
        for off in NEAR
    ]
    tried = (
        standards.select(*SELLER, *_SUMS, n=pl.concat_list(*until_enough, *near))
        .explode("n")
        .filter(pl.col("n") >= 0)
        .unique([*SELLER, "n"])
        .with_columns(pl.col(name) + pl.col("n") for name in _SUMS)
    )
    return _levels(tried, policy)


def _levels(tried: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    found = judged(in_window(tried, policy), policy)
    return found.select(*SELLER, pl.col("n").cast(pl.Int64), "level")


def _with_counted(bad: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return the levels with `n` more stocks counted, out of those that there are."""
    stocks = bad.filter(pl.col("metric") == STOCK_CONFIRMED).drop("level")
    tried = (
        stocks.with_columns(n=pl.int_ranges(0, pl.col("due") - pl.col("kept") + 1))
        .explode("n")
        .with_columns(rate=(pl.col("kept") + pl.col("n")) / pl.col("due"))
    )
    return judged(tried, policy).select(*SELLER, pl.col("n").cast(pl.Int64), "level")


def _with_completed(active: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return the levels with `n` more listings complete, the poorest first."""
    poorest = active.sort("seller_id", "twelfths")
    gained = (FULL - pl.col("twelfths")).cum_sum().over("seller_id")
    count = pl.len().over("seller_id").cast(pl.Int64)
    lacking = pl.lit(FULL, pl.Int64) * count - pl.col("twelfths").sum().over("seller_id")
    tried = poorest.select(
        "seller_id",
        metric=pl.lit(LISTINGS_COMPLETE),
        n=pl.int_range(1, pl.len() + 1).over("seller_id"),
        due=count,
        rate=(count * FULL - lacking + gained) / (count * FULL),
    )
    return judged(tried, policy).select(*SELLER, pl.col("n").cast(pl.Int64), "level")


def _after_days(
    sayings: pl.DataFrame,
    bad: pl.DataFrame,
    policy: Policy,
    ahead: Sequence[int],
    as_of: datetime,
) -> pl.DataFrame:
    """Return the levels by `policy` after `n` days, for each of `ahead`, which ascend."""
    long, last = policy.long_window_days, ahead[-1]
    far = timedelta(days=last)
    kept = all_kept(sayings, policy, as_of, far)
    now = pl.lit(as_of, MOMENT)
    since = (pl.col("due_at") - now).dt.total_microseconds()
    # The first whole day by which it is due; it leaves a window of so many days as late.
    day = -((-since) // _DAY_US)
    by_day = (
        owed(kept.lazy(), policy, as_of + far)
        .filter(pl.col("due_at") > now - timedelta(days=long))
        .with_columns(pl.col("metric").cast(pl.String))
        .group_by(*SELLER, day=day)
        .agg(pl.col("due", "kept").sum())
        .collect()
        .join(bad, on=SELLER, how="semi")
    )
    days = pl.DataFrame({"day": range(1 - long, last + 1)}, {"day": pl.Int64})
    of_a_window = ~pl.col("metric").is_in([LISTINGS_COMPLETE, STOCK_CONFIRMED])
    each = bad.filter(of_a_window).select(SELLER).join(days, how="cross")
    so_far = (
        each.join(by_day, on=[*SELLER, "day"], how="left")
        .sort(*SELLER, "day")
        .with_columns(pl.col("due", "kept").fill_null(0).cum_sum().over(SELLER))
    )
    recent = _within(policy.window_days, "recent_")
    sums = so_far.select(*SELLER, *_within(long, ""), *recent, n="day")
    theirs = sums.filter(pl.col("n").is_in(ahead))
    found = theirs.select(*SELLER, "n").join(
        _levels(theirs, policy), on=[*SELLER, "n"], how="left"
    )
    return found.with_columns(pl.col("level").fill_null(NOT_ENOUGH))


def _within(days: int, prefix: str) -> Sequence[pl.Expr]:
    """Return what lies in the window of so many days, out of all up to each day."""
    return [
        (pl.col(n) - pl.col(n).shift(days).over(SELLER).fill_null(0)).alias(prefix + n)
        for n in ("due", "kept")
    ]
