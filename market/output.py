"""What commands print on stdout: a table for people, or a JSON object a line."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import typer
from rich.box import ASCII2, HEAVY_HEAD, Box
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
    print_as_is(map(harmless, lines))


def print_as_is(lines: Iterable[str]) -> None:
    """Print each line, with what it tells a terminal."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


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
    print_table_of_pages(title, columns, [rows])


def print_table_of_pages(
    title: str | None,
    columns: Sequence[str],
    pages: Iterable[Iterable[Sequence[object]]],
) -> None:
    """Print one table of rows that come page by page, each page when it comes.

    Columns are as wide as the first page needs; a later one that needs more gets it, from
    there on, as far as there is room. No page is no table.
    """
    console = Console(width=None if sys.stdout.isatty() else 160)
    frame = ASCII2 if console.options.ascii_only else HEAVY_HEAD
    widths, numeric, below = [0] * len(columns), [False] * len(columns), ""
    for page in pages:
        rows = [list(row) for row in page]
        for number, is_numeric in enumerate(numeric):
            told = any(isinstance(row[number], int | float) for row in rows)
            numeric[number] = is_numeric or told
        kinds = [*zip(columns, numeric, widths, strict=True)]
        above, *lines, bottom = _lines(console, frame, kinds, rows, goes_on=bool(below))
        if not below:
            print_as_is([above] if title is None else [harmless(title), above])
        print_as_is(lines)
        below = bottom
        widths = [len(each) - 2 for each in below[1:-1].split(frame.bottom_divider)]
    if below:
        print_as_is([below])


def _lines(
    console: Console,
    frame: Box,
    columns: Sequence[tuple[str, bool, int]],
    rows: Sequence[Sequence[object]],
    *,
    goes_on: bool,
) -> Sequence[str]:
    """Return a table line by line, of columns as wide as they were, if there is room."""
    table = Table(box=frame, show_header=not goes_on)
    for name, is_numeric, width in columns:
        table.add_column(
            name,
            justify="right" if is_numeric else "left",
            overflow="fold",
            no_wrap=name.endswith("_id"),
            min_width=width,
        )
    for row in rows:
        table.add_row(*map(_cell, row))
    lines = _printed(console, table)
    if lines[-1].endswith(frame.bottom_right):
        return lines
    for column in table.columns:  # there is no room for it
        column.min_width = None
    return _printed(console, table)


def _cell(value: object) -> Text:
    said = "" if value is None else str(value)
    return Text("\n".join(map(harmless, said.split("\n"))))


def _printed(console: Console, table: Table) -> Sequence[str]:
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()
