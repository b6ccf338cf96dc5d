"""What if another policy applied, over the whole history: its time, and its memory.

Beside a scorecard run, a what-if says of all sellers how they stand by two policies, and
who would stand otherwise. Both go over the same Parquet files some sellers at a time, as
they do over PostgreSQL, each in processes of its own, in turns. Then the what-if alone goes
over more: what it takes of memory must not grow with that. What it takes on PostgreSQL says
`what_if_of_tables`.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import polars as pl

from benchmarks.measure import (
    Outcome,
    end,
    megabytes,
    peak_memory,
    say,
    side_by_side,
)
from benchmarks.sayings import AS_OF, parts, write_apart
from services.performance.model.policy import policy_at
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.model.what_if import what_if

OBLIGATIONS: Final = 10_000_000
MORE: Final = 50_000_000
RUNS: Final = 3
GOAL: Final = round(1 / 1.2, 2)
"""Of what a scorecard run does in a second: it may take a fifth longer."""

MOST_MORE: Final = 1.5
"""Times the memory, for five times the obligations."""

OFFICIAL: Final = policy_at(AS_OF)
PROPOSED: Final = OFFICIAL.model_copy(
    update={
        "version": "proposed",
        "enough_due": 20,
        "standards": {
            name: standard.model_copy(
                update={"warn": standard.limit, "limit": standard.limit * 0.9}
                | ({"weekday_hours": 36} if standard.weekday_hours else {})
            )
            for name, standard in OFFICIAL.standards.items()
        },
    }
)


def judged(folder: Path) -> int:
    """Judge all sellers by the official policy; return how many that was."""
    found = 0
    for rows in parts(folder):
        cards = scorecards(*rows, OFFICIAL, AS_OF)
        found += overall(cards, sellers(*rows, AS_OF), OFFICIAL).height
    return found


def compared(folder: Path) -> int:
    """Judge all by both policies; return how many metrics that would change."""
    both = (OFFICIAL, PROPOSED)
    found = (what_if(*rows, both, AS_OF).metrics for rows in parts(folder))
    return sum(each.filter(pl.col("changes") != "same").height for each in found)


SIDES: Final[Mapping[str, Callable[[Path], int]]] = {
    "what-if": compared,
    "scorecards": judged,
}


def main() -> None:
    """Measure as many obligations as `--size` and `--more` say."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=OBLIGATIONS)
    parser.add_argument("--more", type=int, default=MORE, help="for memory; 0 leaves it")
    parser.add_argument("--measure", choices=SIDES, help="only one, of the rows")
    parser.add_argument("--rows", type=Path, help="where the rows to measure are")
    parser.add_argument("--strict", action="store_true", help="fail if a goal is missed")
    asked = parser.parse_args()
    if asked.measure:
        start = perf_counter()
        found = SIDES[asked.measure](asked.rows)
        seconds = perf_counter() - start
        sys.stdout.write(f"{seconds} {peak_memory()} {found}\n")
    else:
        end(_compare(asked.size, asked.more), strict=asked.strict)


def _compare(size: int, more: int) -> Iterator[Outcome]:
    """Yield how fast a what-if is, then what it takes of memory for more."""
    peaks = dict[str, int]()
    with TemporaryDirectory() as folder:
        write_apart(Path(folder), size)
        ours, other = (partial(_rate, name, Path(folder), size, peaks) for name in SIDES)
        yield side_by_side("what_if", GOAL, ours, other, runs=RUNS)
    if not more:
        return
    few, peaks = peaks["what-if"], dict[str, int]()
    with TemporaryDirectory() as folder:
        write_apart(Path(folder), more)
        _rate("what-if", Path(folder), more, peaks)
    sizes = {"obligations": more, "obligations_beside": size}
    yield Outcome.of_memory("what_if memory", MOST_MORE, peaks["what-if"], few, sizes)


def _rate(name: str, rows: Path, size: int, peaks: dict[str, int]) -> float:
    command = [sys.executable, "-m", "benchmarks.what_if", "--measure", name]
    done = run([*command, "--rows", str(rows)], check=True, stdout=PIPE, text=True)  # noqa: S603 - this file
    seconds, peak, found = map(float, done.stdout.split())
    peaks[name] = max(int(peak), peaks.get(name, 0))
    told = f"{seconds:6.2f} s, peak memory {megabytes(int(peak))}, {found:,.0f} found"
    say(f"what_if: {name:>10} of {size:,} {told}")
    return size / seconds


if __name__ == "__main__":
    main()
