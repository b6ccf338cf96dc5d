"""Two ways of doing one thing, side by side in one run: medians, their ratio, memory."""

import json
import os
import resource
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from subprocess import PIPE, run
from typing import Final, Self, TypeAlias, TypeVar

RUNS: Final = 5

_FEW: Final = 100

T = TypeVar("T")
Rate: TypeAlias = Callable[[], float]
"""One run of one side: does all the work and returns events per second."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a benchmark found.

    Units: `ours` and `other` are medians in `unit`; `ratio` is ours / other.
    Shape: `goal` is the least that the ratio should be, or the most, if `at_most`; none, if
        it is told alone. `told` are other figures, in the units that their names say.
    """

    bench: str
    ours: float
    other: float
    ratio: float
    goal: float | None
    unit: str = "per second"
    at_most: bool = False
    told: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_memory(
        cls, bench: str, most: float, ours: int, other: int, told: Mapping[str, float]
    ) -> Self:
        """Return what one of two took of memory beside the other: at `most` so much.

        Units: bytes.
        """
        times = round(ours / other, 2)
        return cls(bench, ours, other, times, most, "bytes", at_most=True, told=told)

    @property
    def reached(self) -> bool:
        """Whether the ratio is what it should be, or nothing is asked of it."""
        if self.goal is None:
            return True
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


def say(what: str) -> None:
    """Tell the person who watches; the outcome alone goes to stdout."""
    sys.stderr.write(f"{what}\n")
    sys.stderr.flush()


def side_by_side(
    bench: str,
    goal: float | None,
    ours: Rate,
    other: Rate,
    *,
    runs: int = RUNS,
    first: bool = True,
) -> Outcome:
    """Run both sides in turn, and return how their medians compare.

    Shape: of each side `runs` runs count; one more before them, of each, does not, and is
        left out without `first`, where a run is long and leaves nothing warm.
    """
    if first:
        ours(), other()
    pairs = []
    for number in range(1, runs + 1):
        pair = (ours(), other())
        pairs.append(pair)
        say(f"{bench} {number}/{runs}: ours {pair[0]:,.0f}/s, other {pair[1]:,.0f}/s")
    ours_median, other_median = (median(side) for side in zip(*pairs, strict=True))
    ratio = ours_median / other_median
    return Outcome(bench, shown(ours_median), shown(other_median), round(ratio, 2), goal)


def shown(rate: float) -> float:
    """Return a rate as it is told: whole, but for a few."""
    return round(rate) if rate >= _FEW else round(rate, 1)


def alone(work: Callable[[], T]) -> T:
    """Return what `work` returns, done in a new process: what others leave slows nothing.

    Shape: `work` and what it returns can be pickled.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(work).result()


def peak_memory() -> int:
    """Return the most memory, in bytes, that this program ever held at once."""
    here = Path("/proc/self/status")
    if not here.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in ru_maxrss what the program that started this one held.
    most = next(line for line in here.read_text().splitlines() if line[:6] == "VmHWM:")
    return int(most.split()[1]) * 1024


def memory_of(
    module: str, *arguments: object, where: Mapping[str, str] | None = None
) -> int:
    """Run `python -m module arguments`, which prints its peak memory, and return that.

    Units: bytes.
    Shape: `where` are settings of the environment: the servers to use.

    Raises:
        CalledProcessError: It failed; what it said of that is on stderr.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = {**os.environ, **(where or {})}
    done = run(command, stdout=PIPE, text=True, check=True, env=environment)  # noqa: S603 - a module of ours
    return int(done.stdout.split()[-1])


def megabytes(size: int) -> str:
    """Return `size`, bytes, as people read it."""
    return f"{size / 2**20:,.0f} MB"


def conclude(bench: Callable[[], Outcome], arguments: Sequence[str] | None = None) -> None:
    """Run `bench`, print its outcome as one line of JSON, and end the program.

    Shape: ends with 1 if the goal is missed and `--strict` was asked for.

    Raises:
        SystemExit: Always.
    """
    parser = ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--strict", action="store_true", help="fail below the goal")
    asked = parser.parse_args(arguments)
    outcome = bench()
    say(f"{outcome.bench}: peak memory {megabytes(peak_memory())}")
    end([outcome], strict=asked.strict)


def end(outcomes: Iterable[Outcome], *, strict: bool) -> None:
    """Print each outcome as one line of JSON, and end the program.

    Shape: ends with 1 if a goal is missed and `strict`.

    Raises:
        SystemExit: Always.
    """
    reached = True
    for outcome in outcomes:
        sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
        sys.stdout.flush()
        reached &= outcome.reached
    raise SystemExit(int(strict and not reached))
