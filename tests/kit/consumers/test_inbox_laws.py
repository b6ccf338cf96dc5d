"""However it comes, and wherever it is cut off, the same is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection, Engine, select

from kit.consumers.columns import Batch, InColumns
from kit.consumers.failures import Fenced
from kit.consumers.inbox import Inbox
from kit.consumers.letters import DeadLetter
from kit.consumers.records import Handler, Received
from kit.consumers.tables import dead_letters, parked_events
from tests.kit.consumers.records import (
    TOPIC,
    ARecord,
    record,
    remember,
    remember_columns,
    remembered,
)
from tests.samples import PLACED

Cut: TypeAlias = Literal["never", "in the handler", "at the burial", "after the commit"]


class Killed(BaseException):
    """As abrupt as it gets without a second process."""


class Delivery(NamedTuple):
    """A poll: how far back it starts, how much it brings, where its consumer dies."""

    back: int
    length: int
    cut: Cut


@dataclass
class Log:
    """What Kafka holds, and what a reader that is never disturbed makes of it."""

    records: list[ARecord] = field(default_factory=list)
    poison: set[int] = field(default_factory=set)
    applied: list[int] = field(default_factory=list)
    parked: list[int] = field(default_factory=list)
    dead: list[int] = field(default_factory=list)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """A history with repeats as a relay leaves them, garbage, and events of no use."""
    log = Log(poison=draw(st.sets(st.integers(1, 25), max_size=3)))
    streams = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=25))
    stuck: set[str] = set()
    for pos, stream in enumerate(streams, start=1):
        if pos in log.poison:
            stuck.add(stream)
        (log.parked if stream in stuck else log.applied).append(pos)
    published = 0
    while published < len(streams):
        again = draw(st.integers(0, published))
        until = draw(st.integers(published + 1, len(streams)))
        for pos in range(again + 1, until + 1):
            stream = f"order-{streams[pos - 1]}"
            log.records.append(record(PLACED, len(log.records), pos, stream))
        published = until
        if draw(st.booleans()):
            log.dead.append(len(log.records))
            log.records.append(ARecord(len(log.records), b"\xff", []))
    return log


deliveries = st.lists(
    st.builds(
        Delivery,
        st.integers(0, 5),
        st.integers(1, 20),
        st.sampled_from(["never", "in the handler", "at the burial", "after the commit"]),
    ),
    max_size=12,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=60,
)
@given(log=logs(), polls=deliveries, in_columns=st.booleans())
def test_any_batches_repeats_and_crashes_keep_the_same(
    inbox: Inbox, engine: Engine, log: Log, polls: Sequence[Delivery], *, in_columns: bool
) -> None:
    with engine.begin() as db:
        db.exec_driver_sql("TRUNCATE seen, consumer_positions, parked_events, dead_letters")
    buried: set[int] = set()
    believed = 0
    for poll in [*polls, *[Delivery(0, len(log.records), "never")] * 2]:
        start = max(0, believed - poll.back)
        batch = log.records[start : believed + poll.length]
        if batch:
            handler = handler_of(log, poll.cut, in_columns=in_columns)
            believed = deliver(inbox, handler, batch, believed, poll.cut, buried)

    assert remembered(engine) == log.applied
    with engine.connect() as db:
        order = select(parked_events.c.pos).order_by(parked_events.c.pos)
        assert list(db.scalars(order)) == log.parked
        assert sorted(db.scalars(select(dead_letters.c.record_offset))) == log.dead
    assert sorted(buried) == log.dead
    assert inbox.next_offset(TOPIC, 0) == len(log.records)


def handler_of(log: Log, cut: Cut, *, in_columns: bool) -> Handler:
    """What remembers a batch and may be cut off there, row by row or in columns."""

    def look_at(positions: Iterable[int]) -> None:
        if cut == "in the handler":
            raise Killed
        if bad := [pos for pos in positions if pos in log.poison]:
            raise KeyError(*bad)

    def by_row(facts: Sequence[Received], db: Connection) -> None:
        remember(facts, db)
        look_at(f.envelope.pos for f in facts)

    def by_column(batch: Batch, db: Connection) -> None:
        remember_columns(batch, db)
        look_at(pos for facts in batch.values() for pos in facts.envelopes["pos"])

    return InColumns(by_column) if in_columns else by_row


def deliver(
    inbox: Inbox,
    handler: Handler,
    batch: Sequence[ARecord],
    believed: int,
    cut: Cut,
    buried: set[int],
) -> int:
    """Apply `batch` as a consumer that is cut off; return what the next one believes."""

    def bury(letters: Sequence[DeadLetter]) -> None:
        buried.update(int(dict(letter.headers)["dlt-offset"]) for letter in letters)
        if cut == "at the burial":
            raise Killed

    try:
        done = inbox.apply(batch, handler, believed, bury)
    except (Killed, Fenced):
        return inbox.next_offset(TOPIC, 0)
    return believed if cut == "after the commit" else done.next_offset
