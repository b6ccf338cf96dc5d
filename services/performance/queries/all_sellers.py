"""Answers about all sellers, a page at a time, each of the same facts.

A page is of a range of sellers, and of what had come when the first one was asked for; a
cursor names both. It costs what its own sellers cost, however many there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, LiteralString, TypeVar

import polars as pl
from psycopg import sql
from sqlalchemy import Engine

from kit.database import address, driver
from kit.readmodels.frames import Read, one_moment
from services.performance.model.evidence import explain
from services.performance.model.metrics import OVERALL
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.policy import Policy
from services.performance.model.what_if import WhatIf, what_if
from services.performance.queries import (
    MOST_ROWS,
    Question,
    Scorecards,
    Told,
    conditions_of,
    confirms,
    judged,
    ranges_of,
)
from services.performance.queries.seen import read_placed
from services.performance.queries.seen_of_all import SeenOfAll, had_come, seen_of_all

Found = TypeVar("Found")

MOST_READ_TO_EXPLAIN: Final = 20_000
"""How many rows a page that explains reads, of one seller at least.

Bounds the work, and by it the answer, to some ten megabytes: rows count that are not shown
too, as those of other moments.
"""

_NEXT: Final[LiteralString] = """
WITH RECURSIVE listed AS (
  SELECT %(beyond)s::text COLLATE "C" AS seller_id, 0 AS place, 0::bigint AS said
UNION ALL
  SELECT next.seller_id, listed.place + 1, listed.said + its.n
  FROM listed
  CROSS JOIN LATERAL (SELECT least(
    (SELECT min(seller_id) FROM obligation_sayings WHERE seller_id > listed.seller_id),
    (SELECT min(seller_id) FROM listing_sayings WHERE seller_id > listed.seller_id)
  ) AS seller_id) AS next
  CROSS JOIN LATERAL (SELECT
    (SELECT count(*) FROM obligation_sayings AS o WHERE o.seller_id = next.seller_id)
    + (SELECT count(*) FROM listing_sayings AS l WHERE l.seller_id = next.seller_id) AS n
  ) AS its
  WHERE next.seller_id IS NOT NULL
  AND listed.place <= %(limit)s AND listed.said <= %(most_rows)s
)
SELECT seller_id, said FROM listed WHERE place > 0 ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What names a page: the seller whom it begins beyond, and what had come.

    Shape: the first page is beyond nobody, "". `until` is the last seller of a page that is
        asked for again, "" if it went on to the end; one that goes on leaves it open.
    """

    beyond: str
    seen: SeenOfAll
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Found]):
    """What was found of some sellers, what names this page, and what the next if any."""

    found: Found
    this: Cursor
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What another policy would change of a page's sellers, and, on the first, of how many.

    Shape: `counts` of all sellers, by metric, or overall, and change.
    """

    changes: WhatIf
    counts: Mapping[tuple[str, str], int] | None


@dataclass(frozen=True, slots=True)
class SellerRange:
    """Sellers one after the other: beyond one, up to another or to the end."""

    beyond: str
    last: str | None

    @property
    def conditions(self) -> Sequence[sql.Composable]:
        """What rows fulfil that are of them."""
        beyond = sql.SQL("seller_id > {}").format(self.beyond)
        if self.last is None:
            return [beyond]
        return [beyond, sql.SQL("seller_id <= {}").format(self.last)]

    def page(self, found: Found, seen: SeenOfAll) -> Page[Found]:
        """Return the page of what was `found` of them."""
        further = None if self.last is None else Cursor(self.last, seen)
        return Page(found, Cursor(self.beyond, seen, self.last or ""), further)


