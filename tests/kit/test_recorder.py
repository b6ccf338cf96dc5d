from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError
from eventsourcing.utils import clear_topic_cache
from hypothesis import given, settings, strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, event

from contracts.fact import Fact
from contracts.topics import MAX_EVENT_BYTES
from kit.database import connect, driver
from kit.eventstore import tables
from kit.eventstore.history import History
from kit.eventstore.recorder import PostgresRecorder
from kit.eventstore.records import FactTooLarge
from kit.eventstore.requests import Answer, AnyRequest
from kit.eventstore.streams import PostgresStreams, StoreUnavailable, Streams, transact
from kit.relay.outbox import Outbox
from services.orders.commands import CancelOrder
from tests.infrastructure import drop_database, new_database
from tests.kit.stored import a_fact, facts_of, of_size
from tests.kit.test_streams import ACCEPT, PLACE, REJECT, TOO_LARGE, asked, streams_on
from tests.samples import FRIDAY

TABLES = ("events", "events_pending", "answered_requests")
CANCEL = CancelOrder(order_id="o-1", by="seller", reason="out_of_stock", at=FRIDAY)


@pytest.fixture
def recorder(engine: Engine) -> PostgresRecorder:
    return PostgresRecorder(engine)


@pytest.fixture
def streams(engine: Engine) -> PostgresStreams:
    return streams_on(History(engine))


def rows(engine: Engine) -> dict[str, int]:
    """How much each table of the history holds."""
    with engine.connect() as db:
        return {name: driver(db).execute(f"SELECT FROM {name}").rowcount for name in TABLES}


class TestAppending:
    @pytest.mark.parametrize("many", [1, 2, 63, 64, 65, 300])
    def test_few_and_many_facts_are_kept_alike(
        self, recorder: PostgresRecorder, many: int
    ) -> None:
        facts = facts_of("order-1", many)

        numbers = recorder.insert_events(facts)

        assert recorder.select_events("order-1") == facts
        assert list(numbers) == sorted({*numbers})
        assert len(numbers) == many

    def test_nothing_appended_is_nothing_done(self, recorder: PostgresRecorder) -> None:
        assert recorder.insert_events([]) == []

    @pytest.mark.parametrize("many", [1, 100])
    def test_who_comes_second_to_a_version_records_nothing(
        self, engine: Engine, recorder: PostgresRecorder, many: int
    ) -> None:
        recorder.insert_events([a_fact("order-1", many)])
        before = rows(engine)

        with pytest.raises(IntegrityError, match="stream_id, version"):
            recorder.insert_events(facts_of("order-1", many))

        assert rows(engine) == before

    def test_a_transaction_that_is_given_decides(
        self, engine: Engine, recorder: PostgresRecorder
    ) -> None:
        with engine.connect() as db:
            recorder.insert_events(facts_of("order-1", 100), connection=db)
            db.rollback()

        assert set(rows(engine).values()) == {0}


class TestReading:
    @pytest.fixture(autouse=True)
    def some(self, recorder: PostgresRecorder) -> None:
        recorder.insert_events([*facts_of("order-1", 5), *facts_of("order-2", 2)])

    @pytest.mark.parametrize(
        ("asked", "versions"),
        [
            ({}, [1, 2, 3, 4, 5]),
            ({"gt": 2}, [3, 4, 5]),
            ({"lte": 2}, [1, 2]),
            ({"gt": 1, "lte": 4, "desc": True, "limit": 2}, [4, 3]),
        ],
    )
    def test_a_stream_is_read_in_part_and_from_either_end(
        self, recorder: PostgresRecorder, asked: dict[str, Any], versions: list[int]
    ) -> None:
        found = recorder.select_events("order-1", **asked)

        assert [stored.originator_version for stored in found] == versions

    def test_the_history_is_read_by_position(
        self, engine: Engine, recorder: PostgresRecorder
    ) -> None:
        assert recorder.max_notification_id() is None
        Outbox(engine, epoch=0).sequence(100)

        found = recorder.select_notifications(5, 2)

        assert [(n.id, n.originator_id) for n in found] == [(5, "order-1"), (6, "order-2")]
        assert recorder.max_notification_id() == 7

    def test_facts_are_not_awaited_here(self, recorder: PostgresRecorder) -> None:
        with pytest.raises(NotImplementedError, match="topic"):
            recorder.subscribe()


class TestTooLarge:
    @pytest.mark.parametrize("beside", [0, 100])
    def test_a_fact_that_no_topic_takes_is_refused_with_all_beside_it(
        self, engine: Engine, recorder: PostgresRecorder, beside: int
    ) -> None:
        large = of_size(a_fact("order-large"), MAX_EVENT_BYTES + 1)

        with pytest.raises(FactTooLarge, match=r"note: .* order-large has 1000001 bytes"):
            recorder.insert_events([*facts_of("order-1", beside), large])

        assert set(rows(engine).values()) == {0}

    def test_the_largest_that_a_topic_takes_is_kept(
        self, recorder: PostgresRecorder
    ) -> None:
        largest = of_size(a_fact(), MAX_EVENT_BYTES)

        recorder.insert_events([largest])

        assert recorder.select_events("order-1") == [largest]

    def test_a_command_that_would_make_one_leaves_nothing_behind(
        self, engine: Engine, streams: PostgresStreams
    ) -> None:
        with pytest.raises(FactTooLarge):
            transact(streams, asked(TOO_LARGE, key="k-1"))

        assert set(rows(engine).values()) == {0}


