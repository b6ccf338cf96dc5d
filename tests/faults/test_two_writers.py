"""Many write one stream at once: each is first once, or is told."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import psycopg
import pytest

from kit.eventstore.requests import Answer
from kit.eventstore.streams import PostgresStreams, StreamConflict, transact
from services.catalog.commands import ReceiveInventory
from services.catalog.handlers import to_request
from tests.faults.checks import stored, versions_follow_each_other
from tests.faults.ground import Ground
from tests.samples import FRIDAY

WRITERS, EACH = 12, 15


@pytest.fixture
def ground(fresh_database: str) -> Iterator[Ground]:
    ground = Ground(fresh_database, kafka="", topic="catalog.v1")
    ground.prepare()
    yield ground
    ground.engine.dispose()


def write(streams: PostgresStreams, key: str) -> Answer | None:
    """Receive a lot; None is an answer, too: others were first, three times."""
    received = ReceiveInventory(
        seller_id="s-1",
        product_id="p-1",
        lot_id=key,
        units=1,
        manufactured_on=date(2026, 1, 5),
        at=FRIDAY,
    )
    try:
        return transact(streams, replace(to_request(received), key=key))
    except StreamConflict:
        return None


def test_writers_of_one_stream_skip_no_version_and_know_what_was_recorded(
    ground: Ground,
) -> None:
    streams = ground.streams
    keys = [f"lot-{n}" for n in range(WRITERS * EACH)]

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(lambda key: write(streams, key), keys))

    told = {key: answer for key, answer in zip(keys, answers, strict=True) if answer}
    facts = sorted(stored(ground.url), key=lambda fact: fact.version)
    versions_follow_each_other((fact.stream_id, fact.version) for fact in facts)
    assert sorted(answer.version for answer in told.values()) == [f.version for f in facts]
    with psycopg.connect(ground.url) as db:
        lots = db.execute("SELECT data->>'lot_id', version FROM events").fetchall()
    assert dict(lots) == {key: answer.version for key, answer in told.items()}


def test_a_request_that_many_send_at_once_with_one_key_is_carried_out_once(
    ground: Ground,
) -> None:
    streams = ground.streams

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = Counter(pool.map(lambda _: write(streams, "lot-1"), range(WRITERS)))

    assert set(answers) <= {Answer(1, 1), None}
    assert len(stored(ground.url)) == 1
    assert write(streams, "lot-1") == Answer(1, 1)
