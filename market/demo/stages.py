"""What a demo waits for, stage by stage: shown while it lasts, remembered for the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

_INDENT: Final = "  "


@dataclass
class Stages:
    """Stages of the parts of a demo, how far each is, and how long each took.

    Units: seconds by stage, named with its part.

    Shape: a bar for each on a terminal, a line for each elsewhere.
    """

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)
    _tasks: dict[str, TaskID] = field(default_factory=dict)
    _bars: Progress | None = None
    _part: str = ""

    @contextmanager
    def shown(self, part: str) -> Iterator[None]:
        """Show the stages of `part` while it goes on; their bars stay when it ends."""
        self._part = part
        if not self.console.is_terminal:
            yield
            return
        self._tasks.clear()
        self._bars = Progress(
            TextColumn(_INDENT + "{task.description:<24}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[took]}"),
            console=self.console,
        )
        try:
            with self._bars:
                yield
        finally:
            self._bars = None

    def told(self, stage: str, done: int, total: int) -> None:
        """Take note of how far `stage` is; what is done counts from 0 to `total`."""
        now = time.monotonic()
        name = f"{stage} ({self._part})"
        first = name not in self._began
        began = self._began.setdefault(name, now)
        self.seconds[name] = now - began
        ends = done >= total
        if self._bars is not None:
            self._draw(stage, done, total, f"{now - began:.1f} s" if ends else "")
        elif first:
            self.console.print(f"{_INDENT}waiting for {stage} ...", highlight=False)

    def _draw(self, stage: str, done: int, total: int, took: str) -> None:
        bars = self._bars
        if bars is None:
            return
        if stage not in self._tasks:
            self._tasks[stage] = bars.add_task(stage, total=total, took="")
        bars.update(self._tasks[stage], completed=done, total=total, took=took)

    @contextmanager
    def waiting_for(self, stage: str) -> Iterator[None]:
        """Wait for one thing, and remember how long it took."""
        self.told(stage, 0, 1)
        yield
        self.told(stage, 1, 1)

    def longest(self) -> tuple[str, float]:
        """Return the stage that took the longest, and its seconds."""
        stage = max(self.seconds, key=lambda name: self.seconds[name])
        return stage, self.seconds[stage]


@dataclass
class StartUp:
    """The lines that a starting platform tells, as stages of one thing each."""

    stages: Stages
    _current: str | None = None

    def tell(self, line: str) -> None:
        """Begin the stage that `line` names; that ends the one before."""
        if line.startswith("waiting for "):
            self._end()
            self._current = line.removeprefix("waiting for ").removesuffix(" ...")
            self.stages.told(self._current, 0, 1)
        elif line.startswith("ready "):
            self._end()
        elif line.strip():
            self.stages.console.print(line, highlight=False, markup=False)

    def _end(self) -> None:
        if self._current is not None:
            self.stages.told(self._current, 1, 1)
            self._current = None
