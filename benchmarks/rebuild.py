"""All obligations made again from the whole history in Kafka, beside a plain consumer.

Ours is the real way: it reads the topics of orders, catalog and buyers from their first
fact, checks every envelope and fact, folds them into tables beside the live ones, durably,
makes their indexes, compares both by content and puts the new in their place. Beside it, a
plain consumer reads the same topics and looks at nothing.
"""

import asyncio
from argparse import ArgumentParser
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Final

from sqlalchemy import Engine, insert

from benchmarks.backlog import Backlog, new_name, publish, raw
from benchmarks.consume import tables
from benchmarks.measure import Outcome, conclude, say, side_by_side
from benchmarks.servers import broker
from kit.consumers.tables import consumer_positions
from kit.readmodels.foreign import rebuild_foreign
from services.performance.consumers import OBLIGATIONS

EVENTS: Final = 2_000_000
RUNS: Final = 3
GOAL: Final = 0.3


def rebuild(size: int) -> Outcome:
    """Return how fast a history of `size` facts is folded again, beside reading it."""
    with broker() as kafka, tables() as engine:
        backlog = asyncio.run(publish(kafka, size))
        say(f"rebuild: {size:,} facts: {dict(backlog.sizes)}")
        group = new_name()
        stand_at_the_end(engine, group, backlog)
        return side_by_side(
            "rebuild",
            GOAL,
            lambda: ours(backlog, engine, group),
            lambda: asyncio.run(raw(backlog)),
            runs=RUNS,
        )


def ours(backlog: Backlog, engine: Engine, group: str) -> float:
    """Return events per second, until what was made again is in its place."""
    model = replace(OBLIGATIONS, topics=[*backlog.topics.values()])
    started = perf_counter()
    compared = rebuild_foreign(engine, group, model, backlog.kafka)
    taken = perf_counter() - started
    for each in compared:
        say(f"rebuild: {each.rebuilt_rows:,} rows of {each.table}, {each.live_rows:,} live")
    return backlog.size / taken


def stand_at_the_end(engine: Engine, group: str, backlog: Backlog) -> None:
    """Let `group` have passed all of it: that is how far a rebuild goes."""
    rows = [
        {
            "group_name": group,
            "topic": topic,
            "partition": partition,
            "next_offset": end,
            "pos": backlog.size,
        }
        for (topic, partition), end in backlog.ends.items()
    ]
    with engine.begin() as db:
        db.execute(insert(consumer_positions), rows)


def main() -> None:
    """Measure as many facts as `--size` says; `--strict` fails below the goal."""
    parser = ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--size", type=int, default=EVENTS, help="facts in the history")
    asked, others = parser.parse_known_args()
    conclude(partial(rebuild, asked.size), others)


if __name__ == "__main__":
    main()
