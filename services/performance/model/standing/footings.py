"""Whether a step stands: on some metric that it stood on, as some rows tell it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import polars as pl

from services.performance.model.obligation import MOMENT
from services.performance.model.owed import owed
from services.performance.model.policy import Policy
from services.performance.model.scorecard import SELLER, scorecards
from services.performance.model.standing.findings import at_limit, very_poor
from services.performance.model.standing.state import Footing, Rung

Card: TypeAlias = Mapping[str, Any]
Cards: TypeAlias = Mapping[tuple[str, str, datetime | None], Card]
"""By seller, metric, and the moment since which it is counted: None for all of a window."""


def cards_of(
    rows: tuple[pl.DataFrame, pl.DataFrame],
    policy: Policy,
    as_of: datetime,
    known_at: datetime,
    of: Iterable[tuple[str, Rung]],
) -> Cards:
    """Return what `rows` tell of each metric, and by which rules a step can stand on it.

    Shape: `of` are steps of sellers: what these count `since` a moment is there, too.
    """
    found = scorecards(*rows, policy, as_of, known_at)
    parts = [found.with_columns(since=pl.lit(None, MOMENT))]
    since = {(name, f.since) for name, rung in of for f in rung.footings if f.since}
    if since:
        obligations = owed(rows[0].lazy(), policy, as_of, known_at).collect()
        parts.append(_since(obligations, found, since, as_of))
    cards = pl.concat(parts, how="diagonal_relaxed").with_columns(
        limit=at_limit().fill_null(value=False), very_poor=very_poor(policy)
    )
    return {(c["seller_id"], c["metric"], c["since"]): c for c in cards.to_dicts()}


def _since(
    obligations: pl.DataFrame,
    cards: pl.DataFrame,
    since: Iterable[tuple[str, datetime]],
    as_of: datetime,
) -> pl.DataFrame:
    moments = pl.DataFrame(
        [*since], {"seller_id": pl.String(), "since": MOMENT}, orient="row"
    )
    begun = pl.lit(as_of, MOMENT) - pl.duration(days=pl.col("window_days"))
    return (
        obligations.with_columns(pl.col("metric").cast(pl.String))
        .join(cards.select(*SELLER, "window_days"), on=SELLER)
        .join(moments, on="seller_id")
        .filter(pl.col("due_at") > begun, pl.col("due_at") > pl.col("since"))
        .group_by(*SELLER, "since", "window_days")
        .agg(pl.col("due", "kept").sum())
        .with_columns(rate=pl.col("kept") / pl.col("due"))
    )


def stood_on(
    seller_id: str, rung: Rung, cards: Cards
) -> Iterator[tuple[Footing, Card | None]]:
    """Yield what a step stood on, each beside how it is by `cards`: None, if not at all."""
    for footing in rung.footings:
        yield footing, cards.get((seller_id, footing.metric, footing.since))


def stands(seller_id: str, rung: Rung, cards: Cards) -> bool:
    """Say whether a step stands, by `cards`, on any of what it stood on."""
    return any(
        card is not None and card[footing.rule]
        for footing, card in stood_on(seller_id, rung, cards)
    )