def page_of_scorecards(
    db: Engine,
    question: Question,
    cursor: Cursor | None,
    limit: int,
    *,
    explained: bool = False,
) -> Page[Scorecards]:
    """Return the scorecards of the next sellers. Blocks.

    Shape: of at most `limit` sellers who were ever heard of; fewer, if they have very many
        rows. Those of whom nothing was known then are left out.
    """
    most_rows = MOST_READ_TO_EXPLAIN if explained else MOST_ROWS
    sellers = next_sellers(db, cursor, limit, most_rows)
    with one_moment(address(db)) as read:
        seen = seen_of_all(read) if cursor is None else cursor.seen
        shown = () if explained else (confirms(question),)
        rows = _rows(read, question, sellers.conditions, seen, shown)
    evidence = None
    if explained:
        evidence = explain(*rows, question.policy, question.as_of, question.known_at)
    return sellers.page(Scorecards(*judged(rows, question), evidence), seen)


def page_of_what_if(
    db: Engine,
    question: Question,
    proposed: Policy,
    cursor: Cursor | None,
    limit: int,
    most_rows: int = MOST_ROWS,
) -> Page[Compared]:
    """Return what `proposed` would change, of the next sellers. Blocks.

    Rows are read once, for both policies. The first page goes over all sellers, some at a
    time, for the counts; the others over theirs alone.

    Shape: `limit` as of `page_of_scorecards`; `most_rows` are looked at together.
    """
    policies = (question.policy, proposed)
    asked = replace(question, policy=max(policies, key=lambda each: each.confirmed_within))
    sellers = next_sellers(db, cursor, limit, most_rows)
    first = not sellers.beyond
    ranges = ranges_of(db, most_rows) if first else [sellers.conditions]
    counts, parts = Counter[tuple[str, str]](), []
    with one_moment(address(db)) as read:
        seen = seen_of_all(read) if cursor is None else cursor.seen
        for some in ranges:
            part = what_if(
                # under no name, by which they would stay while the next ones are read
                *_rows(read, asked, some, seen, [confirms(asked)]),
                policies,
                question.as_of,
                question.known_at,
            )
            counts.update(counted(part))
            parts.append(_of(part, sellers))
    levels, metrics = ([getattr(each, n) for each in parts] for n in ("levels", "metrics"))
    changes = WhatIf(pl.concat(levels), pl.concat(metrics))
    return sellers.page(Compared(changes, counts if first else None), seen)


def counted(found: WhatIf) -> Mapping[tuple[str, str], int]:
    """Return how many change how, by metric and of all together."""
    overall = found.levels.select(pl.lit(OVERALL).alias("metric"), "changes")
    each = pl.concat([overall, found.metrics.select("metric", "changes")])
    counts = each.group_by("metric", "changes").len()
    return {(metric, changes): n for metric, changes, n in counts.iter_rows()}


def next_sellers(
    db: Engine, cursor: Cursor | None, limit: int, most_rows: int
) -> SellerRange:
    """Return the next sellers: as many as asked for, or as have so many rows together.

    Blocks. One who alone has more rows is a range all the same. Of a page that is asked
    for again, its own.
    """
    if cursor is not None and cursor.until is not None:
        return SellerRange(cursor.beyond, cursor.until or None)
    beyond = "" if cursor is None else cursor.beyond
    asked = {"beyond": beyond, "limit": limit, "most_rows": most_rows}
    with db.connect() as read:
        found = driver(read).execute(_NEXT, asked).fetchall()
    taken = [name for name, rows in found[:limit] if rows <= most_rows]
    if len(taken) == len(found):
        return SellerRange(beyond, None)
    return SellerRange(beyond, taken[-1] if taken else found[0][0])


def _rows(
    read: Read,
    question: Question,
    of_sellers: Sequence[sql.Composable],
    seen: SeenOfAll,
    of_listings: Sequence[sql.Composable],
) -> Told:
    """Return the rows of sellers that had come."""
    conditions = [*conditions_of(question), *of_sellers]
    placed = read_placed(read, conditions, of_listings)
    sayings, listings = (had_come(rows, seen) for rows in placed)
    return sayings.select(SAYINGS.names()), listings.select(LISTINGS.names())


def _of(found: WhatIf, sellers: SellerRange) -> WhatIf:
    if sellers.last is None:
        return found
    mine = pl.col("seller_id") <= sellers.last
    return WhatIf(found.levels.filter(mine), found.metrics.filter(mine))
