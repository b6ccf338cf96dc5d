"""What if another policy applied: who would stand otherwise, and on which metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from services.performance.model.policy import Policy
from services.performance.model.scorecard import (
    LEVELS,
    NOT_ENOUGH,
    SELLER,
    Rows,
    by_policies,
    overall,
    sellers,
)

ORDER: Final = (*LEVELS, NOT_ENOUGH)
FIGURES: Final = ("window_days", "due", "kept", "rate", "level")


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How sellers stand by the official policy, and how they would by the proposed one.

    Shape: `levels`, one row per seller, sorted: seller_id, official, proposed, changes.
        `metrics`, one row per seller and metric that has a card, sorted: these, the card's
        figures by each policy (`official_rate?`, `proposed_rate?` …), changes. `changes` is
        better, worse, same, or other, where one of the two has not enough data.
    """

    levels: pl.DataFrame
    metrics: pl.DataFrame


def what_if(
    sayings: Rows,
    listings: Rows,
    policies: tuple[Policy, Policy],
    as_of: datetime,
    known_at: datetime | None = None,
) -> WhatIf:
    """Return what the second of `policies` would change of how the first one judges.

    Shape: `policies` are the official one and the proposed one; rows as of `scorecards`.
    """
    official, proposed = by_policies(sayings, listings, policies, as_of, known_at)
    who = sellers(sayings, listings, as_of, known_at)
    return compared((official, proposed), who, policies)


def compared(
    cards: tuple[pl.DataFrame, pl.DataFrame],
    who: pl.DataFrame,
    policies: tuple[Policy, Policy],
) -> WhatIf:
    """Return what differs between the `cards` by two policies, of the sellers `who`."""
    official, proposed = (
        overall(each, who, policy) for each, policy in zip(cards, policies, strict=True)
    )
    levels = official.select("seller_id", official="level").with_columns(
        proposed=proposed["level"]
    )
    return WhatIf(
        levels.with_columns(changes=_changes("official", "proposed")), _metrics(cards)
    )


def _metrics(cards: Sequence[pl.DataFrame]) -> pl.DataFrame:
    official, proposed = (
        each.rename({figure: f"{name}_{figure}" for figure in FIGURES})
        for each, name in zip(cards, ("official", "proposed"), strict=True)
    )
    both = official.join(proposed, on=SELLER, how="full", coalesce=True).sort(SELLER)
    return both.with_columns(
        pl.col("official_level", "proposed_level").fill_null(NOT_ENOUGH)
    ).with_columns(changes=_changes("official_level", "proposed_level"))


def _changes(official: str, proposed: str) -> pl.Expr:
    before, after = (
        pl.col(name).replace_strict(ORDER, range(len(ORDER)))
        for name in (official, proposed)
    )
    unmeasured = len(LEVELS)
    return (
        pl.when(before == after)
        .then(pl.lit("same"))
        .when((before == unmeasured) | (after == unmeasured))
        .then(pl.lit("other"))
        .when(after < before)
        .then(pl.lit("better"))
        .otherwise(pl.lit("worse"))
    )
