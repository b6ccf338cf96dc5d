import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from time import monotonic

import pytest
from aiokafka.errors import KafkaTimeoutError
from sqlalchemy import Engine

from contracts.envelope import Envelope
from contracts.topics import MAX_EVENT_BYTES
from kit.eventstore.recorder import PostgresRecorder
from kit.eventstore.records import StoredFact
from kit.relay import relay
from kit.relay.leadership import Leadership
from kit.relay.outbox import Outgoing, log_state
from kit.relay.publisher import Publisher
from kit.relay.relay import Relay
from tests.kit.relay.readers import Seen, read_all, running, until, write_plainly
from tests.kit.stored import a_fact, facts_of, of_size

STREAMS = [f"order-{n}" for n in range(8)]


def envelope(seen: Seen) -> Envelope:
    return Envelope.read(seen.headers)


def published(engine: Engine, count: int) -> bool:
    state = log_state(engine)
    return state.published == state.head == count and not state.pending


def write_stream(recorder: PostgresRecorder, stream: str) -> list[StoredFact]:
    """Append to `stream` one by one and, twice, a hundred at a time."""
    facts: list[StoredFact] = []
    for count in (1, 1, 100, 1, 100, 1):
        more = facts_of(stream, count, after=len(facts))
        recorder.insert_events(more)
        facts += more
    return facts


async def write_all(recorder: PostgresRecorder) -> list[StoredFact]:
    """Write to all streams at once; return what was kept."""
    writing = (asyncio.to_thread(write_stream, recorder, stream) for stream in STREAMS)
    return [fact for facts in await asyncio.gather(*writing) for fact in facts]


async def test_any_client_sees_every_fact_once_whole_and_in_the_order_of_its_stream(
    engine: Engine, recorder: PostgresRecorder, kafka: str, new_topic: str
) -> None:
    async with running(Relay(engine, Publisher(kafka, new_topic, "orders"), batch=50)):
        facts = await write_all(recorder)
        await until(lambda: published(engine, len(facts)))

    seen = read_all(kafka, new_topic)

    stored = {str(fact.event_id): fact for fact in facts}
    positions = sorted(envelope(one).pos for one in seen)
    assert positions == list(range(1, len(facts) + 1))
    versions = defaultdict(list)
    for one in seen:
        said, fact = envelope(one), stored.pop(str(envelope(one).id))
        assert one.value == fact.state
        assert one.key == fact.partition_key.encode() == said.partitionkey.encode()
        assert (said.type, said.source) == (fact.topic, "orders")
        assert (said.time, said.recordedtime) == (fact.occurred_at, fact.recorded_at)
        assert dict(one.headers)["traceparent"].decode() == fact.meta["traceparent"]
        versions[said.subject].append(said.sequence)
    assert stored == {}
    assert versions == {stream: list(range(1, 205)) for stream in STREAMS}
    assert all(later > earlier for earlier, later in in_partitions(seen))


def in_partitions(seen: Sequence[Seen]) -> list[tuple[int, int]]:
    """The positions of neighbours in a partition."""
    by_partition = defaultdict(list)
    for one in seen:
        by_partition[one.partition].append(envelope(one).pos)
    assert len(by_partition) > 1
    return [pair for found in by_partition.values() for pair in pairwise(found)]


async def test_who_asked_follows_all_that_every_fact_says(
    engine: Engine, recorder: PostgresRecorder, kafka: str, new_topic: str
) -> None:
    alone, asked = a_fact("order-1"), a_fact("order-2")
    recorder.insert_events([alone, replace(asked, meta={"actor": "seller:s-1"})])
    async with running(Relay(engine, Publisher(kafka, new_topic, "orders"))):
        await until(lambda: published(engine, 2))

    said = {envelope(one).subject: one for one in read_all(kafka, new_topic)}

    first, second = (
        [name for name, _ in said[subject].headers] for subject in ("order-1", "order-2")
    )
    assert second == [*first[: first.index("content-type") + 1], "ce_actor"]
    actors = {subject: envelope(one).actor for subject, one in said.items()}
    assert actors == {"order-1": None, "order-2": "seller:s-1"}


async def test_a_seller_is_found_where_other_clients_would_put_it(
    engine: Engine, recorder: PostgresRecorder, kafka: str, new_topic: str
) -> None:
    sellers = [*(f"s-{n}" for n in range(20)), "s-müller", "s-☃"]
    recorder.insert_events([a_fact(f"order-{s}", seller=s) for s in sellers])
    async with running(Relay(engine, Publisher(kafka, new_topic, "orders"))):
        await until(lambda: published(engine, len(sellers)))
    put = {one.key: one.partition for one in read_all(kafka, new_topic)}

    write_plainly(kafka, new_topic, list(put))

    again = [(one.key, one.partition) for one in read_all(kafka, new_topic)]
    assert len(again) == 2 * len(sellers)
    assert {*again} == {*put.items()}


async def test_who_stands_by_goes_on_where_the_leader_stopped(
    engine: Engine, recorder: PostgresRecorder, kafka: str, new_topic: str
) -> None:
    first, second = (
        Relay(engine, Publisher(kafka, new_topic, "orders"), standby_s=0.05)
        for _ in range(2)
    )
    async with running(second):
        async with running(first):
            recorder.insert_events(facts_of("order-1", 70))
            await until(lambda: published(engine, 70))
        recorder.insert_events(facts_of("order-1", 70, after=70))
        await until(lambda: published(engine, 140))

    versions = [envelope(one).sequence for one in read_all(kafka, new_topic)]
    assert versions == list(range(1, 141))


@dataclass(slots=True)
class Failing(Publisher):
    """Fails once, when half of a batch is on its way."""

    failed: bool = False

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        if not self.failed and len(batch) > 1:
            self.failed = True
            assert self._producer is not None
            await self._producer.begin_transaction()
            await self._producer.send_and_wait(self.topic, b"half", partition=0)
            raise KafkaTimeoutError
        await Publisher.publish(self, batch)


async def test_what_failed_half_way_is_never_seen_and_comes_again_whole(
    engine: Engine, recorder: PostgresRecorder, kafka: str, new_topic: str
) -> None:
    publisher = Failing(kafka, new_topic, "orders")
    recorder.insert_events(facts_of("order-1", 70))

    async with running(Relay(engine, publisher)):
        await until(lambda: published(engine, 70))

    versions = [envelope(one).sequence for one in read_all(kafka, new_topic)]
    assert publisher.failed
    assert versions == list(range(1, 71))
    assert log_state(engine).epoch > 1


async def test_the_largest_facts_that_are_recorded_reach_the_topic(
    engine: Engine, recorder: PostgresRecorder, kafka: str, new_topic: str
) -> None:
    facts = [of_size(fact, MAX_EVENT_BYTES) for fact in facts_of("order-1", 5)]
    recorder.insert_events(facts)

    async with running(Relay(engine, Publisher(kafka, new_topic, "orders"))):
        await until(lambda: published(engine, 5))

    assert [one.value for one in read_all(kafka, new_topic)] == [f.state for f in facts]


async def test_a_leader_with_nothing_to_do_shows_that_it_lives(
    engine: Engine, kafka: str, new_topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "PULSE_S", 0.05)
    lease_s, ends = 0.5, monotonic() + 1.5

    async with running(Relay(engine, Publisher(kafka, new_topic, "orders"), idle_s=60)):
        await until(lambda: log_state(engine).epoch == 1)
        with Leadership(engine, lease_s) as second:
            while monotonic() < ends:
                assert not await asyncio.to_thread(second.claim)

    assert log_state(engine).epoch == 1
