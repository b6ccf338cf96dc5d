"""A replay beside the tables that the real inbox filled: of the same facts, all nine."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, Table, delete, insert, text, update

from contracts.fact import Fact
from contracts.performance import Claim
from contracts.topics import FACTS
from kit.blueprint import Blueprint
from kit.consumers.tables import consumer_positions, discarded_events, parked_events
from kit.database import connect
from kit.process import prepare
from kit.readmodels.beside import alone_beside
from kit.readmodels.topics import HistoryGone
from market.embedded.instance import Instance
from market.embedded.kafka import Kafka
from market.embedded.topics import create_topics
from market.waiting import wait_until
from services.performance.app import blueprint
from services.performance.consumers import OBLIGATIONS
from services.performance.model.metrics import NAMES
from services.performance.projections import listing_sayings, obligation_sayings
from services.performance.queries import Question
from services.performance.queries.replay import Replayed, Source, ask_replay
from tests.kit.consumers.kafka import relay, write
from tests.kit.consumers.records import ARecord
from tests.performance.arrivals import Arrivals
from tests.performance.facts import accepted, listed, placed, shipped
from tests.performance.policy_files import SHIPPED
from tests.performance.test_confirmation import came_in
from tests.performance.test_pleading import UPHELD
from tests.performance.test_what_if import month
from tests.performance.world import AS_OF, DAY
from tests.samples import ONE_OF_EACH

BLUEPRINT: Blueprint = blueprint([SHIPPED])
FIRST = AS_OF - 20 * DAY
CLAIMED = [f"s-1-{n}" for n in range(10)]


def upheld(name: str, at_days: int) -> Fact:
    """An appeal that claims that all orders of a seller were accepted in time."""
    at = AS_OF - at_days * DAY
    facts = [
        accepted(AS_OF - (n + 15) * DAY, order).model_copy(update={"seller_id": "s-1"})
        for n, order in enumerate(CLAIMED)
    ]
    claims = tuple(
        Claim(type="orders.order-accepted.v1", data=fact.model_dump(mode="json"))
        for fact in facts
    )
    said = {"appeal_id": name, "claims": claims, "decided_at": at, "seller_id": "s-1"}
    return UPHELD.model_copy(update=said)


def history() -> list[Fact]:
    """A month of some sellers, one of each fact, and what two appeals claim alike."""
    sellers = [fact for n in range(6) for fact in month(f"s-{n}", late=n + 4)]
    others = [came_in(), listed(), placed("o-7", FIRST), shipped(FIRST + DAY)]
    return [*sellers, *others, *ONE_OF_EACH, upheld("a-1", 20), upheld("a-2", 2)]


@pytest.fixture
def kafka(own_kafka: Callable[[], Instance[Kafka]]) -> str:
    address: str = own_kafka().server.address
    create_topics(address, FACTS)
    return address


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    prepare(engine, BLUEPRINT)
    yield engine
    engine.dispose()


def published(kafka: str, engine: Engine) -> list[ARecord]:
    """Publish the history; return what of it performance reads, as it was not yet read."""
    arrivals = Arrivals(engine)
    made = [arrivals.record(fact) for fact in history()]
    by_topic = defaultdict[str, list[ARecord]](list)
    for each in made:
        by_topic[each.topic].append(each)

    async def publish() -> None:
        async with relay(kafka) as producer:
            for topic, records in by_topic.items():
                await write(producer, topic, records)

    asyncio.run(publish())
    return [each for each in made if each.topic in OBLIGATIONS.topics]


def asked(
    kafka: str, engine: Engine, metric: str, known_at: datetime | None = None
) -> Replayed:
    source = Source(kafka, "performance", OBLIGATIONS.topics)
    return ask_replay(engine, source, Question(SHIPPED, AS_OF, known_at), metric)


def differing(kafka: str, engine: Engine) -> dict[str, list[str]]:
    found = {name: [*asked(kafka, engine, name).differing] for name in NAMES}
    return {name: sellers for name, sellers in found.items() if sellers}


def not_applied(engine: Engine, table: Table, record: ARecord) -> None:
    """Let `record` be one that came and was not applied."""
    says = dict(record.headers)
    row = {
        "group_name": "performance",
        "topic": record.topic,
        "partition": record.partition,
        "record_offset": record.offset,
        "stream_id": says["ce_subject"].decode(),
        "event_id": UUID(says["ce_id"].decode()),
        "type": says["ce_type"].decode(),
        "pos": int(says["ce_pos"]),
        "version": 1,
        "key": record.key,
        "headers": [],
        "timestamp_ms": 0,
        "because": "a test",
        "parked_at": AS_OF,
    }
    known = {name: value for name, value in row.items() if name in table.c}
    with engine.begin() as db:
        db.execute(insert(table), known)
        for rows in (obligation_sayings, listing_sayings):
            db.execute(delete(rows).where(rows.c.event_id == row["event_id"]))


def test_tables_that_are_right_say_what_the_topics_say_of_every_metric(
    kafka: str, engine: Engine
) -> None:
    records = published(kafka, engine)
    Arrivals(engine).take(records)
    mine = [each for each in records if each.key == b"s-1"]
    accepted_one = next(r for r in mine if b"order-accepted" in dict(r.headers)["ce_type"])
    stocked = next(r for r in mine if b"inventory-received" in dict(r.headers)["ce_type"])

    not_applied(engine, parked_events, accepted_one)
    not_applied(engine, discarded_events, stocked)

    assert differing(kafka, engine) == {}
    timely = asked(kafka, engine, "acceptance.timely", FIRST + DAY)
    late = asked(kafka, engine, "acceptance.timely")
    assert timely.differing == []
    assert len(late.ends) == 2  # with the topic of appeals
    assert len(late.ends["orders.v1"]) > 1
    counted = [name for name in NAMES if len(asked(kafka, engine, name).again)]
    assert {"acceptance.timely", "listings.complete", "shipping.tracked"} <= {*counted}


@pytest.mark.parametrize(
    ("table", "metric"),
    [(obligation_sayings, "acceptance.timely"), (listing_sayings, "listings.complete")],
)
def test_tables_that_lost_rows_are_told(
    kafka: str, engine: Engine, table: Table, metric: str
) -> None:
    Arrivals(engine).take(published(kafka, engine))
    with engine.begin() as db:
        db.execute(delete(table).where(table.c.seller_id == "s-1"))

    assert asked(kafka, engine, metric).differing == ["s-1"]


def test_a_topic_that_lost_what_was_applied_is_told(kafka: str, engine: Engine) -> None:
    Arrivals(engine).take(published(kafka, engine))
    with engine.begin() as db:
        further = consumer_positions.c.next_offset + 50
        db.execute(update(consumer_positions).values(next_offset=further))

    with pytest.raises(HistoryGone, match=r"orders.v1, partition \d: it holds offsets 0"):
        asked(kafka, engine, "acceptance.timely")


def test_while_a_read_model_is_made_again_a_replay_waits(
    kafka: str, engine: Engine
) -> None:
    Arrivals(engine).take(published(kafka, engine))
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    )

    def waits() -> bool:
        with engine.connect() as db:
            return bool(db.scalar(waiting))

    with ThreadPoolExecutor(1) as elsewhere:
        with alone_beside(engine):
            found = elsewhere.submit(asked, kafka, engine, "acceptance.timely")
            wait_until(waits, what="a replay that waits", within_s=30)

        assert found.result().differing == []
