"""The contract of `kit.eventstore.streams.Streams`: every implementation is a subclass."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

import pytest
from eventsourcing.utils import clear_topic_cache
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine
from uuid_utils.compat import uuid7

from contracts.topics import MAX_EVENT_BYTES
from kit.database import driver
from kit.eventstore.history import History, UnsafeSetting
from kit.eventstore.records import FactTooLarge, Recorded
from kit.eventstore.requests import Answer, AnyRequest, KeyReused, Request
from kit.eventstore.streams import PostgresStreams, StreamConflict, Streams, transact
from services.orders.commands import (
    AcceptOrder,
    CancelOrder,
    LineToPlace,
    PlaceOrder,
    RejectOrder,
)
from services.orders.model import ORDER
from services.orders.model.refusals import OrderIsAccepted, OrderUnknown
from tests.fakes import MemoryStreams
from tests.samples import FRIDAY

PLACE = PlaceOrder(
    order_id="o-1",
    seller_id="s-1",
    buyer_id="b-1",
    lines=(
        LineToPlace(
            line_id="l-1", product_id="p-1", title="Mug", quantity=2, unit_price_cents=2_100
        ),
    ),
    shipping_cents=0,
    currency="USD",
    payment_method="card",
    ship_to_country="US",
    ship_by=FRIDAY,
    at=FRIDAY,
)
ACCEPT = AcceptOrder(order_id="o-1", customer_id="c-1", customer_link="created", at=FRIDAY)
CANCEL = CancelOrder(order_id="o-1", by="seller", reason="out_of_stock", at=FRIDAY)
REJECT = RejectOrder(order_id="o-1", reason="out_of_stock", at=FRIDAY)


def asked(command: object, order: str = "o-1", **how: object) -> AnyRequest:
    return Request(stream_id=f"order-{order}", decider=ORDER, command=command, **how)  # type: ignore[arg-type]  # a key and a digest


TOO_LARGE = replace(PLACE, lines=(replace(PLACE.lines[0], title="x" * MAX_EVENT_BYTES),))


class StreamsContract:
    """Subclass it, and let a fixture `streams` give the implementation, empty."""

    def test_a_stream_counts_its_facts(self, streams: Streams) -> None:
        versions = [transact(streams, asked(c)).version for c in (PLACE, ACCEPT)]

        assert versions == [1, 2]

    def test_a_refusal_records_nothing(self, streams: Streams) -> None:
        streams.submit([asked(PLACE), asked(ACCEPT)])

        with pytest.raises(OrderIsAccepted):
            transact(streams, asked(REJECT))

        assert transact(streams, asked(ACCEPT)) == Answer(2, 0)

    def test_streams_know_nothing_of_each_other(self, streams: Streams) -> None:
        transact(streams, asked(PLACE))

        other = asked(replace(PLACE, order_id="o-2"), order="o-2")

        assert transact(streams, other) == Answer(1, 1)

    def test_of_many_writers_at_once_one_is_first(self, streams: Streams) -> None:
        def write(_: int) -> int | None:
            try:
                return transact(streams, asked(PLACE)).recorded
            except StreamConflict:
                return None

        with ThreadPoolExecutor(8) as pool:
            recorded = [n for n in pool.map(write, range(32)) if n]

        assert recorded == [1]
        assert transact(streams, asked(ACCEPT)).version == 2

    def test_requests_of_one_batch_see_each_other(self, streams: Streams) -> None:
        answers = streams.submit([asked(PLACE), asked(ACCEPT), asked(REJECT), asked(PLACE)])

        assert [(a.version, a.recorded) for a in answers] == [
            (1, 1),
            (2, 1),
            (2, 0),
            (2, 0),
        ]
        assert isinstance(answers[2].refused, OrderIsAccepted)

    def test_a_fact_that_no_topic_takes_is_refused_and_hinders_no_other(
        self, streams: Streams
    ) -> None:
        other = replace(PLACE, order_id="o-2")

        refused, follows, recorded = streams.submit(
            [asked(TOO_LARGE), asked(ACCEPT), asked(other, order="o-2")]
        )

        assert isinstance(refused.refused, FactTooLarge)
        assert str(refused.refused).startswith("lines: orders.order-placed.v1 in order-o-1")
        assert str(MAX_EVENT_BYTES) in str(refused.refused)
        assert isinstance(follows.refused, OrderUnknown)
        assert recorded == Answer(1, 1)

    def test_a_key_is_answered_once(self, streams: Streams) -> None:
        first = transact(streams, asked(PLACE, key="k-1"))
        transact(streams, asked(ACCEPT, key="k-2"))

        again = transact(streams, asked(PLACE, key="k-1"))

        assert (again, first.repeated, again.repeated) == (first, False, True)

    def test_what_a_key_was_answered_can_be_looked_up(self, streams: Streams) -> None:
        request = asked(PLACE, key="k-1")
        before = streams.answered(request)
        answer = transact(streams, request)

        other = streams.answered(replace(request, digest=b"other"))

        assert (before, streams.answered(request)) == (None, answer)
        assert isinstance(other and other.refused, KeyReused)
        assert streams.answered(asked(PLACE)) is None

    def test_a_key_is_answered_once_within_a_batch(self, streams: Streams) -> None:
        answers = streams.submit([asked(PLACE, key="k-1"), asked(PLACE, key="k-1")])

        assert answers == [Answer(1, 1), Answer(1, 1)]
        assert [answer.repeated for answer in answers] == [False, True]

    def test_a_key_of_another_request_is_refused(self, streams: Streams) -> None:
        transact(streams, asked(PLACE, key="k-1", digest=b"a"))

        with pytest.raises(KeyReused, match="k-1"):
            transact(streams, asked(ACCEPT, key="k-1", digest=b"b"))

    def test_a_key_of_another_request_is_refused_within_a_batch_too(
        self, streams: Streams
    ) -> None:
        _, other = streams.submit(
            [asked(PLACE, key="k-1", digest=b"a"), asked(ACCEPT, key="k-1", digest=b"b")]
        )

        assert isinstance(other.refused, KeyReused)

    def test_a_refused_request_may_be_tried_again(self, streams: Streams) -> None:
        (refused,) = streams.submit([asked(ACCEPT, key="k-1")])
        transact(streams, asked(PLACE))

        assert refused.refused is not None
        assert transact(streams, asked(ACCEPT, key="k-1")).recorded == 1

    def test_a_refusal_that_is_to_be_kept_stands(self, streams: Streams) -> None:
        request = asked(REJECT, key="k-1", keep_refusal=True)
        streams.submit([asked(PLACE), asked(ACCEPT)])
        (first,) = streams.submit([request])
        transact(streams, asked(CANCEL))

        (again,) = streams.submit([request])

        assert first.refused is not None
        assert again.refused is not None
        assert (again.refused.code, str(again.refused)) == (
            "order-accepted",
            str(first.refused),
        )

    def test_what_was_not_there_yet_may_be_asked_again_all_the_same(
        self, streams: Streams
    ) -> None:
        request = asked(ACCEPT, key="k-1", keep_refusal=True)
        (too_early,) = streams.submit([request])
        transact(streams, asked(PLACE))

        assert isinstance(too_early.refused, OrderUnknown)
        assert transact(streams, request).recorded == 1


class TestMemoryStreams(StreamsContract):
    @pytest.fixture
    def streams(self) -> Streams:
        return MemoryStreams()


def streams_on(history: History) -> PostgresStreams:
    return PostgresStreams(history, [], new_id, lambda: FRIDAY)


def new_id() -> UUID:
    return uuid7()


class TestPostgresStreams(StreamsContract):
    @pytest.fixture
    def streams(self, engine: Engine) -> Streams:
        return streams_on(History(engine))

    def test_who_asked_is_kept_beside_each_fact(self, engine: Engine) -> None:
        history = History(engine)
        requests = [
            asked(PLACE, actor="buyer:b-1"),
            asked(ACCEPT, actor="seller:s-1"),
            asked(replace(PLACE, order_id="o-2"), order="o-2"),
        ]

        streams_on(history).submit(requests)

        facts = [*history.events.get("order-o-1"), *history.events.get("order-o-2")]
        said = [cast("Recorded", fact).meta.get("actor") for fact in facts]
        assert said == ["buyer:b-1", "seller:s-1", None]

    def test_what_nobody_asked_for_is_the_services_own(self, engine: Engine) -> None:
        history = History(engine)
        streams = replace(streams_on(history), actor="service:orders")

        streams.submit([asked(PLACE), asked(ACCEPT, actor="seller:s-1")])

        facts = [cast("Recorded", fact) for fact in history.events.get("order-o-1")]
        assert [fact.meta.get("actor") for fact in facts] == [
            "service:orders",
            "seller:s-1",
        ]


class TestLibraryRecorder(StreamsContract):
    """The library's own table-locking recorder: the oracle, selected by setting."""

    @pytest.fixture
    def streams(self, engine: Engine, fresh_database: str) -> Iterator[Streams]:
        clear_topic_cache()
        at = conninfo_to_dict(fresh_database)
        history = History(
            engine,
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": str(at["dbname"]),
                "POSTGRES_HOST": str(at["host"]),
                "POSTGRES_PORT": str(at.get("port", 5432)),
                "POSTGRES_USER": str(at["user"]),
                "POSTGRES_PASSWORD": str(at.get("password", "")),
                "ORIGINATOR_ID_TYPE": "text",
            },
        )
        yield streams_on(history)
        history.close()


