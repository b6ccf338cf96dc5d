"""Read models of others' facts, made again from Kafka: compared, and swapped."""

from asyncio import to_thread
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import pytest
from aiokafka import TopicPartition
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Uuid,
    select,
    text,
)

from kit.blueprint import Blueprint
from kit.consumers.columns import Batch, InColumns
from kit.consumers.ends import Ends
from kit.consumers.inbox import Inbox
from kit.consumers.parking import redrive
from kit.consumers.records import Received, Record
from kit.database import connect
from kit.process import prepare
from kit.readmodels.foreign import rebuild_foreign, verify_foreign
from kit.readmodels.frames import add_new
from kit.readmodels.models import ForeignReadModel
from kit.readmodels.topics import Stretch, read_again
from services.performance.api import router
from tests.kit.consumers.kafka import relay, write
from tests.kit.consumers.records import ARecord, metadata, record, seen
from tests.samples import ACCEPTED, PLACED

GROUP = "readers"


class Pickiness:
    """A handler that can't apply one position, until it is told that it can."""

    def __init__(self) -> None:
        self.spurned: int | None = None

    def by_row(self, batch: Sequence[Received], db: Connection) -> None:
        self._add([each.envelope.pos for each in batch], db)

    def by_column(self, batch: Batch, db: Connection) -> None:
        self._add([pos for facts in batch.values() for pos in facts.envelopes["pos"]], db)

    def _add(self, positions: Sequence[int], db: Connection) -> None:
        if self.spurned in positions:
            raise ValueError("not this one")
        rows = [{"place": pos, "stream_id": "-", "pos": 0} for pos in positions]
        db.execute(seen.insert(), rows)


@pytest.fixture
def pickiness() -> Pickiness:
    return Pickiness()


@pytest.fixture(params=["by row", "in columns", "adding only"])
def model(
    pickiness: Pickiness, new_topic: str, request: pytest.FixtureRequest
) -> ForeignReadModel:
    by_row, only_adds = request.param == "by row", request.param == "adding only"
    handler = pickiness.by_row if by_row else InColumns(pickiness.by_column)
    return ForeignReadModel("seen", metadata, handler, (new_topic,), only_adds=only_adds)


@pytest.fixture
def engine(fresh_database: str, model: ForeignReadModel) -> Iterator[Engine]:
    engine = connect(fresh_database)
    prepare(engine, Blueprint(name=GROUP, topic=None, router=router, foreign=[model]))
    yield engine
    engine.dispose()


def facts(topic: str) -> list[ARecord]:
    found = [record(PLACED, 0), record(ACCEPTED, 1), record(PLACED, 2, stream="order-o-2")]
    for each in found:
        each.topic = topic
    return found


async def consume(engine: Engine, model: ForeignReadModel, kafka: str) -> None:
    """Apply what the topic holds, as the group's consumer would."""
    (topic,) = model.topics
    inbox, asked = Inbox(engine, GROUP), Ends(kafka)
    ends = await asked.of([TopicPartition(topic, n) for n in range(4)])
    await asked.close()
    beyond: Stretch = {(at.topic, at.partition): end for at, end in ends.items()}

    def apply(run: Sequence[Sequence[Record]]) -> None:
        batch = [*chain.from_iterable(run)]
        believed = inbox.next_offset(topic, batch[0].partition)
        inbox.apply(batch, model.handler, believed, lambda _: None)

    await to_thread(read_again, kafka, {}, beyond, list, apply)


def positions(engine: Engine) -> list[int]:
    with engine.connect() as db:
        return list(db.scalars(select(seen.c.place).order_by(seen.c.place)))


async def test_a_read_model_equals_the_fold_of_what_was_applied(
    engine: Engine, model: ForeignReadModel, kafka: str
) -> None:
    async with relay(kafka) as producer:
        await write(producer, model.topics[0], facts(model.topics[0]))
    await consume(engine, model, kafka)

    (found,) = await to_thread(verify_foreign, engine, GROUP, model, kafka)

    assert (found.equal, found.live_rows) == (True, 3)


async def test_a_damaged_read_model_is_told_and_made_again(
    engine: Engine, model: ForeignReadModel, kafka: str
) -> None:
    async with relay(kafka) as producer:
        await write(producer, model.topics[0], facts(model.topics[0]))
    await consume(engine, model, kafka)
    with engine.begin() as db:
        db.execute(text("DELETE FROM live.seen WHERE place = 2"))

    (damaged,) = await to_thread(verify_foreign, engine, GROUP, model, kafka)
    await to_thread(rebuild_foreign, engine, GROUP, model, kafka)

    assert not damaged.equal
    assert positions(engine) == [1, 2, 3]


async def test_a_parked_stream_is_left_out_until_it_is_redriven(
    engine: Engine, model: ForeignReadModel, kafka: str, pickiness: Pickiness
) -> None:
    async with relay(kafka) as producer:
        await write(producer, model.topics[0], facts(model.topics[0]))
    pickiness.spurned = 1
    await consume(engine, model, kafka)

    await to_thread(rebuild_foreign, engine, GROUP, model, kafka)
    parked = positions(engine)
    pickiness.spurned = None
    redrive(engine, GROUP, model.topics[0], "order-o-1", model.handler)
    await to_thread(rebuild_foreign, engine, GROUP, model, kafka)

    assert (parked, positions(engine)) == ([3], [1, 2, 3])


@pytest.fixture
def noted(new_topic: str) -> ForeignReadModel:
    """A model that adds a row for each fact, once, with an index beside its key."""

    def note(batch: Batch, db: Connection) -> None:
        for facts in batch.values():
            add_new(notes, facts.envelopes.select("event_id", "pos"), db)

    return ForeignReadModel(
        "notes", notes.metadata, InColumns(note), (new_topic,), only_adds=True
    )


notes = Table(
    "notes",
    MetaData(),
    Column("event_id", Uuid, primary_key=True),
    Column("pos", BigInteger, nullable=False, index=True),
)
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'live' ORDER BY 1"


@pytest.mark.parametrize("times", [1, 2])
async def test_what_only_adds_has_its_keys_again_though_a_fact_stands_twice(
    fresh_database: str, noted: ForeignReadModel, kafka: str, times: int
) -> None:
    engine = connect(fresh_database)
    prepare(engine, Blueprint(name=GROUP, topic=None, router=router, foreign=[noted]))
    first = facts(noted.topics[0])
    headers = [(n, b"9" if n == "ce_pos" else value) for n, value in first[0].headers]
    again = [replace(first[0], offset=3, headers=headers)] * (times - 1)
    async with relay(kafka) as producer:
        await write(producer, noted.topics[0], [*first, *again])
    await consume(engine, noted, kafka)
    with engine.connect() as db:
        indexes = db.scalars(text(INDEXES)).all()

    (found,) = await to_thread(rebuild_foreign, engine, GROUP, noted, kafka)

    assert (found.equal, found.rebuilt_rows) == (True, 3)
    with engine.connect() as db:
        assert db.scalars(text(INDEXES)).all() == indexes
    engine.dispose()
