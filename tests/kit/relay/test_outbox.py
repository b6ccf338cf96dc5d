from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from threading import Condition

import pytest
from sqlalchemy import Engine

from kit.database import driver
from kit.eventstore.recorder import PostgresRecorder
from kit.relay.leadership import Deposed
from kit.relay.outbox import Outbox, log_state
from tests.kit.stored import a_fact, facts_of

WRITERS = 8
ROUNDS = 12


class Rounds:
    """How often the leader has come round; writers hold their commits back by it."""

    def __init__(self) -> None:
        self._done = 0
        self._changed = Condition()

    def finish_one(self) -> None:
        with self._changed:
            self._done += 1
            self._changed.notify_all()

    def outlast(self, more: int) -> None:
        with self._changed:
            last = self._done + more
            assert self._changed.wait_for(lambda: self._done >= last, timeout=60)


def write(recorder: PostgresRecorder, rounds: Rounds, writer: int) -> int:
    """Write to two streams, one fact or a hundred at a time; return how many were kept.

    Every fifth transaction is rolled back, every third waits before it commits.
    """
    kept = [0, 0]
    for number in range(ROUNDS):
        which, count = number % 2, 100 if (writer + number) % 4 == 0 else 1
        stream = f"order-{writer}{which}"
        with recorder.engine.connect() as db:
            transaction = db.begin()
            facts = facts_of(stream, count, after=kept[which])
            recorder.insert_events(facts, connection=db)
            if (writer + number) % 3 == 0:
                rounds.outlast(2)
            if (writer + number) % 5 == 0:
                transaction.rollback()
            else:
                transaction.commit()
                kept[which] += count
    return sum(kept)


def test_positions_have_no_holes_and_streams_their_order_whoever_commits_late(
    engine: Engine, recorder: PostgresRecorder, outbox: Outbox
) -> None:
    rounds = Rounds()
    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, recorder, rounds, n) for n in range(WRITERS)]
        while wait(writing, timeout=0).not_done:
            outbox.sequence(37)
            rounds.finish_one()
    kept = sum(written.result() for written in writing)
    while outbox.sequence(37):
        pass

    facts = outbox.fetch(0, kept + 1)
    assert [fact.pos for fact in facts] == list(range(1, kept + 1))
    assert len({fact.event_id for fact in facts}) == kept
    by_stream: dict[str, list[int]] = {}
    for fact in facts:
        by_stream.setdefault(fact.stream_id, []).append(fact.version)
    assert all(v == list(range(1, len(v) + 1)) for v in by_stream.values())
    assert (log_state(engine).head, log_state(engine).pending) == (kept, 0)
    assert out_of_order(engine), "nobody committed late: nothing was shown"


def out_of_order(engine: Engine) -> bool:
    """Whether an earlier append got a later position."""
    with engine.connect() as db:
        sql = "SELECT append_seq FROM event_log ORDER BY pos"
        numbers = [number for (number,) in driver(db).execute(sql)]
    return any(later < earlier for earlier, later in pairwise(numbers))


def test_who_commits_late_is_numbered_late(
    engine: Engine, recorder: PostgresRecorder, outbox: Outbox
) -> None:
    with engine.begin() as db:
        recorder.insert_events([a_fact("order-slow")], connection=db)
        recorder.insert_events([a_fact("order-quick")])
        assert outbox.sequence(10) == 1
    assert outbox.sequence(10) == 1

    streams = [(fact.pos, fact.stream_id) for fact in outbox.fetch(0, 10)]
    assert streams == [(1, "order-quick"), (2, "order-slow")]


def test_what_is_rolled_back_leaves_no_hole(
    engine: Engine, recorder: PostgresRecorder, outbox: Outbox
) -> None:
    recorder.insert_events(facts_of("order-1", 1))
    with engine.connect() as db:
        recorder.insert_events(facts_of("order-1", 100, after=1), connection=db)
        db.rollback()
    recorder.insert_events(facts_of("order-1", 1, after=1))

    assert outbox.sequence(10) == 2
    assert [(f.pos, f.version) for f in outbox.fetch(0, 10)] == [(1, 1), (2, 2)]


def test_many_facts_of_one_transaction_wait_as_one_run(
    engine: Engine, recorder: PostgresRecorder
) -> None:
    recorder.insert_events(facts_of("order-1", 500))

    with engine.connect() as db:
        runs = driver(db).execute("SELECT last_seq - first_seq + 1 FROM events_pending")
        assert runs.fetchall() == [(500,)]
    assert log_state(engine).pending == 500


@pytest.mark.parametrize(
    ("limit", "numbered"),
    [(1, 1), (2, 2), (3, 102), (102, 102), (103, 202), (202, 202), (203, 203), (999, 203)],
)
def test_a_limit_is_passed_only_to_take_a_run_whole(
    recorder: PostgresRecorder, outbox: Outbox, limit: int, numbered: int
) -> None:
    for after, count in ((0, 1), (1, 1), (2, 100), (102, 100), (202, 1)):
        recorder.insert_events(facts_of("order-1", count, after=after))

    assert outbox.sequence(limit) == numbered

    versions = [(fact.pos, fact.version) for fact in outbox.fetch(0, 999)]
    assert versions == [(n, n) for n in range(1, numbered + 1)]


def test_nothing_waits_in_an_empty_history(engine: Engine, outbox: Outbox) -> None:
    assert outbox.sequence(10) == 0
    assert outbox.fetch(0, 10) == []
    assert log_state(engine).head == 0


def test_facts_come_out_as_they_were_stored(
    recorder: PostgresRecorder, outbox: Outbox
) -> None:
    stored = a_fact()
    recorder.insert_events([stored])
    outbox.sequence(10)

    [out] = outbox.fetch(0, 10)

    assert (out.data, out.event_id, out.type) == (
        stored.state,
        stored.event_id,
        stored.topic,
    )
    assert (out.stream_id, out.version) == (stored.originator_id, 1)
    assert (out.partition_key, out.meta) == (stored.partition_key, stored.meta)
    assert (out.occurred_at, out.recorded_at) == (stored.occurred_at, stored.recorded_at)


def test_facts_are_fetched_page_by_page(recorder: PostgresRecorder, outbox: Outbox) -> None:
    recorder.insert_events(facts_of("order-1", 7))
    outbox.sequence(10)

    def pages() -> Iterator[list[int]]:
        after = 0
        while page := [fact.pos for fact in outbox.fetch(after, 3)]:
            yield page
            after = page[-1]

    assert list(pages()) == [[1, 2, 3], [4, 5, 6], [7]]


@pytest.mark.parametrize(
    "move",
    [
        pytest.param(lambda outbox: outbox.advance(1, 3), id="from where it is not"),
        pytest.param(lambda outbox: outbox.advance(2, 4), id="past the head"),
    ],
)
def test_the_cursor_is_moved_only_from_where_it_is_and_not_past_the_head(
    engine: Engine,
    recorder: PostgresRecorder,
    outbox: Outbox,
    move: Callable[[Outbox], None],
) -> None:
    recorder.insert_events(facts_of("order-1", 3))
    outbox.sequence(10)
    outbox.advance(0, 2)

    with pytest.raises(Deposed):
        move(outbox)

    assert log_state(engine).published == 2
