"""Where sellers stand: read models as they stand after the last write, and their facts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any, Final, LiteralString, NamedTuple, TypeAlias

import polars as pl
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.performance import Step
from kit.database import address, driver
from kit.readmodels.frames import one_moment
from services.performance.handlers import STREAM
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.standing.state import Standing
from services.performance.policies import SOURCES
from services.performance.projections.standing import read_standing, standings
from services.performance.queries import Told
from services.performance.queries.seen import CATALOG, read_placed, set_aside_of
from services.performance.tables import restatements

Shown: TypeAlias = dict[str, Any]

_HISTORY: Final[LiteralString] = """
SELECT version, event_id::text, type, occurred_at AS at, recorded_at, data,
    meta ->> 'actor' AS actor
FROM events WHERE stream_id = %s AND version < %s ORDER BY version DESC LIMIT %s
"""
_LATE: Final[LiteralString] = """
SELECT s.seller_id, s.version, late.count FROM standings AS s
CROSS JOIN LATERAL (
    SELECT count(*) FROM jsonb_to_recordset(s.state -> 'rungs')
        AS rung(at timestamptz, known_at timestamptz, heard jsonb)
    CROSS JOIN LATERAL (
        SELECT at, recorded_at, pos, coalesce(source, %(sources)s::jsonb ->> metric)
        FROM obligation_sayings WHERE seller_id = s.seller_id
        UNION ALL SELECT at, recorded_at, pos, coalesce(source, %(listings)s)
        FROM listing_sayings WHERE seller_id = s.seller_id
    ) AS said(at, recorded_at, pos, source)
    WHERE said.at <= rung.at AND said.recorded_at <= %(known_at)s AND (
        said.recorded_at > rung.known_at
        OR jsonb_array_length(coalesce(rung.heard, '[]')) > 0 AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset(rung.heard)
                AS one(service text, pos bigint, aside jsonb)
            WHERE one.service = said.source AND said.pos <= one.pos
            AND NOT one.aside @> to_jsonb(said.pos)
        )
    )
) AS late
LEFT JOIN restatements AS last USING (seller_id)
WHERE s.step <> 'healthy' AND late.count > 0
AND (last.version, last.late) IS DISTINCT FROM (s.version, late.count)
ORDER BY s.seller_id
"""


def standing_of(seller_id: str, db: Connection) -> Shown | None:
    """Return a seller's standing as it is read, or None if nothing was ever said of it."""
    query = select(standings).where(standings.c.seller_id == seller_id)
    found = db.execute(query).mappings().first()
    return None if found is None else dict(found)


def standings_where(
    step: Step | None, beyond: str, limit: int, db: Connection, *, waiting: bool = False
) -> Sequence[Shown]:
    """Return standings by seller, beyond one: on a step, with something to decide."""
    row = standings.c
    query = select(row.seller_id, row.step, row.level, row.boosted, row.since, row.waiting)
    query = query.where(row.seller_id > beyond)
    if step is not None:
        query = query.where(row.step == step)
    if waiting:
        query = query.where(row.waiting > 0)
    found = db.execute(query.order_by(row.seller_id).limit(limit)).mappings()
    return [dict(each) for each in found]


def history_of(seller_id: str, before: int, limit: int, db: Connection) -> Sequence[Shown]:
    """Return the last facts of a seller's standing before a version, the newest first."""
    with driver(db).cursor(row_factory=dict_row) as cursor:
        cursor.execute(_HISTORY, (f"{STREAM}{seller_id}", before, limit))
        return cursor.fetchall()


def states_of(
    db: Engine, seller_ids: Collection[str] | None = None
) -> Mapping[str, Standing]:
    """Return standings by seller: of all of whom anything was said, or of some."""
    query = select(standings.c.seller_id, standings.c.state)
    if seller_ids is not None:
        query = query.where(standings.c.seller_id == func.any([*seller_ids]))
    with db.connect() as read:
        return {name: read_standing(state) for name, state in read.execute(query)}


def sellers_with_steps(db: Engine) -> Sequence[str]:
    """Return the sellers who are not healthy."""
    row = standings.c
    query = select(row.seller_id).where(row.step != "healthy").order_by(row.seller_id)
    with db.connect() as read:
        return [*read.scalars(query)]


class LookedAt(NamedTuple):
    """What restatement looks at: a version of a standing, and how much came late for it.

    Rows are only added: as long as both are the same, nothing else can follow from them.
    """

    version: int
    late: int


def sellers_with_late_facts(db: Engine, known_at: datetime) -> Mapping[str, LookedAt]:
    """Return the sellers whose steps stand on what was not all that there was to know.

    That is: something was true when a step was taken that had not come then, or was
    recorded since, and is known by `known_at`. Sellers of whom all of it was looked at
    before, as `looked_at` noted, are left out.
    """
    asked = {"known_at": known_at, "sources": Jsonb(SOURCES), "listings": CATALOG}
    with db.connect() as read:
        found = driver(read).execute(_LATE, asked)
        return {name: LookedAt(version, late) for name, version, late in found}


def looked_at(sellers: Mapping[str, LookedAt], db: Engine) -> None:
    """Note that restatement looked at all that came late of `sellers`.

    Safe to repeat: Yes.
    """
    if not sellers:
        return
    add = insert(restatements)
    new = {name: add.excluded[name] for name in LookedAt._fields}
    rows = [{"seller_id": name, **each._asdict()} for name, each in sellers.items()]
    with db.begin() as write:
        write.execute(
            add.on_conflict_do_update(index_elements=["seller_id"], set_=new), rows
        )


class RowsOfSellers(NamedTuple):
    """What was said of some sellers, as it was at one moment.

    Shape: as SAYINGS and as LISTINGS, with `source` and `pos`; `aside` [seller_id, source,
        pos] are facts that had come and could not be applied.
    """

    sayings: pl.DataFrame
    listings: pl.DataFrame
    aside: pl.DataFrame

    @property
    def said(self) -> Told:
        """What was said, without its places: as scorecards are made of."""
        return self.sayings.select(SAYINGS.names()), self.listings.select(LISTINGS.names())

    def of(self, names: Sequence[str]) -> "RowsOfSellers":
        """Return what is of some of them."""
        theirs = pl.col("seller_id").is_in(names)
        return RowsOfSellers(*(each.filter(theirs) for each in self))


def rows_of_sellers(
    db: Engine, seller_ids: Sequence[str], known_at: datetime | None
) -> RowsOfSellers:
    """Return what was said of some sellers by `known_at`: of obligations, of listings."""
    # The bounds say what statistics may not know yet: that they lie side by side.
    some = "seller_id = ANY({}::text[]) AND seller_id BETWEEN {} AND {}"
    bounds = min(seller_ids), max(seller_ids)
    conditions: list[sql.Composable] = [sql.SQL(some).format([*seller_ids], *bounds)]
    if known_at is not None:
        conditions.append(sql.SQL("recorded_at <= {}").format(known_at))
    with one_moment(address(db)) as read:
        return RowsOfSellers(*read_placed(read, conditions), set_aside_of(read, seller_ids))


def next_review(at: datetime) -> datetime:
    """Return when all sellers are reviewed next after `at`: at the next midnight."""
    return datetime.combine(at.date() + timedelta(days=1), time(), UTC)


def in_batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield `names` in their order, so many at a time."""
    rest = iter(names)
    while batch := [*islice(rest, size)]:
        yield batch