def test_the_librarys_database_functions_are_never_enabled(engine: Engine) -> None:
    with pytest.raises(UnsafeSetting, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        History(engine, {"POSTGRES_ENABLE_DB_FUNCTIONS": "y"})


def test_what_is_stored_is_what_will_be_published(engine: Engine) -> None:
    transact(streams_on(History(engine)), asked(PLACE))

    with engine.connect() as db:
        row = (
            driver(db)
            .execute("SELECT type, data::text, partition_key FROM events")
            .fetchone()
        )

    assert row is not None
    assert row[0] == "orders.order-placed.v1"
    assert row[1].startswith(
        '{"seller_id":"s-1","order_id":"o-1","buyer_id":"b-1","lines":['
    )
    assert row[2] == "s-1"


def test_read_models_are_folded_in_the_transaction_that_appends(engine: Engine) -> None:
    seen: list[Recorded] = []
    failing: list[Callable[[], None]] = []

    def project(recorded: Sequence[Recorded], _: object) -> None:
        seen.extend(recorded)
        for fail in failing:
            fail()

    streams = replace(streams_on(History(engine)), projections=[project])
    transact(streams, asked(PLACE))
    failing.append(lambda: (_ for _ in ()).throw(ZeroDivisionError))

    with pytest.raises(ZeroDivisionError):
        transact(streams, asked(ACCEPT))

    assert [(r.stream_id, r.version) for r in seen[:1]] == [("order-o-1", 1)]
    failing.clear()
    assert transact(streams, asked(ACCEPT)) == Answer(2, 1)


def test_a_constraint_that_a_read_model_breaks_is_an_error_and_no_conflict(
    engine: Engine,
) -> None:
    folded: list[Recorded] = []

    def project(recorded: Sequence[Recorded], db: Connection) -> None:
        folded.extend(recorded)
        driver(db).execute("CREATE TEMPORARY TABLE seen (order_id text PRIMARY KEY)")
        for _ in "twice":
            driver(db).execute("INSERT INTO seen VALUES ('o-1')")

    streams = replace(streams_on(History(engine)), projections=[project])

    with pytest.raises(UniqueViolation, match="seen_pkey"):
        transact(streams, asked(PLACE))

    assert len(folded) == 1


def test_an_id_of_a_fact_that_is_taken_is_a_conflict(engine: Engine) -> None:
    ids = iter([UUID(int=1), UUID(int=1), UUID(int=2)])
    streams = replace(streams_on(History(engine)), new_id=lambda: next(ids))

    transact(streams, asked(PLACE))

    assert transact(streams, asked(ACCEPT)) == Answer(2, 1)


@pytest.mark.parametrize(
    ("digest", "told"),
    [
        pytest.param(b"a", None, id="the same"),
        pytest.param(b"b", "idempotency-key-reused", id="another"),
    ],
)
@pytest.mark.parametrize("keep_refusal", [False, True])
def test_who_is_refused_for_what_their_own_repeat_did_is_answered_as_that_was(
    engine: Engine, digest: bytes, told: str | None, *, keep_refusal: bool
) -> None:
    streams = streams_on(History(engine))
    transact(streams, asked(PLACE))
    twin = asked(REJECT, key="k-1", digest=b"a", since=1)
    mine = replace(twin, digest=digest, keep_refusal=keep_refusal)
    other = asked(replace(PLACE, order_id="o-2"), order="o-2", key="k-2")
    meanwhile = [twin]

    def now() -> datetime:
        """Tell the moment of a transaction, which has looked up its keys by then."""
        while meanwhile:
            transact(streams, meanwhile.pop())
        return FRIDAY

    answers = replace(streams, now=now).submit([mine, other, mine])

    codes = [one.refused and one.refused.code for one in answers]
    assert codes == [told, None, told]
    assert [one.repeated for one in answers] == [told is None, False, told is None]
    assert transact(streams, other).repeated


def test_of_two_who_use_one_key_at_once_the_second_gets_the_answer_of_the_first(
    engine: Engine,
) -> None:
    streams = streams_on(History(engine))
    others = [asked(replace(PLACE, order_id="o-2"), order="o-2", key="k-1")]

    def meanwhile(_: Sequence[Recorded], __: object) -> None:
        while others:
            transact(streams, others.pop())

    slower = replace(streams, projections=[meanwhile])

    answer = transact(slower, asked(PLACE, key="k-1"))

    assert (answer, answer.repeated) == (Answer(1, 1), True)
