"""Scorecards on demand, from the rows in PostgreSQL: of one seller or of all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString, TypeAlias

import polars as pl
from psycopg import sql
from sqlalchemy import Engine

from kit.database import address, driver
from kit.readmodels.frames import Read as Read, one_moment
from services.performance.model.evidence import explain
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import Policy
from services.performance.model.refusals import SellerNotKnown
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
    """Which scorecards: of one seller or all, at what moment, as known when, by what rule.

    Units: instants, aware UTC; `known_at` none is all that is known now.
    """

    policy: Policy
    as_of: datetime
    known_at: datetime | None = None
    seller_id: str | None = None

    def require_known(self, of: pl.DataFrame) -> None:
        """Let pass what is about all sellers, or about one who is known.

        Shape: `of` has a row for each seller that it could be answered of.

        Raises:
            SellerNotKnown: It is about one, of whom nothing was known.
        """
        if self.seller_id is not None and of.is_empty():
            raise SellerNotKnown(self.seller_id, self.as_of, self.known_at)


@dataclass(frozen=True, slots=True)
class Scorecards:
    """How sellers stood, and what that was made of if it was asked for.

    Shape: as `model.scorecard.scorecards` and `overall`, and `model.evidence.explain`,
        return them, all of the same facts.
    """

    cards: pl.DataFrame
    overall: pl.DataFrame
    evidence: pl.DataFrame | None = None


def ask_scorecards(
    db: Engine, question: Question, *, explained: bool = False
) -> Scorecards:
    """Return the scorecards that `question` is about, and each seller's level.

    Blocks. One seller's take as long with a million sellers as with one. Of all, it is the
    plain question of analysts and benchmarks, in process; HTTP asks it page by page, of
    `all_sellers`.

    Shape: `db` is the service's own; what is read is committed. `explained`, with the
        obligations behind the scorecards, each with the facts that said so.
    """
    if not explained:
        parts = [judged(rows, question) for rows in read_in_parts(db, question)]
        cards, levels = map(pl.concat, zip(*parts, strict=True))
        return Scorecards(cards, levels)
    rows = read_rows(db, question)
    evidence = explain(*rows, question.policy, question.as_of, question.known_at)
    return Scorecards(*judged(rows, question), evidence)


def judged(rows: Told, question: Question) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the scorecards of the sellers of `rows`, and each one's level."""
    asked = (question.as_of, question.known_at)
    cards = scorecards(*rows, question.policy, *asked)
    return cards, overall(cards, sellers(*rows, *asked), question.policy)


def read_rows(db: Engine, question: Question) -> Told:
    """Return the rows of obligations and of listings that say anything of `question`.

    Shape: typed as SAYINGS and as LISTINGS, both as they were at one moment.
    """
    conditions = conditions_of(question)
    with one_moment(address(db)) as read:
        return (
            read("obligation_sayings", SAYINGS, conditions),
            read("listing_sayings", LISTINGS, conditions),
        )


def read_in_parts(
    db: Engine, question: Question, most_rows: int = MOST_ROWS
) -> Iterator[Told]:
    """Yield the rows that `question` needs, of some sellers at a time, all by and by.

    A seller's rows are all in one part, so that each can be judged by itself, and memory
    is that of the largest: of `most_rows`, or of one seller who has more. Movements of
    stock that confirm nothing any more are left out.

    Shape: as `read_rows`; all as they were at one moment, in the order of seller ids.
    """
    ranges = ranges_of(db, question, most_rows)
    conditions = conditions_of(question)
    of_listings = [*conditions, confirms(question)]
    with one_moment(address(db)) as read:
        for some in ranges:
            yield (
                read("obligation_sayings", SAYINGS, [*conditions, *some]),
                read("listing_sayings", LISTINGS, [*of_listings, *some]),
            )


def ranges_of(
    db: Engine, question: Question, most_rows: int = MOST_ROWS
) -> Sequence[Sequence[sql.Composable]]:
    """Return conditions that part the sellers, whoever may come, by how much was said."""
    if question.seller_id is not None:
        return [[]]
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
    if question.seller_id is not None:
        conditions.append(sql.SQL("seller_id = {}").format(question.seller_id))
    return conditions


def confirms(question: Question) -> sql.Composable:
    """Keep what confirms a stock, or says that there is one: of movements, few do."""
    within = question.policy.confirmed_within
    lately = sql.SQL("(says <> 'moved' OR at > {} - {})")
    return lately.format(question.as_of, within)
