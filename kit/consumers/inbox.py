"""The group's place in each topic, in the same transaction as what its facts do.

Who owns a partition is settled by the database, not by Kafka. A consumer says where it
believes the group stands, and the stored offset must agree: compare and set. So a batch is
applied at its own place in history or not at all, whoever holds it.

Zombies. A consumer is stopped past its session with a batch in hand that starts at offset
100, wakes, and writes. If the new owner has advanced, the stored offset is no longer 100:
`Fenced`, rolled back. If it has not, the batch is exactly what comes next and is kept; the
new owner, who believes 100 too, is then the one that is fenced: it looks up the offset and
goes on from there. While one of them holds the row, the other waits for it.

A COMMIT whose outcome is unknown needs no rule of its own: after every failure the stored
offset is looked up before anything is tried, and a commit that is still on its way holds
the row, so that the next writer waits and is fenced.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert

from kit.consumers.columns import InColumns, read_whole
from kit.consumers.failures import Fenced, unavailable_if_passing
from kit.consumers.letters import Bury, DeadLetter
from kit.consumers.parked import park, streams_parked
from kit.consumers.poison import HandlerFailed, apply_all, apply_around
from kit.consumers.positions import advance, lock_position, position
from kit.consumers.records import Handler, Record
from kit.consumers.tables import dead_letters
from kit.consumers.triage import Sorted, sort_out


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch. `next_offset` is where the group stands now."""

    next_offset: int
    applied: int = 0
    repeated: int = 0
    parked: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Inbox:
    """A consumer group's way into one database. Sync: call it from a thread."""

    engine: Engine
    group: str

    def next_offset(self, topic: str, partition: int) -> int:
        """Return where the group goes on: 0 if it has never been there.

        Raises:
            Unavailable: The database is away.
        """
        with unavailable_if_passing():
            return position(self.engine, self.group, topic, partition).next_offset

    def apply(
        self, batch: Sequence[Record], handler: Handler, believed: int, bury: Bury
    ) -> Applied:
        """Give `handler` the facts of `batch` that are new here, and store the position.

        One transaction. When it returns, each record is applied, known already, parked
        with its stream, or buried.

        Shape: `batch` is of one partition, in offset order, not empty, and the topic holds
            nothing between `believed` and its first record. `handler` sees it once, in that
            order; should it raise, again in parts, each undone if it raises, to find what
            to park.

        Raises:
            Fenced: The stored offset is not `believed`; nothing was kept. Look it up.
            Unavailable: Nothing was kept, or all of it. Look it up after a pause.
        Safe to repeat: Yes. What is below the stored offset or at a known `pos` is dropped.
        Source: docs/architecture.md 4.
        """
        if batch[-1].offset < believed:
            return Applied(believed, repeated=len(batch))
        with unavailable_if_passing():
            try:
                return self._transact(batch, handler, believed, bury)
            except HandlerFailed:
                return self._transact(batch, handler, believed, bury, in_parts=True)

    def _transact(
        self,
        batch: Sequence[Record],
        handler: Handler,
        believed: int,
        bury: Bury,
        *,
        in_parts: bool = False,
    ) -> Applied:
        topic, partition = batch[0].topic, batch[0].partition
        next_offset = batch[-1].offset + 1
        with self.engine.begin() as db:
            old = lock_position(db, self.group, topic, partition)
            if old.next_offset != believed:
                raise Fenced(f"{topic}/{partition} is at {old.next_offset}, not {believed}")
            stuck = streams_parked(db, self.group, topic, partition)
            if isinstance(handler, InColumns) and not in_parts:
                whole = read_whole(batch, believed, old.pos, stuck)
                if whole is not None:
                    apply_all(handler.project, whole.batch, db)
                    advance(db, self.group, old, next_offset, whole.pos)
                    return Applied(next_offset, applied=len(batch))
            # There is some doubt, or a fold that wants facts one by one.
            found = sort_out(batch, believed, old.pos, stuck)
            if in_parts:
                apply_around(found, handler, db)
            elif found.facts:
                apply_all(handler, found.facts, db)
            park(db, self.group, found.held)
            self._bury(db, found, bury)
            advance(db, self.group, old, next_offset, found.pos)
        return Applied(
            next_offset,
            applied=len(found.facts),
            repeated=found.repeated,
            parked=len(found.held),
            dead=len(found.unreadable),
        )

    def _bury(self, db: Connection, found: Sorted, bury: Bury) -> None:
        """Keep what is no event: its bytes in Kafka, at least once; one row here."""
        if not found.unreadable:
            return
        bury([DeadLetter.of(record, self.group, why) for record, why in found.unreadable])
        rows = [
            {
                "group_name": self.group,
                "topic": record.topic,
                "partition": record.partition,
                "record_offset": record.offset,
                "reason": why,
            }
            for record, why in found.unreadable
        ]
        db.execute(insert(dead_letters).on_conflict_do_nothing(), rows)
