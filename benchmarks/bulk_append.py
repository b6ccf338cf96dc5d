"""Imports: facts by ten thousands in a transaction, ours beside a bare `COPY`.

The other side copies rows that are ready, into a table with the same indexes and nothing
about it; ours checks and lays out each fact, numbers it, and puts it in the outbox too.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from time import perf_counter
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from benchmarks.facts import TRACE, stored_facts
from benchmarks.measure import Outcome, conclude, side_by_side
from benchmarks.servers import database
from contracts.registry import schema_version
from kit.database import connect, driver
from kit.eventstore import tables
from kit.eventstore.recorder import PostgresRecorder
from kit.eventstore.records import StoredFact

EVENTS: Final = 50_000
TRANSACTION: Final = 10_000
GOAL: Final = 0.4

_COPY: Final = (
    "COPY plain (append_seq, event_id, stream_id, version, type, schema_version,"
    " partition_key, data, meta, occurred_at, recorded_at) FROM STDIN (FORMAT binary)"
)
_TYPES: Final = (
    *("int8", "uuid", "text", "int4", "text", "int2", "text", "text", "text"),
    *("timestamptz", "timestamptz"),
)
_META: Final = json.dumps(TRACE)


def bulk_append() -> Outcome:
    """Return how fast ours appends in bulk, beside a bare COPY of the same rows."""
    with database() as url:
        engine = connect(url)
        with engine.begin() as db:
            tables.create(db)
            db.execute(text("CREATE TABLE plain (LIKE events INCLUDING ALL)"))
        numbers = count(1)
        try:
            return side_by_side(
                "bulk-append",
                GOAL,
                partial(_rate, engine, partial(_ours, PostgresRecorder(engine)), list),
                partial(_rate, engine, _bare, lambda facts: _rows(facts, numbers)),
            )
        finally:
            engine.dispose()


def _rate(
    engine: Engine,
    write: Callable[[Sequence[Any], Connection], object],
    prepare: Callable[[Sequence[StoredFact]], Sequence[Any]],
) -> float:
    """Return events per second, beginning with what `prepare` makes of new facts."""
    prepared = prepare(list(stored_facts(EVENTS)))
    started = perf_counter()
    for first in range(0, EVENTS, TRANSACTION):
        with engine.begin() as db:
            write(prepared[first : first + TRANSACTION], db)
    return EVENTS / (perf_counter() - started)


def _ours(recorder: PostgresRecorder, facts: Sequence[StoredFact], db: Connection) -> None:
    recorder.insert_events(facts, connection=db)


def _bare(rows: Sequence[tuple[object, ...]], db: Connection) -> None:
    with driver(db).cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for row in rows:
            copy.write_row(row)


def _rows(
    facts: Sequence[StoredFact], numbers: "count[int]"
) -> Sequence[tuple[object, ...]]:
    return [
        (
            next(numbers),
            fact.event_id,
            fact.originator_id,
            fact.originator_version,
            fact.topic,
            schema_version(fact.topic),
            fact.partition_key,
            fact.state.decode(),
            _META,
            fact.occurred_at,
            fact.recorded_at,
        )
        for fact in facts
    ]


if __name__ == "__main__":
    conclude(bulk_append)
