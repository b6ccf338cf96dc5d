"""History as Kafka has it: put in order again, each fact once, from where one asks."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
import typer
from hypothesis import given, strategies as st

from market.commands.history import (
    NoSuchFactError,
    find,
    parse_since,
    parse_topic,
    show,
    show_one,
)
from market.history.merging import TopicMerge, take_in_order, waited_for
from market.history.published import HEADING, ID_HEADING, Published
from market.history.reading import Since, UnreadableError, read_history
from market.output import Format
from tests.kit.consumers.kafka import relay
from tests.samples import PLACED, received

RECORDED = datetime(2026, 3, 6, 18, tzinfo=UTC)
ORDERS = "orders.v1"


def published(
    pos: int, partition: int = 0, topic: str = ORDERS, minutes: int = 0
) -> Published:
    moment = RECORDED + timedelta(minutes=minutes)
    envelope = received(PLACED, pos).envelope.model_copy(update={"recordedtime": moment})
    return Published(topic, partition, envelope, b'{"seller_id":"s-1"}')


def positions(facts: Iterable[Published]) -> list[int]:
    return [fact.pos for fact in facts]


def given_to(merge: TopicMerge, *facts: Published) -> dict[str, TopicMerge]:
    for fact in facts:
        merge.give(fact)
    return {ORDERS: merge}


def test_partitions_are_put_in_the_order_of_positions() -> None:
    merge = TopicMerge([0, 1])
    topics = given_to(
        merge, published(1), published(4), published(2, partition=1), published(3, 1)
    )
    merge.close(0)
    merge.close(1)
    assert positions(take_in_order(topics)) == [1, 2, 3, 4]
    assert merge.ended


def test_a_fact_is_held_back_while_an_earlier_one_may_come() -> None:
    merge = TopicMerge([0, 1])
    topics = given_to(merge, published(2))
    assert positions(take_in_order(topics)) == []
    assert waited_for(topics) == [(ORDERS, 1)]
    merge.give(published(1, partition=1))
    assert positions(take_in_order(topics)) == [1, 2]


def test_a_fact_that_follows_the_last_one_waits_for_no_partition() -> None:
    topics = given_to(TopicMerge([0, 1, 2]), published(1), published(2))
    assert positions(take_in_order(topics)) == [1, 2]


def test_nothing_is_held_back_for_a_partition_that_is_quiet() -> None:
    topics = given_to(TopicMerge([0, 1]), published(7))
    assert positions(take_in_order(topics, quiet=waited_for(topics))) == [7]


def test_what_a_producer_sent_twice_is_shown_once() -> None:
    topics = given_to(TopicMerge([0]), *(published(pos) for pos in (1, 2, 1, 2, 3)))
    assert positions(take_in_order(topics)) == [1, 2, 3]


def test_topics_are_merged_as_their_facts_were_recorded() -> None:
    orders, catalog = TopicMerge([0]), TopicMerge([0])
    given_to(orders, published(1, minutes=2), published(2, minutes=4))
    given_to(catalog, published(1, topic="catalog.v1", minutes=3))
    orders.close(0)
    catalog.close(0)
    found = take_in_order({ORDERS: orders, "catalog.v1": catalog})
    assert [(fact.topic, fact.pos) for fact in found] == [
        (ORDERS, 1),
        ("catalog.v1", 1),
        (ORDERS, 2),
    ]


@given(st.lists(st.integers(0, 3), max_size=40), st.data())
def test_however_partitions_come_the_order_is_that_of_positions(
    homes: list[int], chance: st.DataObject
) -> None:
    queues: dict[int, list[Published]] = {number: [] for number in range(4)}
    for pos, home in enumerate(homes, 1):
        queues[home].append(published(pos, home))
    merge = TopicMerge(queues)
    taken: list[int] = []
    while queues:
        number = chance.draw(st.sampled_from(sorted(queues)))
        topics = given_to(merge, *queues[number][:3])
        queues[number] = queues[number][3:]
        if not queues[number]:
            merge.close(number)
            del queues[number]
        taken += positions(take_in_order(topics))
    assert merge.ended
    assert taken == list(range(1, len(homes) + 1))


class Kafka:
    """Facts written to one topic as a relay writes them: in transactions."""

    def __init__(self, bootstrap_servers: str, topic: str) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.topic = topic
        self.told: list[str] = []

    def write(self, facts: Sequence[Published], *, commit: bool = True) -> None:
        asyncio.run(self._write(facts, commit=commit))

    async def _write(self, facts: Sequence[Published], *, commit: bool) -> None:
        async with relay(self.bootstrap_servers) as producer:
            await producer.begin_transaction()
            for fact in facts:
                headers = fact.envelope.headers().items()
                await producer.send(
                    self.topic,
                    fact.value,
                    partition=fact.partition,
                    headers=[(name, value.encode()) for name, value in headers],
                    timestamp_ms=int(fact.envelope.recordedtime.timestamp() * 1000),
                )
            if commit:
                await producer.commit_transaction()
            else:
                await producer.abort_transaction()

    def history(self, since: Since | None = None) -> list[int]:
        found = read_history(
            self.bootstrap_servers, [self.topic], self.told.append, since or Since()
        )
        return positions(found)


@pytest.fixture
def topic(kafka: str, new_topic: str) -> Kafka:
    return Kafka(kafka, new_topic)


def spread(first: int, last: int) -> list[Published]:
    """Facts of these positions over three partitions of four, one recorded a minute."""
    return [published(pos, pos % 3, minutes=pos) for pos in range(first, last + 1)]


def test_history_is_read_in_the_order_of_positions_from_all_partitions(
    topic: Kafka,
) -> None:
    topic.write(spread(1, 30))
    assert topic.history() == list(range(1, 31))


def test_what_was_rolled_back_or_sent_again_is_not_in_the_history(topic: Kafka) -> None:
    topic.write(spread(1, 9))
    topic.write([published(90, minutes=90)], commit=False)
    topic.write(spread(7, 12))
    assert topic.history() == list(range(1, 13))


def test_history_begins_at_a_position(topic: Kafka) -> None:
    topic.write(spread(1, 12))
    assert topic.history(Since(pos=10)) == [10, 11, 12]


def test_history_begins_with_what_was_recorded_at_a_moment(topic: Kafka) -> None:
    topic.write(spread(1, 12))
    moment = RECORDED + timedelta(minutes=8)
    assert topic.history(Since(recorded_at=moment)) == [8, 9, 10, 11, 12]
    later = moment + timedelta(microseconds=1)
    assert topic.history(Since(recorded_at=later)) == [9, 10, 11, 12]


def test_an_empty_topic_has_no_history(topic: Kafka) -> None:
    assert topic.history() == []


def test_following_goes_on_with_what_is_published_later(topic: Kafka) -> None:
    topic.write(spread(1, 6))
    found = read_history(
        topic.bootstrap_servers, [topic.topic], topic.told.append, follow=True
    )
    assert positions(islice(found, 6)) == [1, 2, 3, 4, 5, 6]
    topic.write(spread(5, 9))
    assert positions(islice(found, 3)) == [7, 8, 9]
    found.close()


def test_following_is_not_held_up_by_a_hole(topic: Kafka) -> None:
    found = read_history(
        topic.bootstrap_servers, [topic.topic], topic.told.append, follow=True
    )
    topic.write([published(3)])
    assert positions(islice(found, 1)) == [3]
    found.close()


def test_bytes_that_are_no_fact_are_left_out_and_named(topic: Kafka) -> None:
    [fact] = spread(1, 1)
    stranger = published(2)
    nameless = stranger.envelope.model_copy(update={"subject": "\0"})
    topic.write([fact, Published(ORDERS, 0, nameless, b"?")])
    assert topic.history() == [1]
    assert f"{topic.topic}, partition 0, offset 0" in topic.told[0]


def test_a_topic_that_the_broker_lacks_is_named(kafka: str) -> None:
    with pytest.raises(UnreadableError, match=r"no topic nowhere\.v1"):
        list(read_history(kafka, ["nowhere.v1"], print))


def test_a_fact_is_one_json_object_with_its_own_data(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show([published(7)], Format.NDJSON)
    assert json.loads(capsys.readouterr().out) == {
        "topic": ORDERS,
        "pos": 7,
        "type": "orders.order-placed.v1",
        "stream": "order-o-1",
        "version": 7,
        "seller_id": "s-1",
        "time": "2026-03-06T18:00:00Z",
        "recorded_at": "2026-03-06T18:00:00Z",
        "id": "00000000-0000-0000-0000-000000000007",
        "data": {"seller_id": "s-1"},
    }


def test_for_people_a_fact_is_one_line_that_commands_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    envelope = published(7).envelope
    data = {"seller_id": "s-1", "title": "a\x1b[2Jb\nc", "lines": [1, 2], "note": None}
    show([Published(ORDERS, 0, envelope, json.dumps(data).encode())], Format.TABLE)
    _, line = capsys.readouterr().out.splitlines()
    begin = f"      7  {envelope.id}  2026-03-06 18:00:00  orders.order-placed.v1  "
    assert line.startswith(begin)
    assert line.endswith("order-o-1 v7  title=a\ufffd[2Jb\ufffdc lines=2")


def test_on_a_wide_screen_a_line_has_the_id_of_its_fact() -> None:
    line, with_id = published(7).line(), published(7).line(with_id=True)

    assert with_id == f"{line[:7]}  {published(7).envelope.id}{line[7:]}"
    assert ID_HEADING.index("happened") - HEADING.index("happened") == 38


def test_a_fact_is_found_by_its_id_and_says_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fact = find(published(7).envelope.id, [published(6), published(7), published(8)])
    show_one(fact, Format.TABLE)

    assert capsys.readouterr().out.splitlines() == [
        "topic        orders.v1",
        "pos          7",
        "type         orders.order-placed.v1",
        "stream       order-o-1",
        "version      7",
        "seller_id    s-1",
        "time         2026-03-06T18:00:00Z",
        "recorded_at  2026-03-06T18:00:00Z",
        "id           00000000-0000-0000-0000-000000000007",
        '  seller_id              "s-1"',
    ]


def test_a_fact_says_who_asked_for_it_where_that_is_known() -> None:
    fact = published(7)
    asked = replace(fact, envelope=fact.envelope.model_copy(update={"actor": "buyer:b-1"}))

    assert "actor        buyer:b-1" in asked.lines()
    assert "actor" not in fact.row()


def test_an_id_that_no_fact_has_is_named() -> None:
    with pytest.raises(NoSuchFactError, match=str(published(9).envelope.id)):
        find(published(9).envelope.id, [published(6)])


def test_a_value_that_is_no_json_is_left_out_and_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show([Published(ORDERS, 0, published(7).envelope, b"\xff")], Format.NDJSON)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "orders.v1, position 7" in printed.err


def test_from_takes_a_position_or_a_time() -> None:
    assert parse_since("120") == Since(pos=120)
    assert parse_since("2026-03-06T19:00:00+01:00") == Since(recorded_at=RECORDED)


@pytest.mark.parametrize(
    "text", ["0", "-1", "yesterday", "2026-03-06T18:00:00", "2026-03-06", "1.5", ""]
)
def test_from_refuses_what_is_neither_and_says_how_to_write_it(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"2018-03-01T00:00:00Z|begin at 1"):
        parse_since(text)


def test_an_unknown_topic_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        typer.BadParameter,
        match=r"take orders\.v1, catalog\.v1, billing\.v1, buyers\.v1 or perf",
    ):
        parse_topic("orders")
