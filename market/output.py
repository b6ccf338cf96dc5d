"""What commands print on stdout: a table for people, or a JSON object a line."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import typer
from rich.box import ASCII2, HEAVY_HEAD
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
    there on. No page is no table.
    """
    console = Console(width=None if sys.stdout.isatty() else 160)
    frame = ASCII2 if console.options.ascii_only else HEAVY_HEAD
    widths, numeric, below = [0] * len(columns), [False] * len(columns), ""
    for page in pages:
        rows = [list(row) for row in page]
        table = Table(box=frame, show_header=not below)
        for number, name in enumerate(columns):
            numeric[number] |= any(isinstance(row[number], int | float) for row in rows)
            table.add_column(
                name,
                justify="right" if numeric[number] else "left",
                overflow="fold",
                no_wrap=name.endswith("_id"),
                min_width=widths[number],
            )
        for row in rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        with console.capture() as captured:
            console.print(table)
        above, *lines, bottom = captured.get().splitlines()
        if not below:
            print_as_is([above] if title is None else [harmless(title), above])
        print_as_is(lines)
        below = bottom
        widths = [len(each) - 2 for each in below[1:-1].split(frame.bottom_divider)]
    if below:
        print_as_is([below])
