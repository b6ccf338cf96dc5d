"""How many orders each seller accepted late in a month: ours, beside two stream processors.

All read one topic of orders from its first fact, and must find the same number. It is the
topic of orders of the history that `rebuild` makes tables of, as long as there. Ours is a
metric replayed: what the facts say of it, by the real rules and with each fact once, is
held in memory, and judged for all sellers at the end. faust-streaming and quixstreams keep
when each order falls due, and per seller and day what is late; each reads the values of no
facts but those that it needs. faust-streaming as it comes: each fact at least once, its
tables in memory, with a changelog topic each; its clock begins when it does. It is beside
ours once alone, which takes minutes, and is far from the goal. quixstreams
the cheapest way that it has: at least once, its state in RocksDB without a changelog. What
it costs to begin weighs more in a history that is much shorter.

Beside these it is told, without a goal, how the two compare where both count durably. Ours
is then more than a count: all that the same facts say of five metrics becomes tables in
PostgreSQL, each fact exactly once, and the scorecards are asked of that. quixstreams counts
exactly once, with a changelog. How fast live facts come in beside it, `consume` says.
"""

import asyncio
import logging
import os
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final, TypeAlias

import polars as pl
from pydantic_core import from_json

from benchmarks.backlog import Backlog, new_name, publish
from benchmarks.consume import tables
from benchmarks.measure import Outcome, alone, end, say, side_by_side
from benchmarks.others.lateness import (
    COUNTED,
    PLACED,
    day_of,
    decided_at,
    due_at,
    late_in_window,
)
from benchmarks.rebuild import EVENTS, stand_at_the_end
from benchmarks.servers import broker
from kit.readmodels.foreign import rebuild_foreign
from services.performance.consumers import OBLIGATIONS
from services.performance.model.metrics import ACCEPTANCE_TIMELY as METRIC
from services.performance.model.policy import policy_at
from services.performance.queries import Question, ask_scorecards, judged
from services.performance.queries.replay import Applied, replay

GOAL: Final = 2.0
DURABLY: Final = "late acceptance durably, tables beside quixstreams exactly once"
AS_OF: Final = datetime(2026, 2, 3, tzinfo=UTC)
POLICY: Final = policy_at(AS_OF).model_copy(update={"enough_due": 1})

Counted: TypeAlias = tuple[float, int]
"""Events per second, and how many were late."""

_FAUST: Final = Path(__file__).parent / "others" / "late_acceptance_faust.py"


def late_acceptance(size: int) -> Iterator[Outcome]:
    """Yield how fast ours counts, beside each of the two, and durably beside the second.

    Raises:
        SystemExit: They don't count the same.
    """
    with broker() as kafka:
        backlog = asyncio.run(publish(kafka, size)).of("orders")
        say(f"late_acceptance: {backlog.size:,} facts of orders")
        counts = set[int]()

        def rate(count: Callable[[], Counted]) -> float:
            per_second, late = alone(count)
            counts.add(late)
            return per_second

        for other, runs in ((faust, 1), (quixstreams, 5)):
            mine, theirs = (partial(rate, partial(each, backlog)) for each in (ours, other))
            bench = f"late acceptance beside {other.__name__}"
            yield side_by_side(bench, GOAL, mine, theirs, runs=runs, first=False)
        exactly_once = partial(quixstreams, durable=True)
        mine, theirs = (
            partial(rate, partial(e, backlog)) for e in (in_tables, exactly_once)
        )
        yield side_by_side(DURABLY, None, mine, theirs, runs=1, first=False)
        if len(counts) > 1:
            raise SystemExit(f"late_acceptance: they differ: {counts}")
        say(f"late_acceptance: all count {counts.pop():,}")


def ours(backlog: Backlog) -> Counted:
    """Replay the metric, and judge all sellers."""
    question, started = Question(POLICY, AS_OF), perf_counter()
    rows = replay(backlog.kafka, Applied(backlog.ends, frozenset()), question, METRIC)
    cards, _ = judged(rows, question)
    return backlog.size / (perf_counter() - started), _late(cards)


def in_tables(backlog: Backlog) -> Counted:
    """Make all obligations again, then ask for the scorecards of all sellers."""
    with tables() as engine:
        group = new_name()
        stand_at_the_end(engine, group, backlog)
        model = replace(OBLIGATIONS, topics=[*backlog.topics.values()])
        started = perf_counter()
        rebuild_foreign(engine, group, model, backlog.kafka)
        found = ask_scorecards(engine, Question(POLICY, AS_OF))
        return backlog.size / (perf_counter() - started), _late(found.cards)


def _late(cards: pl.DataFrame) -> int:
    mine = cards.filter(metric=METRIC, window_days=POLICY.window_days)
    return int(mine["due"].sum()) - int(mine["kept"].sum())


def faust(backlog: Backlog) -> Counted:
    """Let faust-streaming count, in an environment of its own."""
    (topic,) = backlog.topics.values()
    what = (backlog.kafka, topic, len(backlog.ends), backlog.size, AS_OF.isoformat())
    command = ["uv", "run", "--quiet", "--script", str(_FAUST), *map(str, what)]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = run(command, check=True, stdout=PIPE, text=True, env=here)  # noqa: S603 - this project's file
    rate, late = done.stdout.split()[-2:]
    return float(rate), int(late)


def quixstreams(backlog: Backlog, *, durable: bool = False) -> Counted:
    """Let quixstreams count until all is committed; `durable`, exactly once."""
    from quixstreams import Application  # noqa: PLC0415 - for this comparison alone

    (topic,) = backlog.topics.values()
    found = defaultdict[bytes, dict[str, int]](dict)
    with TemporaryDirectory(prefix="bench-quixstreams-") as folder:
        app = Application(
            backlog.kafka,
            consumer_group=new_name(),
            auto_offset_reset="earliest",
            state_dir=folder,
            processing_guarantee="exactly-once" if durable else "at-least-once",
            use_changelog_topics=durable,
            loglevel="ERROR",
        )
        facts = app.dataframe(app.topic(topic, value_deserializer="bytes"))
        facts.update(partial(_count, found), stateful=True, metadata=True)
        started = perf_counter()
        app.run(count=backlog.size)
        rate = backlog.size / (perf_counter() - started)
    return rate, sum(late_in_window(days, AS_OF) for days in found.values())


def _count(
    found: dict[bytes, dict[str, int]],
    value: bytes,
    key: bytes,
    _: int,
    headers: Any,  # noqa: ANN401 - as the library gives them
    state: Any,  # noqa: ANN401 - the library's own
) -> None:
    name = next(value for name, value in headers if name == "ce_type").decode()
    if name not in COUNTED:
        return
    fact = from_json(value)
    order = f"due {fact['order_id']}"
    if name == PLACED:
        due, more = due_at(fact), 1
        state.set(order, due.isoformat())
    else:
        known = state.get(order)
        if known is None:
            return
        state.delete(order)
        due = datetime.fromisoformat(known)
        more = -1 if decided_at(name, fact) <= due else 0
    day = day_of(due)
    late = state.get(f"late {day}", 0) + more
    state.set(f"late {day}", late)
    found[key][day] = late


def main() -> None:
    """Print an outcome as a line of JSON for each of the three.

    Raises:
        SystemExit: As `end`.
    """
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=EVENTS, help="facts in the history")
    parser.add_argument("--strict", action="store_true", help="fail below a goal")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    end(late_acceptance(asked.size), strict=asked.strict)


if __name__ == "__main__":
    main()
