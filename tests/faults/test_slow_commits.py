"""Facts commit in another order than they were appended in; whoever tails loses none."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Engine, text

from kit.database import address, connect, driver
from kit.eventstore import tables
from kit.eventstore.history import History
from kit.eventstore.recorder import PostgresRecorder
from kit.eventstore.records import Recorded
from kit.relay.leadership import Deposed, Leadership
from kit.relay.outbox import Outbox, log_state
from market.waiting import wait_until
from tests.faults.checks import the_history_has_no_holes
from tests.faults.stories import new_id
from tests.samples import FRIDAY, PLACED

STREAMS = ["order-a", "order-b", "order-c", "order-d"]
_EMPTY = """
TRUNCATE events, events_pending, event_log, snapshots, answered_requests RESTART IDENTITY;
UPDATE log_leader SET epoch = 0, head = 0, published = 0
"""


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    with engine.begin() as db:
        tables.create(db)
    yield engine
    engine.dispose()


@dataclass
class Open:
    """A transaction that has appended to a stream and takes its time to commit."""

    db: Connection
    stream_id: str
    facts: int


@dataclass
class Tail:
    """A reader that only ever asks for what is beyond the last position it saw."""

    recorder: PostgresRecorder
    seen: list[tuple[str, int]] = field(default_factory=list)
    last: int = 0

    def read(self, limit: int) -> None:
        for fact in self.recorder.select_notifications(self.last + 1, limit):
            assert fact.id == self.last + 1, "a hole"
            self.last = fact.id
            self.seen.append((str(fact.originator_id), fact.originator_version))


class SlowCommits(RuleBasedStateMachine):
    """Writers that dawdle, leaders that come and go, a reader that tails."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        with self.engine.begin() as db:
            db.execute(text(_EMPTY))
        self.history = History(self.engine)
        self.tail = Tail(PostgresRecorder(self.engine))
        self.committed: dict[str, int] = defaultdict(int)
        self.open: list[Open] = []
        self.zombies: list[Outbox] = []
        self.leadership = Leadership(self.engine)
        self.lead()

    def lead(self) -> None:
        wait_until(self.leadership.claim, what="the lock", within_s=10)
        self.outbox = Outbox(self.engine, self.leadership.epoch)
        self.published = log_state(self.engine).published

    def append(self, stream_id: str, facts: int) -> Open:
        version = self.committed[stream_id]
        db = self.engine.connect()
        db.begin()
        recorded = [
            Recorded(stream_id, version + n, new_id(), PLACED, FRIDAY)
            for n in range(1, facts + 1)
        ]
        self.history.save(*recorded, connection=db)
        return Open(db, stream_id, facts)

    def free(self) -> list[str]:
        busy = {each.stream_id for each in self.open}
        return [each for each in STREAMS if each not in busy]

    @precondition(lambda self: self.free())
    @rule(data=st.data(), facts=st.sampled_from([1, 2, 3, 70]))
    def begin(self, data: st.DataObject, facts: int) -> None:
        """Append, and leave the transaction open: others will overtake it."""
        stream_id = data.draw(st.sampled_from(self.free()))
        self.open.append(self.append(stream_id, facts))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), kept=st.sampled_from([True, True, False]))
    def end(self, data: st.DataObject, *, kept: bool) -> None:
        """Commit or roll back any of the open transactions, whichever came first."""
        one = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        if kept:
            one.db.commit()
            self.committed[one.stream_id] += one.facts
        one.db.close()

    @rule(limit=st.integers(1, 80))
    def number(self, limit: int) -> None:
        self.outbox.sequence(limit)

    @rule(limit=st.integers(1, 80))
    def publish(self, limit: int) -> None:
        """Take the next facts in order, and move the cursor behind them."""
        batch = self.outbox.fetch(self.published, limit)
        expected = range(self.published + 1, self.published + 1 + len(batch))
        assert [fact.pos for fact in batch] == list(expected)
        if batch:
            self.outbox.advance(self.published, batch[-1].pos)
            self.published = batch[-1].pos

    @rule()
    def kill_leader(self) -> None:
        """End the leader's session; another takes over, and the old one does not know."""
        session = self.leadership._session  # noqa: SLF001 - it is killed from outside
        assert session is not None
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with self.engine.connect() as db:
            db.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        self.zombies.append(self.outbox)
        self.leadership.resign()
        self.lead()

    @precondition(lambda self: self.zombies)
    @rule(data=st.data())
    def wake_zombie(self, data: st.DataObject) -> None:
        """A leader of an epoch that is over numbers nothing and moves no cursor."""
        zombie = data.draw(st.sampled_from(self.zombies))
        with pytest.raises(Deposed):
            zombie.sequence(10)
        with pytest.raises(Deposed):
            zombie.advance(self.published, self.published + 1)

    @rule(limit=st.integers(1, 50))
    def read(self, limit: int) -> None:
        self.tail.read(limit)

    @invariant()
    def positions_have_no_holes_and_streams_their_order(self) -> None:
        sql = (
            "SELECT l.pos, e.stream_id, e.version FROM event_log l"
            " JOIN events e USING (append_seq) ORDER BY l.pos"
        )
        with self.engine.connect() as db:
            rows = driver(db).execute(sql).fetchall()
        versions: dict[str, int] = defaultdict(int)
        for expected, (pos, stream_id, version) in enumerate(rows, 1):
            versions[stream_id] += 1
            assert (pos, version) == (expected, versions[stream_id])
        assert all(versions[each] <= self.committed[each] for each in STREAMS)

    def teardown(self) -> None:
        """All that was committed is numbered once in the end, and the reader saw it all."""
        for one in self.open:
            one.db.close()
        while self.outbox.sequence(50):
            pass
        while self.published < log_state(self.engine).head:
            self.publish(50)
        self.tail.read(1_000_000)
        self.leadership.resign()
        everything = {
            (name, n + 1) for name in STREAMS for n in range(self.committed[name])
        }
        assert len(self.tail.seen) == len(everything)
        assert set(self.tail.seen) == everything
        the_history_has_no_holes(address(self.engine))


def test_nothing_is_lost_by_who_tails_while_commits_overtake_each_other(
    engine: Engine,
) -> None:
    class Here(SlowCommits):
        pass

    Here.engine = engine
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
