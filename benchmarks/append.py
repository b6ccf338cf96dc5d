"""Sixteen writers at once, each command one durable event: our recorder, the library's.

Both keep the same bytes. The library's own recorder locks its table for each append, so
that its notification ids come in order of commit; ours leaves the order to the relay.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Final
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from uuid_utils.compat import uuid7

from benchmarks.facts import stored_facts
from benchmarks.measure import Outcome, conclude, say, side_by_side
from benchmarks.servers import database
from contracts.fact import Fact
from contracts.registry import decode
from kit.database import connect
from kit.domain import Decider
from kit.eventstore import tables
from kit.eventstore.history import History
from kit.eventstore.recorder import PostgresRecorder
from kit.eventstore.records import StoredFact
from kit.eventstore.requests import Request
from kit.eventstore.streams import PostgresStreams, transact

WRITERS: Final = 16
EVENTS: Final = 1_600
GOAL: Final = 2.0
_NOW: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)

_WRITE_DOWN: Final[Decider[None, Fact, Fact]] = Decider(
    initial=None, decide=lambda command, _: (command,), evolve=lambda state, _: state
)


def append() -> Outcome:
    """Return how fast ours appends, beside the library's recorder."""
    with database() as url:
        engine = connect(url, pool_size=WRITERS)
        with engine.begin() as db:
            tables.create(db)
        ours, other = PostgresRecorder(engine), _library(url)
        streams = PostgresStreams(History(engine), [], _new_id, lambda: _NOW)
        try:
            found = side_by_side(
                "append",
                GOAL,
                partial(_rate, lambda fact: ours.insert_events([fact])),
                partial(_rate, lambda fact: other.insert_events([_plain(fact)])),
            )
            whole = _rate(partial(_command, streams))
        finally:
            engine.dispose()
            other.datastore.close()
    say(f"append: whole commands, decided and answered once: {whole:,.0f}/s")
    return found


def _rate(write: Callable[[StoredFact], object]) -> float:
    """Return events per second of `WRITERS` threads that write facts of streams anew."""
    facts = list(stored_facts(EVENTS))
    each = EVENTS // WRITERS
    shares = [facts[n : n + each] for n in range(0, EVENTS, each)]

    def work(share: Sequence[StoredFact]) -> None:
        for fact in share:
            write(fact)

    with ThreadPoolExecutor(WRITERS) as pool:
        started = perf_counter()
        list(pool.map(work, shares))
        return EVENTS / (perf_counter() - started)


def _command(streams: PostgresStreams, stored: StoredFact) -> None:
    """Put the fact as a command, with an idempotency key, to the stream it is of."""
    fact = decode(stored.topic, stored.state)
    key = str(stored.event_id)
    stream_id = str(stored.originator_id)
    request = Request(stream_id=stream_id, decider=_WRITE_DOWN, command=fact, key=key)
    transact(streams, request)


def _plain(fact: StoredFact) -> StoredEvent:
    return StoredEvent(fact.originator_id, fact.originator_version, fact.topic, fact.state)


def _library(url: str) -> PostgresApplicationRecorder:
    at = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        str(at["dbname"]),
        str(at["host"]),
        str(at.get("port", 5432)),
        str(at["user"]),
        str(at.get("password", "")),
        pool_size=WRITERS,
        max_overflow=WRITERS,
        originator_id_type="text",
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="library_events")
    recorder.create_table()
    return recorder


def _new_id() -> UUID:
    return uuid7()


if __name__ == "__main__":
    conclude(append)
