"""Shadow policies in a review: how many sellers would stand where, judged by each."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from services.performance.model.metrics import OVERALL
from services.performance.model.policy import Policy, start_of
from services.performance.model.what_if import compared


class Move(NamedTuple):
    """From which level to which a shadow moves sellers, on a metric or `overall`.

    Shape: `changes` as `what_if.WhatIf` has it: better, worse, other or same.
    """

    shadow: str
    metric: str
    official: str
    proposed: str
    changes: str


def shadows_at(moment: datetime, policies: Sequence[Policy]) -> Sequence[Policy]:
    """Return the shadows that judge beside the official policy at `moment`.

    One without `applies_from` does so ever; one with it, from then on.
    """
    return [each for each in policies if each.shadow and start_of(each) <= moment]


def moves_of(
    cards: Sequence[pl.DataFrame], of: pl.DataFrame, policies: Sequence[Policy]
) -> Counter[Move]:
    """Return how many sellers stand at which level, and would by each shadow.

    Shape: `policies` are the official one and the shadows, `cards` those by each of them,
        in that order, as of `scorecard.by_policies`; `of` as of `scorecard.sellers`, those
        to count.
    """
    (official, *shadows), counts = policies, Counter[Move]()
    theirs = [each.join(of, on="seller_id", how="semi") for each in cards]
    for shadow, by_shadow in zip(shadows, theirs[1:], strict=True):
        found = compared((theirs[0], by_shadow), of, (official, shadow))
        overall = found.levels.with_columns(metric=pl.lit(OVERALL))
        by_metric = found.metrics.with_columns(
            official=pl.col("official_level"), proposed=pl.col("proposed_level")
        )
        columns = Move._fields[1:]
        each = pl.concat([overall.select(columns), by_metric.select(columns)])
        for *move, sellers in each.group_by(columns).len().iter_rows():
            counts[Move(shadow.version, *move)] += sellers
    return counts
