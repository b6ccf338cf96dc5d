"""Scorecards of all sellers on demand, from the rows in PostgreSQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, LiteralString, TypeAlias

import polars as pl
from psycopg import sql
from sqlalchemy import Engine

from kit.database import address, driver
from kit.readmodels.frames import Read as Read, one_moment
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import Policy
from services.performance.model.scorecard import overall, scorecards, sellers

Told: TypeAlias = tuple[pl.DataFrame, pl.DataFrame]
"""What was said of some sellers: of obligations, and of listings."""

MOST_ROWS: Final = 2_000_000
"""What is looked at together: half a gigabyte."""

_FIRST_OF_PARTS: Final[LiteralString] = """
SELECT min(seller_id) FROM (
  SELECT seller_id, floor((sum(n) OVER (ORDER BY seller_id) - n) / %s) AS part FROM (
    SELECT seller_id, count(*) AS n FROM (
      SELECT seller_id FROM obligation_sayings
      UNION ALL SELECT seller_id FROM listing_sayings
    ) AS said GROUP BY seller_id
  ) AS counted
) AS placed GROUP BY part ORDER BY part
"""


@dataclass(frozen=True, slots=True)
class Question:
    """Which scorecards of all sellers: at what moment, as known when, by what rule.

    Units: instants, aware UTC; `known_at` none is all that is known now.
    """

    policy: Policy
    as_of: datetime
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scorecards:
    """How sellers stood, and what that was made of if it was asked for.

    Shape: as `model.scorecard.scorecards` and `overall`, and `model.evidence.explain`,
        return them, all of the same facts.
    """

    cards: pl.DataFrame
    overall: pl.DataFrame
    evidence: pl.DataFrame | None = None


def ask_scorecards(db: Engine, question: Question) -> Scorecards:
    """Return all sellers' scorecards, and each one's level. Blocks.

    It is the plain question of analysts and benchmarks, in process; HTTP asks it page by
    page, of `all_sellers`.

    Shape: `db` is the service's own; what is read is committed.
    """
    # by `map`, which lets go of rows before the next ones are read
    parts = map(partial(judged, question=question), read_in_parts(db, question))
    cards, levels = map(pl.concat, zip(*parts, strict=True))
    return Scorecards(cards, levels)


def judged(rows: Told, question: Question) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the scorecards of the sellers of `rows`, and each one's level."""
    asked = (question.as_of, question.known_at)
    cards = scorecards(*rows, question.policy, *asked)
    return cards, overall(cards, sellers(*rows, *asked), question.policy)


def read_in_parts(
    db: Engine, question: Question, most_rows: int = MOST_ROWS
) -> Iterator[Told]:
    """Yield the rows that `question` needs, of some sellers at a time, all by and by.

    A seller's rows are all in one part, so that each can be judged by itself, and memory
    is that of the largest: of `most_rows`, or of one seller who has more. Movements of
    stock that confirm nothing any more are left out.

    Shape: typed as SAYINGS and as LISTINGS; all as they were at one moment, in the order of
        seller ids.
    """
    ranges = ranges_of(db, most_rows)
    conditions = conditions_of(question)
    of_listings = [*conditions, confirms(question)]
    with one_moment(address(db)) as read:
        for some in ranges:
            yield (
                read("obligation_sayings", SAYINGS, [*conditions, *some]),
                read("listing_sayings", LISTINGS, [*of_listings, *some]),
            )


def ranges_of(db: Engine, most_rows: int = MOST_ROWS) -> Sequence[Sequence[sql.Composable]]:
    """Return conditions that part the sellers, whoever may come, by how much was said."""
    with db.connect() as read:
        found = driver(read).execute(_FIRST_OF_PARTS, (most_rows,)).fetchall()
    firsts = [first for (first,) in found[1:]]
    since = [[sql.SQL("seller_id >= {}").format(first)] for first in firsts]
    until = [[sql.SQL("seller_id < {}").format(first)] for first in firsts]
    return [[*low, *high] for low, high in zip([[], *since], [*until, []], strict=True)]


def conditions_of(question: Question) -> Sequence[sql.Composable]:
    """Return what rows must fulfil to say anything of `question`."""
    conditions = [sql.SQL("at <= {}").format(question.as_of)]
    if question.known_at is not None:
        conditions.append(sql.SQL("recorded_at <= {}").format(question.known_at))
    return conditions


def confirms(question: Question) -> sql.Composable:
    """Keep what confirms a stock, or says that there is one: of movements, few do."""
    within = question.policy.confirmed_within
    lately = sql.SQL("(says <> 'moved' OR at > {} - {})")
    return lately.format(question.as_of, within)
