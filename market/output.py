"""What commands print on stdout: a table for people, or a JSON object a line."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text


class Format(StrEnum):
    """How the lines are printed."""

    TABLE = "table"
    NDJSON = "ndjson"


FormatOption: TypeAlias = Annotated[
    Format, typer.Option("--format", help="A table for people, or a JSON object a line.")
]


def print_ndjson(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print each row as one line of JSON."""
    sys.stdout.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def print_lines(lines: Iterable[str]) -> None:
    """Print each line as it is, however long: no id in it is broken."""
    sys.stdout.writelines(f"{harmless(line)}\n" for line in lines)


def say(what: str) -> None:
    """Say on stderr what we are at."""
    typer.echo(what, err=True)


def harmless(text: str) -> str:
    """Return what no terminal takes for a command: names and notes are others' words."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def print_table(
    title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Print rows under `columns`; numbers to the right, nothing for None.

    Where there is too little room for all of it, ids stay whole.
    """
    if title is not None:
        print_lines([title])
    found = [list(row) for row in rows]
    table = Table()
    for number, name in enumerate(columns):
        numeric = any(isinstance(row[number], int | float) for row in found)
        table.add_column(
            name,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=name.endswith("_id"),
        )
    for row in found:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
