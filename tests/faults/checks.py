"""What must hold after any fault, seen by clients that know nothing of our code."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from contracts.topics import Topic
from kit.readmodels.foreign import verify_foreign
from kit.readmodels.own import verify_own
from market.proof import topic as topic_proof
from market.proof.store import prove_store
from tests.faults.ground import Ground


@dataclass(frozen=True)
class Stored:
    """A fact as its owner keeps it."""

    pos: int | None
    event_id: UUID
    stream_id: str
    version: int
    data: str


def stored(url: str) -> list[Stored]:
    """All facts of a history, by position; those without one come last."""
    sql = (
        "SELECT l.pos, e.event_id, e.stream_id, e.version, e.data::text FROM events e"
        " LEFT JOIN event_log l USING (append_seq) ORDER BY l.pos NULLS LAST"
    )
    with psycopg.connect(url) as db:
        return [Stored(*row) for row in db.execute(sql)]


def the_history_has_no_holes(url: str) -> list[Stored]:
    """Positions are 1, 2, 3 ...; versions are too, in every stream, in that order."""
    facts = stored(url)
    assert [fact.pos for fact in facts] == list(range(1, len(facts) + 1))
    versions_follow_each_other((fact.stream_id, fact.version) for fact in facts)
    with psycopg.connect(url) as db:
        numbered = db.execute("SELECT count(*) FROM event_log").fetchone()
        pending = db.execute("SELECT count(*) FROM events_pending").fetchone()
        state = db.execute("SELECT head, published FROM log_leader").fetchone()
    assert (numbered, pending) == ((len(facts),), (0,))
    assert state == (len(facts), len(facts))
    return facts


def versions_follow_each_other(places: Iterable[tuple[str, int]]) -> None:
    last: dict[str, int] = defaultdict(int)
    for stream_id, version in places:
        assert version == last[stream_id] + 1, stream_id
        last[stream_id] = version


def kafka_holds(facts: Sequence[Stored], bootstrap_servers: str, topic: str) -> None:
    """Who reads committed events gets every fact once, and every stream in order."""
    records = [each for each in read_committed(bootstrap_servers, topic) if event(each)]
    by_pos = {str(fact.pos): fact for fact in facts}
    assert sorted(header(each, "ce_pos") for each in records) == sorted(by_pos)
    for each in records:
        fact = by_pos[header(each, "ce_pos")]
        assert (each.value() or b"").decode() == fact.data
        assert header(each, "ce_id") == str(fact.event_id)
    streams = [(header(e, "ce_subject"), int(header(e, "ce_sequence"))) for e in records]
    versions_follow_each_other(streams)


def partitions_of(topic: str, bootstrap_servers: str) -> int:
    client = AdminClient({"bootstrap.servers": bootstrap_servers})
    return len(client.list_topics(topic, timeout=30).topics[topic].partitions)


def read_committed(bootstrap_servers: str, topic: str) -> list[Message]:
    """All committed records of `topic`, those of each partition in order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "checks",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        parts = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in parts])
        return _until_the_end(consumer, set(parts))
    finally:
        consumer.close()


def _until_the_end(consumer: Consumer, left: set[int]) -> list[Message]:
    found = []
    while left:
        message = consumer.poll(30)
        assert message is not None, f"partitions {left} do not end"
        error = message.error()
        if error is None:
            found.append(message)
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            left.discard(message.partition() or 0)
    return found


def event(message: Message) -> bool:
    return any(key == "ce_pos" for key, _ in message.headers() or [])


def header(message: Message, name: str) -> str:
    [value] = [value for key, value in message.headers() or [] if key == name]
    assert isinstance(value, bytes)
    return value.decode()


def every_acknowledged_command_took_effect_once(url: str, keys: Sequence[str]) -> None:
    """Each fact of a story is there once: no command is lost, none took effect twice."""
    with psycopg.connect(url) as db:
        answered = {key for (key,) in db.execute("SELECT key FROM answered_requests")}
        twice = "SELECT stream_id, type FROM events GROUP BY 1, 2 HAVING count(*) > 1"
        assert db.execute(twice).fetchall() == []
        facts = db.execute("SELECT count(*) FROM events").fetchone()
    assert set(keys) <= answered
    assert facts == (len(answered),)


def everything_arrived_once(facts: Sequence[Stored], url: str) -> None:
    """A consumer was given every fact once, and each stream in order."""
    came = arrived(url)
    times = Counter(event_id for *_, event_id in came)
    wrong = {fact.pos: n for fact in facts if (n := times[fact.event_id]) != 1}
    assert (wrong, len(came)) == ({}, len(facts)), "how often, by position"
    versions_follow_each_other((stream_id, version) for stream_id, version, _ in came)


def arrived(url: str) -> list[tuple[str, int, UUID]]:
    """What a consumer was given, in the order of giving: stream, version, event."""
    sql = "SELECT stream_id, version, event_id FROM live.arrivals ORDER BY place"
    with psycopg.connect(url) as db:
        return [(stream, version, id_) for stream, version, id_ in db.execute(sql)]


def every_read_model_is_the_fold_of_its_facts(ground: Ground) -> None:
    """Those of the service's own facts and those of the topic, made again beside."""
    with ThreadPoolExecutor(1) as aside:  # the comparison makes an event loop of its own
        equal = aside.submit(_comparisons, ground).result()
    assert equal == {
        "seller_orders": True,
        "obligation_sayings": True,
        "listing_sayings": True,
    }


def _comparisons(ground: Ground) -> dict[str, bool]:
    blueprint = ground.blueprint
    own = [each for model in blueprint.own for each in verify_own(ground.engine, model)]
    foreign = [
        each
        for model in blueprint.foreign
        for each in verify_foreign(ground.engine, ground.group, model, ground.kafka)
    ]
    return {each.table: each.equal for each in (*own, *foreign)}


def the_history_reached_kafka(ground: Ground) -> list[Stored]:
    """All that must hold of what `ground` recorded and published."""
    facts = the_history_has_no_holes(ground.url)
    kafka_holds(facts, ground.kafka, ground.topic)
    every_acknowledged_command_took_effect_once(ground.url, ground.acknowledged)
    the_market_proves_it(ground)
    return facts


def the_market_proves_it(ground: Ground) -> None:
    """What `market verify` proves of a store and of its topic."""
    found, published = prove_store("faults", ground.url)
    topic = Topic(ground.topic, partitions_of(ground.topic, ground.kafka))
    prove = partial(topic_proof.prove_topic, topic.name, ground.kafka, published)
    with ThreadPoolExecutor(1) as aside, pytest.MonkeyPatch.context() as patch:
        patch.setattr(topic_proof, "FACTS", [topic])
        found += aside.submit(prove).result()
    assert {finding.wrong for finding in found} == {None}, found


def the_history_reached_its_consumer(ground: Ground) -> None:
    """All that must hold of `ground` from recording to the consumer's rows."""
    facts = the_history_reached_kafka(ground)
    everything_arrived_once(facts, ground.url)
    every_read_model_is_the_fold_of_its_facts(ground)
