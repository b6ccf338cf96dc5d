"""One seller's scorecards of many moments, with all that it takes to ask for them again."""

from collections.abc import Callable, Sequence
from datetime import datetime

import polars as pl
from sqlalchemy import Engine

from services.performance.model.policy import Policy
from services.performance.model.trend import trend
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import Seen


def ask_trend(
    db: Engine,
    asked: Asked,
    policy_of: Callable[[datetime], Policy],
    moments: Sequence[datetime],
) -> tuple[pl.DataFrame, Seen]:
    """Return a seller's scorecards of `moments`, and what of the facts had come. Blocks.

    Shape: as `model.trend.trend`; `moments` up to that of `asked`, each judged by its own
        policy. What is known of the seller is read once.

    Raises:
        SellerNotKnown: As `Asked.read` says.
    """
    rows, seen = asked.read(db)
    return trend(*rows, policy_of, moments), seen
