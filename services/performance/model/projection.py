"""Where sellers are heading at today's obligations."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from services.performance.model.foresight import all_kept, foreseen
from services.performance.model.obligation import LISTINGS, MOMENT
from services.performance.model.scorecard import (
    CARD,
    SELLER,
    overall,
    scorecards,
    sellers,
)
from services.performance.model.succession import Succession

HORIZONS: Final = (7, 14, 30)
FARTHEST: Final = timedelta(days=max(HORIZONS))
NOTHING_MORE, ALL_KEPT = "nothing_more", "all_kept"
CASES: Final = (NOTHING_MORE, ALL_KEPT)
"""What the seller does until then: nothing more, or all that is open, in time."""

_ORDER: Final = ["days", "case", *SELLER]


def projected(
    sayings: pl.DataFrame, listings: pl.DataFrame, by: Succession, as_of: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return how each seller will stand in 7, 14 and 30 days, and at which level overall.

    The windows slide on: what is counted today leaves, what is open falls due. No new
    obligation comes; listings stay as they are. Stocks, if all is kept, are counted once
    more; else those that were confirmed long ago are no longer. Each moment is judged by
    the policy that applies then, as its scorecard would be: what is open, how long it may
    take, and the level.

    Units: `case` says what the seller does until then, as `CASES`.
    Shape: `sayings` and `listings` as known at the moment asked for, with what falls due
        ahead; out, rows as of `scorecard.scorecards` and `overall`, after `days`, `case`
        and the version of the `policy`, sorted.
    """
    known = foreseen(sayings, as_of), listings.filter(pl.col("at") <= as_of)
    of = sellers(*known, as_of)
    cards, levels = list[pl.DataFrame](), list[pl.DataFrame]()
    for days in HORIZONS:
        then = as_of + timedelta(days=days)
        policy = by.at(then)
        kept = all_kept(known[0], policy, as_of, timedelta(days=days))
        ways = (known, (kept, _all_counted(known[1], then)))
        for case, rows in zip(CASES, ways, strict=True):
            found = scorecards(*rows, policy, then)
            said = {"days": days, "case": case, "policy": policy.version}
            when = [pl.lit(value).alias(name) for name, value in said.items()]
            cards.append(found.select(*when, *CARD))
            levels.append(overall(found, of, policy).select(*when, *SELLER, "level"))
    return pl.concat(cards).sort(_ORDER), pl.concat(levels).sort(_ORDER)


def _all_counted(listings: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Return `listings`, and that every stock was counted then."""
    stocked = listings.filter(pl.col("says") == "stocked")
    counted = stocked.unique(["seller_id", "product_id"]).with_columns(
        says=pl.lit("moved"), at=pl.lit(at, MOMENT)
    )
    return pl.concat([listings, counted.select(LISTINGS.names())])