@dataclass(eq=False)
class LostCommit:
    """Cuts the connection at the next commit: before it or, unheard of, just after."""

    after: bool
    times: int = 1
    cut: int = field(default=0, init=False)

    def __call__(self, db: Connection) -> None:
        if self.cut < self.times:
            self.cut += 1
            if self.after:
                driver(db).commit()
            driver(db).close()


class TestUnknownOutcome:
    @pytest.mark.parametrize("key", [None, "k-1"])
    @pytest.mark.parametrize("after", [False, True])
    def test_a_commit_that_nobody_heard_of_is_looked_up_and_done_once(
        self, engine: Engine, streams: PostgresStreams, key: str | None, *, after: bool
    ) -> None:
        lost = LostCommit(after)
        event.listen(engine, "commit", lost)

        answer = transact(streams, asked(PLACE, key=key))

        assert lost.cut == 1
        assert answer == Answer(1, 1)
        assert (rows(engine)["events"], rows(engine)["events_pending"]) == (1, 1)

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize(("command", "refused"), [(PLACE, False), (REJECT, True)])
    def test_an_answer_without_a_fact_is_kept_whatever_became_of_its_commit(
        self,
        engine: Engine,
        streams: PostgresStreams,
        command: object,
        *,
        refused: bool,
        after: bool,
    ) -> None:
        streams.submit([asked(PLACE), asked(ACCEPT)])
        lost = LostCommit(after)
        event.listen(engine, "commit", lost)

        request = replace(asked(command, key="k-1"), keep_refusal=refused)
        (answer,) = streams.submit([request])

        assert (lost.cut, answer.version, answer.recorded) == (1, 2, 0)
        assert (answer.refused is not None) is refused
        assert rows(engine)["answered_requests"] == 1

    def test_a_database_that_stays_away_is_said_to_be_away(
        self, engine: Engine, streams: PostgresStreams
    ) -> None:
        event.listen(engine, "commit", LostCommit(after=False, times=1_000))

        with pytest.raises(StoreUnavailable):
            transact(replace(streams, patience_s=0.2), asked(PLACE))

        assert set(rows(engine).values()) == {0}


@dataclass(frozen=True)
class Store:
    """Streams, and all that their history holds of one of them."""

    streams: Streams
    history: History

    def facts(self, stream: str) -> Sequence[tuple[int, Fact]]:
        with self.history.engine.connect() as db:
            found = self.history.facts_of({stream: 0}, db).get(stream, ())
        return [(recorded.version, recorded.fact) for recorded in found]


@pytest.fixture(scope="module")
def stores(postgres_url: str) -> Iterator[tuple[Store, Store]]:
    """Ours, and the library's own recorder, in one database."""
    clear_topic_cache()
    url = new_database(postgres_url)
    engine = connect(url)
    with engine.begin() as db:
        tables.create(db)
    ours, library = History(engine), History(engine, library_settings(url))
    yield Store(streams_on(ours), ours), Store(streams_on(library), library)
    ours.close()
    library.close()
    engine.dispose()
    drop_database(postgres_url, url)


def library_settings(url: str) -> dict[str, str]:
    at = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(at["dbname"]),
        "POSTGRES_HOST": str(at["host"]),
        "POSTGRES_PORT": str(at.get("port", 5432)),
        "POSTGRES_USER": str(at["user"]),
        "POSTGRES_PASSWORD": str(at.get("password", "")),
        "ORIGINATOR_ID_TYPE": "text",
    }


ORDERS = ("o-1", "o-2", "o-3")
commands = st.tuples(
    st.sampled_from([PLACE, ACCEPT, REJECT, CANCEL]), st.sampled_from(ORDERS)
)
numbers = count(1)


@given(batches=st.lists(st.lists(commands, min_size=1, max_size=8), max_size=6))
@settings(deadline=None, max_examples=60)
def test_the_same_commands_make_the_same_streams_as_with_the_librarys_recorder(
    stores: tuple[Store, Store], batches: list[list[tuple[object, str]]]
) -> None:
    run = next(numbers)
    asked_of: Callable[[object, str], AnyRequest] = lambda command, order: asked(  # noqa: E731
        command, order=f"{run}/{order}"
    )
    seen = []
    for store in stores:
        answers = [
            [
                (answer.version, answer.recorded, type(answer.refused))
                for answer in store.streams.submit([asked_of(c, o) for c, o in batch])
            ]
            for batch in batches
        ]
        facts = [store.facts(f"order-{run}/{order}") for order in ORDERS]
        seen.append((answers, facts))

    assert seen[0] == seen[1]
