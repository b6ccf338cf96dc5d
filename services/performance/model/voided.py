"""Obligations that some fact freed the seller of: no number counts them."""

from datetime import datetime

import polars as pl

from services.performance.model.evidence import SHOWN, facts_of, with_placings
from services.performance.model.families import KEY, family_roots, members
from services.performance.model.obligation import MOMENT
from services.performance.model.owed import obligations, told
from services.performance.model.policy import Policy
from services.performance.model.scorecard import Rows


def voided(
    sayings: Rows, policy: Policy, as_of: datetime, known_at: datetime | None = None
) -> pl.DataFrame:
    """Return the void obligations that would count by `as_of` or later, and why they don't.

    Left out are those that fell due before the policy's long window: they would not count
    either way. So are parts of an order of which others count: with these stand its facts.

    Shape: as `evidence.explain`: one row per void obligation, sorted by seller_id, metric,
        due_at, subject_id; `due` and `kept` are 0, and `facts` hold the one that freed it.
        Without due_at is what was to fall due
        at a moment that lies ahead, or never fell due.
    """
    said = told(sayings.lazy(), as_of, known_at)
    long_ago = pl.lit(as_of, MOMENT) - pl.duration(days=policy.long_window_days)
    none = pl.lit(0, pl.Int64)
    parts = members(family_roots(said)).lazy()
    family = ["seller_id", "metric", pl.coalesce("root", "subject_id")]
    others_count = (~pl.col("is_void") & pl.col("is_opened")).any().over(family)
    not_long_ago = pl.col("due_at").is_null() | (pl.col("due_at") > long_ago)
    freed = (
        obligations(said, policy)
        .join(parts, on=KEY, how="left")
        .filter(pl.col("is_void"), ~others_count, not_long_ago)
        .drop("root")
        .with_columns(
            window_days=pl.lit(policy.long_window_days, pl.Int64), due=none, kept=none
        )
    )
    rows = with_placings(freed, said).join(facts_of(said), on=KEY, how="left")
    return rows.select(SHOWN).sort("seller_id", "metric", "due_at", "subject_id").collect()
