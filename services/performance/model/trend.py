"""How a seller stood at the end of each day or week: scorecards of many moments at once.

Each moment is taken for a seller of its own, who knows what was true by then: so one run
of the functions that make scorecards makes those of all moments.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

import polars as pl

from services.performance.model.completeness import active_listings
from services.performance.model.confirmation import last_moved
from services.performance.model.obligation import MOMENT
from services.performance.model.owed import owing, told
from services.performance.model.policy import Policy
from services.performance.model.scorecard import (
    Rows,
    cards_of,
    counted,
    overall,
)

By: TypeAlias = Literal["day", "week"]

MAX_POINTS: Final = 1_100
AT_ONCE: Final = 2_000_000
"""Rows at one time, at most: a seller's are taken once for each moment they are true at."""

DAY: Final = timedelta(days=1)
_DAYS: Final = {"day": 1, "week": 7}


def ends(first: date, last: date, by: By) -> Sequence[datetime]:
    """Return when each day or week ended that ended from `first` to `last`, inclusive.

    Shape: a week is Monday to Sunday; a day ends at the midnight after it.
    """
    days = range((last - first).days + 1)
    ended = (datetime.combine(first, time(), UTC) + (n + 1) * DAY for n in days)
    return [at for at in ended if by == "day" or at.weekday() == 0]


def trend(
    sayings: Rows,
    listings: Rows,
    policy_of: Callable[[datetime], Policy],
    moments: Sequence[datetime],
    known_at: datetime | None = None,
) -> pl.DataFrame:
    """Return one seller's scorecard of each of `moments`, by the policy of that moment.

    Shape: rows of one seller; out, one row per moment and metric that has a card, and one
        per moment for `overall`, sorted by both: as_of, policy, metric, window_days?, due?,
        kept?, rate?, level.
    """
    rows = (sayings.lazy().collect(), listings.lazy().collect())
    parts = [
        _of_one_policy(*rows, policy, some, known_at)
        for policy, some in _in_parts(policy_of, moments, sum(each.height for each in rows))
    ]
    return pl.concat(parts).sort("as_of", "metric") if parts else pl.DataFrame(schema=TREND)


TREND: Final = pl.Schema(
    {
        "as_of": MOMENT,
        "policy": pl.String(),
        "metric": pl.String(),
        "window_days": pl.Int64(),
        "due": pl.Int64(),
        "kept": pl.Int64(),
        "rate": pl.Float64(),
        "level": pl.String(),
    }
)


def _in_parts(
    policy_of: Callable[[datetime], Policy], moments: Sequence[datetime], height: int
) -> Iterator[tuple[Policy, Sequence[datetime]]]:
    """Yield moments that one policy judges, no more at once than fit into memory."""
    most = max(1, AT_ONCE // max(height, 1))
    some: list[datetime] = []
    for moment in sorted(moments):
        if some and (len(some) == most or policy_of(some[0]) != policy_of(moment)):
            yield policy_of(some[0]), some
            some = []
        some.append(moment)
    if some:
        yield policy_of(some[0]), some


def _of_one_policy(
    sayings: pl.DataFrame,
    listings: pl.DataFrame,
    policy: Policy,
    moments: Sequence[datetime],
    known_at: datetime | None,
) -> pl.DataFrame:
    of_moments = pl.DataFrame(
        {"seller_id": [str(n) for n in range(len(moments))], "as_of": moments},
        {"seller_id": pl.String, "as_of": MOMENT},
    )
    said, of_listings = (_by_moment(rows, of_moments) for rows in (sayings, listings))
    last = moments[-1]
    obligations = owing(told(said.lazy(), last, known_at))
    sums = counted(
        obligations.join(of_moments.lazy(), on="seller_id"), policy, pl.col("as_of")
    ).collect(engine="streaming")
    active = active_listings(of_listings.lazy(), last, known_at)
    stocks = last_moved(of_listings.lazy(), active, last, known_at).join(
        of_moments, on="seller_id"
    )
    cards = cards_of(sums, active, stocks, policy, pl.col("as_of"))
    levels = overall(cards, of_moments.select("seller_id"), policy)
    everything = pl.concat([cards, levels], how="diagonal").join(of_moments, on="seller_id")
    return everything.with_columns(policy=pl.lit(policy.version)).select(TREND.names())


def _by_moment(rows: pl.DataFrame, of_moments: pl.DataFrame) -> pl.DataFrame:
    """Return what was true by each moment, as if each were a seller of its own."""
    true_by_then = rows.drop("seller_id").join_where(
        of_moments, pl.col("at") <= pl.col("as_of")
    )
    return true_by_then.drop("as_of").select(rows.columns)
