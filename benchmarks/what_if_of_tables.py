"""What if another policy applied, asked of PostgreSQL: its memory, for four times as much.

Asked is what a request asks first: a page of the sellers whose level would change, and of
all how many would. It goes over all rows of all sellers, some at a time, so what it takes
of memory must not grow with them. Each is asked in a process of its own; what the server
takes is not counted. The smaller history, too, has more rows than are looked at together:
less would leave memory room to grow. `--size` and `--times` say how much is asked of. How
fast a what-if is beside scorecards, and its memory for far more, says `what_if`.
"""

from argparse import ArgumentParser
from functools import partial
from time import perf_counter
from typing import Final, NamedTuple

from sqlalchemy import Engine, insert

from benchmarks.measure import (
    Outcome,
    alone,
    end,
    megabytes,
    peak_memory,
    say,
)
from benchmarks.sayings import AS_OF, OF_A_SELLER
from benchmarks.standing_rows import rows_of
from benchmarks.what_if import MOST_MORE, OFFICIAL, PROPOSED
from contracts.topics import FACTS
from kit.consumers.tables import consumer_positions
from kit.database import connect
from services.performance.model.metrics import OVERALL
from services.performance.queries import Question
from services.performance.queries.all_sellers import page_of_what_if
from services.performance.queries.seen_of_all import GROUP

OBLIGATIONS: Final = 2_000_000
TIMES: Final = 4
SHOWN: Final = 100
"""Sellers of a page, as many as one has that says nothing of it."""

_NO_CHANGE: Final = {OVERALL, "same"}
_ALL: Final = 2**62
"""A place in history that lies beyond all that there is."""


class Answered(NamedTuple):
    """What one question took, and found.

    Units: `memory` in bytes, the most since its process began.
    Shape: `changed` are metrics of sellers.
    """

    seconds: float
    memory: int
    sellers: int
    changed: int


def what_if_of_tables(size: int, times: int) -> Outcome:
    """Return what asking takes of memory, over `times` as many obligations as `size`."""
    few, more = (_answered_over(each) for each in (size, size * times))
    told = {
        "obligations": size * times,
        "obligations_beside": size,
        "s": round(more.seconds, 1),
        "s_beside": round(few.seconds, 1),
    }
    memory = (more.memory, few.memory)
    return Outcome.of_memory("what_if_of_tables memory", MOST_MORE, *memory, told)


def _answered_over(size: int) -> Answered:
    sellers = size // OF_A_SELLER
    with rows_of(sellers, of_a_seller=OF_A_SELLER) as engine:
        stand_beyond_all(engine)
        url = engine.url.render_as_string(hide_password=False)
        found = alone(partial(answered, url))
    say(
        f"what_if_of_tables: of {size:,} in {found.seconds:.1f} s, peak memory "
        f"{megabytes(found.memory)}, {found.changed:,} metrics would change"
    )
    if found.sellers != sellers:
        raise SystemExit(f"what_if_of_tables: it is of {found.sellers:,}, not {sellers:,}")
    return found


def stand_beyond_all(engine: Engine) -> None:
    """Let the service have come beyond all that its tables hold: no row is left out."""
    rows = [
        {
            "group_name": GROUP,
            "topic": topic.name,
            "partition": number,
            "next_offset": _ALL,
            "pos": _ALL,
        }
        for topic in FACTS
        for number in range(topic.partitions)
    ]
    with engine.begin() as db:
        db.execute(insert(consumer_positions), rows)


def answered(url: str) -> Answered:
    """Ask the database at `url` who would stand otherwise: the first page, and all counts.

    Shape: in a process that has done nothing else.
    """
    engine, started = connect(url), perf_counter()
    question = Question(OFFICIAL, AS_OF, known_at=AS_OF)
    counts = page_of_what_if(engine, question, PROPOSED, None, SHOWN).found.counts or {}
    taken = perf_counter() - started
    engine.dispose()
    sellers = sum(n for (of, _), n in counts.items() if of == OVERALL)
    changed = sum(n for (of, how), n in counts.items() if {of, how}.isdisjoint(_NO_CHANGE))
    return Answered(taken, peak_memory(), sellers, changed)


def main() -> None:
    """Measure as many obligations as `--size` says, and `--times` as many."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=OBLIGATIONS)
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--strict", action="store_true", help="fail above the goal")
    asked = parser.parse_args()
    end([what_if_of_tables(asked.size, asked.times)], strict=asked.strict)


if __name__ == "__main__":
    main()
