"""What a service's own database must hold: positions and versions without a hole."""

from typing import Final

import psycopg

from market.proof.finding import Finding

_POSITIONS: Final = """
SELECT count(*), coalesce(max(pos), 0), (SELECT head FROM log_leader),
       (SELECT published FROM log_leader), (SELECT count(*) FROM events),
       (SELECT coalesce(sum(last_seq - first_seq + 1), 0)::int8 FROM events_pending)
FROM event_log
"""
_HOLE: Final = """
SELECT pos FROM (
  SELECT pos, lag(pos, 1, 0::int8) OVER (ORDER BY pos) AS before FROM event_log
) AS p WHERE pos <> before + 1 ORDER BY pos LIMIT 1
"""
_SKIPS: Final = """
SELECT stream_id, version FROM (
  SELECT stream_id, version,
         row_number() OVER (PARTITION BY stream_id ORDER BY version) AS place
  FROM events
) AS v WHERE version <> place ORDER BY stream_id, version LIMIT 1
"""
_DISORDER: Final = """
SELECT e.stream_id, e.version FROM (
  SELECT stream_id, version, l.pos,
         lag(l.pos) OVER (PARTITION BY stream_id ORDER BY version) AS before
  FROM events JOIN event_log AS l USING (append_seq)
) AS e WHERE e.pos < e.before LIMIT 1
"""


def prove_store(service: str, url: str) -> tuple[list[Finding], int]:
    """Return what the database at `url` proves, and the last position published."""
    with psycopg.connect(url) as db:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = db.execute(_POSITIONS).fetchone()
        numbered, last, head, published, facts, waiting = row or (0, 0, 0, 0, 0, 0)
        hole = db.execute(_HOLE).fetchone()
        skip = db.execute(_SKIPS).fetchone()
        disorder = db.execute(_DISORDER).fetchone()
    unnumbered = f"{facts - numbered} of {facts} facts have none, {waiting} wait for one"
    found = [
        Finding(
            f"{service}: positions have no hole",
            f"{numbered} positions",
            f"there is none before {hole[0]}" if hole else _head(last, head),
        ),
        Finding(
            f"{service}: every fact has a position, or waits for one",
            f"{facts} facts, {waiting} waiting",
            unnumbered if facts != numbered + waiting else None,
        ),
        Finding(
            f"{service}: no stream skips a version",
            f"{facts} facts",
            f"{skip[0]} has no version before {skip[1]}" if skip else None,
        ),
        Finding(
            f"{service}: positions keep the order of each stream",
            f"{numbered} positions",
            f"{disorder[0]}: version {disorder[1]} comes too soon" if disorder else None,
        ),
    ]
    return found, published


def _head(last: int, head: int) -> str | None:
    return None if last == head else f"the last is {last}, the leader's is {head}"
