"""What can't be applied waits with its stream, or is kept raw; all else flows on."""

import time
from collections.abc import Sequence
from typing import Final

import psycopg
import pytest
from confluent_kafka import Producer
from sqlalchemy import Connection

from contracts.envelope import Envelope
from contracts.fact import Fact, Id
from contracts.orders import OrderAccepted
from contracts.registry import CLASSES, Registry
from contracts.topics import dead_letters
from kit.consumers import triage
from kit.consumers.parking import Redriven, parked_stream, parked_streams, redrive
from kit.consumers.records import Handler, Received
from tests.faults.arrivals import arrive, write_down
from tests.faults.checks import (
    arrived,
    every_read_model_is_the_fold_of_its_facts,
    header,
    read_committed,
    the_history_reached_its_consumer,
    versions_follow_each_other,
)
from tests.faults.ground import Ground
from tests.kit.consumers.kafka import caught_up, relay, write
from tests.kit.consumers.records import ARecord, headers_of
from tests.samples import ACCEPTED, DELIVERED, PLACED, received

SECONDS: Final = 20.0
"""What the other streams may be late by, on a machine that is busy with other things."""


def choking_on(stream_id: str, version: int) -> Handler:
    """A handler that writes what it is given and can't go on at one fact."""

    def handler(batch: Sequence[Received], db: Connection) -> None:
        arrive(batch, db)
        for each in batch:
            if (each.envelope.subject, each.envelope.sequence) == (stream_id, version):
                raise ZeroDivisionError(stream_id)

    return handler


async def test_a_poison_event_parks_its_stream_alone_until_the_handler_is_mended(
    ground: Ground,
) -> None:
    poisoned = "order-o-7"
    choking = choking_on(poisoned, 2)
    ground.record(range(15))
    await ground.publish()
    async with ground.relaying(), ground.consumption(choking) as consumption:
        await caught_up(consumption)
        began = time.monotonic()
        ground.record(range(15, 25))
        await ground.published()
        await caught_up(consumption)
        late_s = time.monotonic() - began

    assert late_s < SECONDS
    assert len(arrived(ground.url)) == 25 * 4 - 3
    [stream] = parked_streams(ground.engine, ground.group)
    assert (stream.stream_id, stream.events) == (poisoned, 3)
    waiting = parked_stream(ground.engine, ground.group, ground.topic, poisoned)
    assert [event.version for event in waiting] == [2, 3, 4]
    every_read_model_is_the_fold_of_its_facts(ground)

    again = redrive(ground.engine, ground.group, ground.topic, poisoned, choking)
    mended = redrive(ground.engine, ground.group, ground.topic, poisoned, arrive)

    assert (again.applied, again.waiting) == (0, 3)
    assert mended == Redriven(applied=3, waiting=0)
    the_history_reached_its_consumer(ground)


def write_junk(ground: Ground) -> None:
    """Write what is no event, one record of it without key and value, to one partition."""
    stranger = Producer({"bootstrap.servers": ground.kafka})
    headers = {"ce_id": b"\xff"}
    stranger.produce(ground.topic, b"\xff\x00 not json", partition=1, headers=headers)
    stranger.produce(ground.topic, None, partition=1)
    stranger.flush(30)


async def test_bytes_that_are_no_event_are_kept_raw_and_counted_and_the_facts_flow(
    ground: Ground,
) -> None:
    ground.record(range(10))
    await ground.publish()
    write_junk(ground)
    ground.record(range(10, 20))

    async with ground.relaying(), ground.consumption() as consumption:
        await ground.published()
        await caught_up(consumption)

    letters = sorted(
        read_committed(ground.kafka, dead_letters(ground.topic)),
        key=lambda letter: int(header(letter, "dlt-offset")),
    )
    assert [(each.value(), header(each, "dlt-partition")) for each in letters] == [
        (b"\xff\x00 not json", "1"),
        (b"", "1"),
    ]
    assert all(header(each, "dlt-reason") for each in letters)
    with psycopg.connect(ground.url) as db:
        counted = db.execute("SELECT group_name, topic, partition FROM dead_letters")
        assert counted.fetchall() == [(ground.group, ground.topic, 1)] * 2
    the_history_reached_its_consumer(ground)


class AcceptedByName(OrderAccepted):
    """What a version of the code that is not written yet will say of an acceptance."""

    accepted_by: Id


FROM_THE_FUTURE: Final = "orders.order-accepted.v2"
UPGRADED: Final = Registry({**CLASSES, FROM_THE_FUTURE: AcceptedByName})


def published(fact: Fact, stream: str, version: int, pos: int) -> ARecord:
    """A fact as a service publishes it that is already upgraded."""
    name, data = UPGRADED.encode(fact)
    envelope = received(PLACED, pos, stream).envelope
    assert isinstance(envelope, Envelope)
    told = envelope.model_copy(update={"type": name, "sequence": version})
    return ARecord(0, data, headers_of(told))


async def test_an_event_from_the_future_waits_for_the_upgrade(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = AcceptedByName(**ACCEPTED.model_dump(), accepted_by="Ada")
    facts: list[Fact] = [PLACED, accepted, DELIVERED]
    one = [published(fact, "order-o-1", n, n) for n, fact in enumerate(facts, 1)]
    other = [published(PLACED, "order-o-2", 1, 4)]
    async with relay(ground.kafka) as upgraded, ground.consumption() as consumption:
        await write(upgraded, ground.topic, [*one, *other])
        await caught_up(consumption)

    came = [(stream, version) for stream, version, _ in arrived(ground.url)]
    assert came == [("order-o-1", 1), ("order-o-2", 1)]
    [stream] = parked_streams(ground.engine, ground.group)
    assert (stream.stream_id, stream.events) == ("order-o-1", 2)
    assert FROM_THE_FUTURE in (stream.reason or "")

    monkeypatch.setattr(triage, "decode", UPGRADED.decode)
    done = redrive(ground.engine, ground.group, ground.topic, "order-o-1", write_down)

    assert done == Redriven(applied=2, waiting=0)
    places = [(stream, version) for stream, version, _ in arrived(ground.url)]
    assert len(places) == 4
    versions_follow_each_other(places)
