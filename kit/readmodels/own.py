"""Read models of the service's own facts, made again from the store."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, Engine, text

from kit.database import driver
from kit.eventstore.records import FactMapper, Recorded, StoredFact
from kit.readmodels.beside import (
    Comparison,
    alone_beside,
    compare,
    look_beside,
    make_beside,
    swap,
)
from kit.readmodels.models import OwnReadModel

_BATCH: Final = 5_000
_STORED: Final = (
    "e.stream_id, e.version, e.type, convert_to(e.data::text, 'UTF8'), e.event_id,"
    " e.partition_key, e.occurred_at, e.recorded_at, e.meta"
)


def verify_own(engine: Engine, model: OwnReadModel) -> list[Comparison]:
    """Compare a read model with the fold of all facts, as of one moment; change nothing.

    The facts and the read model are seen in one snapshot: they were written together.
    """
    snapshot = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with alone_beside(engine), snapshot as db:
        make_beside(model.tables, db)
        for batch in _all_facts(db):
            _fold(batch, model, db)
        found = compare(model.name, model.tables, db)
        db.rollback()
    return found


def rebuild_own(engine: Engine, model: OwnReadModel) -> list[Comparison]:
    """Make a read model again beside the live one, then put it in its place at once.

    Writers go on until the end, and wait while the last facts are folded and the tables
    change places. Nothing but the read model's own tables is touched.
    """
    with alone_beside(engine):
        with engine.begin() as db:
            make_beside(model.tables, db)
        seen = 0
        while facts := _numbered(engine, seen):
            with engine.begin() as db:
                look_beside(db)
                _fold([fact for _, fact in facts], model, db)
            seen = facts[-1][0]
        with engine.begin() as db:
            db.execute(text("LOCK TABLE public.events IN SHARE ROW EXCLUSIVE MODE"))
            look_beside(db)
            for batch in _facts_beyond(seen, db):
                _fold(batch, model, db)
            found = compare(model.name, model.tables, db)
            swap(model.tables, db)
    return found


def _fold(facts: Sequence[Recorded], model: OwnReadModel, db: Connection) -> None:
    for project in model.projections:
        project(facts, db)


def _all_facts(db: Connection) -> Iterator[Sequence[Recorded]]:
    sql = f"SELECT {_STORED} FROM public.events AS e ORDER BY e.append_seq"
    return _batches(sql, (), db)


def _facts_beyond(pos: int, db: Connection) -> Iterator[Sequence[Recorded]]:
    sql = (
        f"SELECT {_STORED} FROM public.events AS e"
        " LEFT JOIN public.event_log AS l USING (append_seq)"
        " WHERE l.pos IS NULL OR l.pos > %s ORDER BY e.append_seq"
    )
    return _batches(sql, (pos,), db)


def _batches(
    sql: str, values: Sequence[object], db: Connection
) -> Iterator[Sequence[Recorded]]:
    with driver(db).cursor(name="facts", binary=True) as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(_BATCH):
            yield [_recorded(row) for row in rows]


def _numbered(engine: Engine, after: int) -> list[tuple[int, Recorded]]:
    sql = (
        f"SELECT {_STORED}, l.pos FROM event_log AS l JOIN events AS e USING (append_seq)"
        " WHERE l.pos > %s ORDER BY l.pos LIMIT %s"
    )
    with engine.connect() as db:
        rows = driver(db).execute(sql, (after, _BATCH), binary=True)
        return [(row[-1], _recorded(row[:-1])) for row in rows]


_MAPPER: Final = FactMapper(None)  # type: ignore[arg-type]  # facts encode themselves


def _recorded(row: Sequence[object]) -> Recorded:
    return _MAPPER.to_domain_event(StoredFact(*row))  # type: ignore[arg-type]  # as selected
