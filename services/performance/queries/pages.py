"""Answers about all sellers, a page at a time, each of the same facts.

A page costs what its own sellers cost, however many there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, LiteralString, NamedTuple

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
    Part,
    Question,
    Scorecards,
    conditions_of,
    confirms,
    judged,
    ranges_of,
)
from services.performance.queries.seen import read_placed
from services.performance.queries.seen_of_all import SeenOfAll, had_come, seen_of_all

MOST_EXPLAINED: Final = 20_000
"""How many rows a page reads to explain them: some ten megabytes of answer, or less."""

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
class Start:
    """Where a page begins: beyond a seller, and by what had come before the first one.

    Shape: the first page is beyond nobody, "". `until` is the last seller of a page that is
        asked for again, "" if it went on to the end; one that goes on leaves it open.
    """

    beyond: str
    seen: SeenOfAll
    until: str | None = None


class Turned(NamedTuple):
    """Where a page begins, and where the next one does if there are more."""

    this: Start
    next: Start | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A page of what another policy would change, and, on the first, how many change.

    Shape: `found` of this page's sellers; `counts` of all sellers, by metric, or overall,
        and change.
    """

    found: WhatIf
    counts: Mapping[tuple[str, str], int] | None
    turned: Turned


@dataclass(frozen=True, slots=True)
class Stretch:
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

    def turned(self, seen: SeenOfAll) -> Turned:
        """Return where a page of them begins, and where the next one does."""
        further = None if self.last is None else Start(self.last, seen)
        return Turned(Start(self.beyond, seen, self.last or ""), further)


def page_of_scorecards(
    db: Engine,
    question: Question,
    start: Start | None,
    limit: int,
    *,
    explained: bool = False,
) -> tuple[Scorecards, Turned]:
    """Return the scorecards of the next sellers, and where pages begin. Blocks.

    Shape: of at most `limit` sellers who were ever heard of; fewer, if they have very many
        rows. Those of whom nothing was known then are left out.
    """
    most_rows = MOST_EXPLAINED if explained else MOST_ROWS
    stretch = next_sellers(db, start, limit, most_rows)
    with one_moment(address(db)) as read:
        seen = seen_of_all(read) if start is None else start.seen
        shown = () if explained else (confirms(question),)
        rows = _rows(read, question, stretch.conditions, seen, shown)
    evidence = None
    if explained:
        evidence = explain(*rows, question.policy, question.as_of, question.known_at)
    return Scorecards(*judged(rows, question), evidence), stretch.turned(seen)


def page_of_what_if(
    db: Engine,
    question: Question,
    proposed: Policy,
    start: Start | None,
    limit: int,
    most_rows: int = MOST_ROWS,
) -> Compared:
    """Return what `proposed` would change, of the next sellers or of the one. Blocks.

    Rows are read once, for both policies. The first page goes over all sellers, some at a
    time, for the counts; the others over theirs alone.

    Shape: `limit` as of `page_of_scorecards`; `most_rows` are looked at together.
    """
    policies = (question.policy, proposed)
    asked = replace(question, policy=max(policies, key=lambda each: each.confirmed_within))
    alone = question.seller_id is not None
    stretch = Stretch("", None) if alone else next_sellers(db, start, limit, most_rows)
    first = not stretch.beyond
    ranges = ranges_of(db, asked, most_rows) if first else [stretch.conditions]
    counts, parts = Counter[tuple[str, str]](), []
    with one_moment(address(db)) as read:
        seen = seen_of_all(read) if start is None else start.seen
        for some in ranges:
            rows = _rows(read, asked, some, seen, [confirms(asked)])
            part = what_if(*rows, policies, question.as_of, question.known_at)
            counts.update(_changes(part))
            parts.append(_of(part, stretch))
    levels, metrics = ([getattr(each, n) for each in parts] for n in ("levels", "metrics"))
    found = WhatIf(pl.concat(levels), pl.concat(metrics))
    return Compared(found, counts if first else None, stretch.turned(seen))


def next_sellers(db: Engine, start: Start | None, limit: int, most_rows: int) -> Stretch:
    """Return the next sellers: as many as asked for, or as have so many rows together.

    Blocks. One who alone has more rows is a stretch all the same. Of a page that is asked
    for again, its own.
    """
    if start is not None and start.until is not None:
        return Stretch(start.beyond, start.until or None)
    beyond = "" if start is None else start.beyond
    asked = {"beyond": beyond, "limit": limit, "most_rows": most_rows}
    with db.connect() as read:
        found = driver(read).execute(_NEXT, asked).fetchall()
    taken = [name for name, rows in found[:limit] if rows <= most_rows]
    if len(taken) == len(found):
        return Stretch(beyond, None)
    return Stretch(beyond, taken[-1] if taken else found[0][0])


def _rows(
    read: Read,
    question: Question,
    of_sellers: Sequence[sql.Composable],
    seen: SeenOfAll,
    of_listings: Sequence[sql.Composable],
) -> Part:
    """Return the rows of sellers that had come."""
    conditions = [*conditions_of(question), *of_sellers]
    placed = read_placed(read, conditions, of_listings)
    sayings, listings = (had_come(rows, seen) for rows in placed)
    return sayings.select(SAYINGS.names()), listings.select(LISTINGS.names())


def _of(found: WhatIf, stretch: Stretch) -> WhatIf:
    if stretch.last is None:
        return found
    mine = pl.col("seller_id") <= stretch.last
    return WhatIf(found.levels.filter(mine), found.metrics.filter(mine))


def _changes(found: WhatIf) -> Mapping[tuple[str, str], int]:
    """Return how many change how, by metric and of all together."""
    overall = found.levels.select(pl.lit(OVERALL).alias("metric"), "changes")
    each = pl.concat([overall, found.metrics.select("metric", "changes")])
    counts = each.group_by("metric", "changes").len()
    return {(metric, changes): n for metric, changes, n in counts.iter_rows()}
