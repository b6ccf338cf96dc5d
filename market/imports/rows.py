"""Files of a marketplace's own history: a row says what happened to one thing.

A kind of file is what its rows are and whom they are sent to; reading, order, keys and
reports are the same for all.
Source: docs/decisions/0006-imports.md.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from market.imports.plan import Command, Json, Plan, Service, Stage, key
from market.imports.tables import Row, Table, distinct_rows, read_table


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a row says happened: a command of a service's API.

    Shape: `key_parts` name it, the same for the same row of any file.
    """

    name: str
    at: datetime
    key_parts: tuple[str, ...]
    fields: Mapping[str, Json]


class HistoryRow(Row):
    """What happened to one thing, in one or several steps."""

    @property
    @abstractmethod
    def identity(self) -> tuple[str, ...]:
        """What the row is about: no two rows of a file are about the same."""

    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """Yield what happened, in the order to be kept even if stamps run backwards."""


R = TypeVar("R", bound=HistoryRow)


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """A kind of file.

    Shape: `title` is what its rows are called, and the command that imports them;
        `file_name` is what such a file is called among others; `summary` and `columns` are
        for whoever writes one.
    """

    title: str
    service: Service
    file_name: str
    row: type[R]
    summary: str
    columns: str


def plan_file(kind: Kind[R], file: Path) -> Plan:
    """Return the commands that the rows of `file` amount to, in order of their moments.

    Shape: equal moments in file order; a row's own steps stay in their order.

    Raises:
        FileError: The file can't be read as the table it should be.
    """
    table = read_table(file, kind.row)
    found = distinct_rows(table, lambda row: row.identity)
    commands = _commands(found.rows, table)
    stage = Stage(kind.title, kind.service, commands)
    return Plan((stage,), found.rejected, found.noted)


def _commands(rows: Iterable[R], table: Table[R]) -> Sequence[Command]:
    found: list[tuple[datetime, int, int, Command]] = []
    for row in rows:
        latest: datetime | None = None
        for number, step in enumerate(row.steps()):
            latest = step.at if latest is None else max(latest, step.at)
            found.append((latest, row.line, number, _command(step, row, table)))
    return [command for *_, command in sorted(found, key=lambda each: each[:3])]


def _command(step: Step, row: R, table: Table[R]) -> Command:
    return Command(
        table.place(row.line),
        key(*step.key_parts),
        step.name,
        {**step.fields, "at": step.at.isoformat()},
    )
