"""Whether a step stands: on some metric that it stood on, as some rows tell it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import polars as pl

from services.performance.model.policy import Policy
from services.performance.model.scorecard import scorecards
from services.performance.model.standing.findings import at_limit, very_poor
from services.performance.model.standing.state import Footing, Rung

Card: TypeAlias = Mapping[str, Any]
Cards: TypeAlias = Mapping[tuple[str, str], Card]
"""By seller and metric."""


def cards_of(
    rows: tuple[pl.DataFrame, pl.DataFrame],
    policy: Policy,
    as_of: datetime,
    known_at: datetime,
) -> Cards:
    """Return what `rows` tell of each metric, and by which rules a step can stand on it."""
    cards = scorecards(*rows, policy, as_of, known_at).with_columns(
        limit=at_limit(), very_poor=very_poor(policy)
    )
    return {(c["seller_id"], c["metric"]): c for c in cards.iter_rows(named=True)}


def stood_on(
    seller_id: str, rung: Rung, cards: Cards
) -> Iterator[tuple[Footing, Card | None]]:
    """Yield what a step stood on, each beside how it is by `cards`: None, if not at all."""
    for footing in rung.footings:
        yield footing, cards.get((seller_id, footing.metric))


def stands(seller_id: str, rung: Rung, cards: Cards) -> bool:
    """Say whether a step stands, by `cards`, on any of what it stood on."""
    return any(
        card is not None and card[footing.rule]
        for footing, card in stood_on(seller_id, rung, cards)
    )
