"""What lies ahead of one seller, from the rows in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import polars as pl
from sqlalchemy import Engine

from kit.web.pages import written
from services.performance.model.foresight import open_obligations
from services.performance.model.projection import FARTHEST, projected
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.model.succession import Succession
from services.performance.model.ways_out import ways_out
from services.performance.policies import CLOSED_BY
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import Seen

Place: TypeAlias = tuple[datetime, str, str]
"""Where an obligation stands among those that fall due: its moment, metric, subject."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """How a seller stands, and will.

    Shape: `now` as of `scorecard.scorecards`, `then` and `overall` as of
        `projection.projected`, `ways_out` as of `ways_out.ways_out`.
    """

    level: str
    now: pl.DataFrame
    then: pl.DataFrame
    overall: pl.DataFrame
    ways_out: pl.DataFrame


@dataclass(frozen=True, slots=True)
class DuePage:
    """Some of what falls due, and the place where it goes on."""

    items: Sequence[dict[str, Any]]
    next: str | None


def ask_projection(db: Engine, asked: Asked, by: Succession) -> tuple[Ahead, Seen]:
    """Return where a seller is heading, and what of the facts had come. Blocks.

    Shape: `by` begins with the policy of `asked`.

    Raises:
        SellerNotKnown: As `Asked.read` says.
    """
    rows, seen = asked.read(db, ahead=max(FARTHEST, by.longest))
    now = scorecards(*rows, asked.policy, asked.as_of)
    (level,) = overall(now, sellers(*rows, asked.as_of), asked.policy)["level"]
    then, levels = projected(*rows, by, asked.as_of)
    out = ways_out(*rows, by, asked.as_of)
    return Ahead(str(level), now, then, levels, out), seen


def ask_due(
    db: Engine, asked: Asked, within: timedelta, beyond: Place | None, limit: int
) -> tuple[DuePage, Seen]:
    """Return what falls due `within` that time of as_of, soonest first, `beyond` a place.

    Blocks.

    Raises:
        SellerNotKnown: As `Asked.read` says.
    """
    (sayings, _), seen = asked.read(db, ahead=within)
    found = open_obligations(sayings, asked.policy, asked.as_of, within)
    if beyond is not None:
        found = found.filter(_is_after(beyond))
    rows = found.head(limit).drop("seller_id").to_dicts()
    goes_on = found.height > limit
    last = (
        tuple(rows[-1][name] for name in ("due_at", "metric", "subject_id")) if rows else ()
    )
    items = [{**row, "closed_by": CLOSED_BY[row["metric"]]} for row in rows]
    return DuePage(items, written(last) if goes_on else None), seen


def _is_after(place: Place) -> pl.Expr:
    at, metric, subject = place
    return (
        (pl.col("due_at") > at)
        | ((pl.col("due_at") == at) & (pl.col("metric") > metric))
        | (
            (pl.col("due_at") == at)
            & (pl.col("metric") == metric)
            & (pl.col("subject_id") > subject)
        )
    )
