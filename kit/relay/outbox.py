"""The history's end: give positions to what was committed, and know what was published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from psycopg.types.json import set_json_loads
from sqlalchemy import Connection, Engine

from contracts.topics import MAX_EVENT_BYTES
from kit.database import driver
from kit.relay.leadership import Deposed

BATCH_BYTES: Final = 16 * MAX_EVENT_BYTES
"""What one batch holds of data: it bounds memory, and what one transaction carries."""

_SEQUENCE: Final = """
WITH waiting AS (
  SELECT first_seq, last_seq, last_seq - first_seq + 1 AS size
  FROM events_pending ORDER BY first_seq LIMIT %(limit)s
), taken AS (
  SELECT * FROM (
    SELECT *, sum(size) OVER (ORDER BY first_seq) - size AS before FROM waiting
  ) AS w WHERE before < %(limit)s
), total AS (
  SELECT coalesce(sum(size), 0)::int8 AS size FROM taken
), led AS (
  UPDATE log_leader SET head = head + total.size FROM total
  WHERE epoch = %(epoch)s AND total.size > 0
  RETURNING head - total.size AS head
), gone AS (
  DELETE FROM events_pending AS p USING taken, led WHERE p.first_seq = taken.first_seq
), numbered AS (
  INSERT INTO event_log (pos, append_seq, sequenced_at)
  SELECT led.head + row_number() OVER (ORDER BY seq), seq, clock_timestamp()
  FROM led, taken, generate_series(taken.first_seq, taken.last_seq) AS seq
)
SELECT total.size, EXISTS (SELECT FROM led),
       (SELECT epoch FROM log_leader) = %(epoch)s FROM total
"""
_FETCH: Final = """
SELECT pos, event_id, type, stream_id, version, partition_key,
       convert_to(data::text, 'UTF8'), occurred_at, recorded_at, meta
FROM (
  SELECT l.pos, e.*, octet_length(e.data::text) AS size,
         sum(octet_length(e.data::text)) OVER (ORDER BY l.pos) AS upto
  FROM event_log AS l JOIN events AS e USING (append_seq)
  WHERE l.pos > %s AND l.pos <= %s
) AS following WHERE upto - size < %s ORDER BY pos
"""


class Outgoing(NamedTuple):
    """A fact on its way out. `data` is published as it is stored."""

    pos: int
    event_id: UUID
    type: str
    stream_id: str
    version: int
    partition_key: str
    data: bytes
    occurred_at: datetime
    recorded_at: datetime
    meta: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the history is numbered and published, and what waits for a number.

    Units: positions; `pending` counts facts.
    """

    epoch: int
    head: int
    published: int
    pending: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """What the leader of `epoch` may do with a service's history. Blocks; use threads.

    Each is a single statement that the server commits by itself: a leader that freezes
    leaves no row locked to who follows.
    """

    engine: Engine
    epoch: int

    def sequence(self, limit: int) -> int:
        """Give the next positions to facts that have none; return how many got one.

        Committed facts only, in order of `append_seq`: a later fact of a stream was
        appended after the earlier one was committed, so every stream keeps its order.

        Shape: about `limit` facts; more when one transaction holds more.

        Raises:
            Deposed: Another leader took over; no position was given.
        """
        values = {"limit": limit, "epoch": self.epoch}
        with self._connect() as db:
            row = driver(db).execute(_SEQUENCE, values).fetchone()
        size, led, current = row or (0, False, False)
        if not current or (size and not led):
            raise Deposed(f"epoch {self.epoch} is over")
        return int(size)

    def fetch(self, after: int, limit: int) -> Sequence[Outgoing]:
        """Return the facts of the next positions, in their order.

        Shape: `limit` facts at most, and no more once BATCH_BYTES are reached.
        """
        with self._connect() as db:
            cursor = driver(db).cursor(binary=True)
            # Facts of one transaction have their meta in common.
            set_json_loads(lru_cache(maxsize=64)(json.loads), cursor)
            rows = cursor.execute(_FETCH, (after, after + limit, BATCH_BYTES)).fetchall()
            return list(map(Outgoing._make, rows))

    def last_of(self, claimed: Mapping[int, UUID]) -> int:
        """Return the highest position of `claimed` that is its event's here; 0 if none."""
        sql = (
            "SELECT coalesce(max(l.pos), 0)"
            " FROM unnest(%s::int8[], %s::uuid[]) AS c (pos, id)"
            " JOIN event_log AS l ON l.pos = c.pos"
            " JOIN events AS e ON e.append_seq = l.append_seq AND e.event_id = c.id"
        )
        with self._connect() as db:
            row = driver(db).execute(sql, ([*claimed], [*claimed.values()])).fetchone()
        return int(row[0]) if row else 0

    def advance(self, published: int, to: int) -> None:
        """Move the cursor from `published` to `to`, both positions.

        Raises:
            Deposed: The cursor is not where this leader left it; it stays there.
        """
        sql = (
            "UPDATE log_leader SET published = %s"
            " WHERE epoch = %s AND published = %s AND head >= %s"
        )
        with self._connect() as db:
            moved = driver(db).execute(sql, (to, self.epoch, published, to)).rowcount
        if moved != 1:
            raise Deposed(f"epoch {self.epoch} is over, or its cursor moved")

    def _connect(self) -> Connection:
        return self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def log_state(engine: Engine) -> LogState:
    """Return where the history stands."""
    sql = (
        "SELECT epoch, head, published, (SELECT coalesce(sum(last_seq - first_seq + 1), 0)"
        "::int8 FROM events_pending) FROM log_leader"
    )
    with engine.connect() as db:
        row = driver(db).execute(sql).fetchone()
    return LogState(*row) if row else LogState(0, 0, 0, 0)
