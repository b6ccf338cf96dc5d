"""`market import`: history from files, through the services' own commands."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress as Bars,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from market.imports.catch_up import wait_until_caught_up
from market.imports.client import Progress, Report, send_plan
from market.imports.directory import FILES, KINDS, plan_history
from market.imports.olist import plan_olist
from market.imports.plan import Plan
from market.imports.rows import Kind, plan_file
from market.imports.tables import RowReport
from market.output import Format, FormatOption
from market.platform import running
from market.tokens import AsOperator

EPILOG: Final = (
    "Importing the same file again changes nothing. Rows that can't be imported, or that "
    "the rules refuse, are listed by file, line and reason; the others are in effect. Exit "
    "codes: 0 done, whatever was rejected; 1 a file was refused, a service stayed away, or "
    "a row was rejected and --strict given; 3 no platform is running here."
)

app = typer.Typer(
    name="import",
    help="Bring history from files into the running platform.",
    no_args_is_help=True,
)


StrictOption = Annotated[
    bool, typer.Option("--strict", help="Exit 1 if any row was rejected.")
]


@app.command("history", epilog=EPILOG)
def import_history(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help=f"Where some of {', '.join(FILES)} are."),
    ],
    report_format: FormatOption = Format.TABLE,
    *,
    strict: StrictOption = False,
) -> None:
    """Import all files of a history that are in a directory.

    In the order in which none is refused for want of another, whatever they hold. The other
    commands here import one kind of file and say what is in it.
    """
    _import(lambda: plan_history(directory), report_format, strict=strict)


@app.command("olist", epilog=EPILOG)
def import_olist(
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Where olist_orders_dataset.csv, olist_order_items_dataset.csv and "
            "olist_products_dataset.csv are.",
        ),
    ],
    report_format: FormatOption = Format.TABLE,
    *,
    strict: StrictOption = False,
) -> None:
    """Import orders, shipments and listings from an Olist export.

    One order per (order, seller); times without an offset are UTC; amounts are BRL.
    """
    _import(lambda: plan_olist(directory), report_format, strict=strict)


def _add(kind: Kind[Any]) -> None:
    """Make the command that imports one file of `kind`."""
    columns = f"Columns {', '.join(kind.row.columns())}; {kind.columns}"

    def import_file(
        file: Annotated[Path, typer.Argument(metavar="FILE.csv", help=columns)],
        report_format: FormatOption = Format.TABLE,
        *,
        strict: StrictOption = False,
    ) -> None:
        _import(lambda: plan_file(kind, file), report_format, strict=strict)

    told = f"{kind.summary}\n\nIn order of their moments; one without an offset is UTC."
    app.command(kind.title, help=told, epilog=EPILOG)(import_file)


for each in KINDS:
    _add(each)


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Show a bar on stderr for each stage that is told of."""
    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def told(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)

    with bars:
        yield told


def print_report(report: Report, report_format: Format) -> None:
    """Print `report` on stdout: as a table, or a line for each row and one for the sums."""
    if report_format is Format.NDJSON:
        sys.stdout.writelines(f"{json.dumps(line)}\n" for line in report_lines(report))
        return
    console = Console()
    for title, rows in (("rejected", report.rejected), ("noted", report.noted)):
        if rows:
            console.print(_table(title, rows))
    console.print(
        f"{report.sent} commands sent: {report.recorded} recorded, {report.unchanged} "
        f"unchanged, {report.refused} refused; {len(report.rejected)} rows rejected, "
        f"{len(report.noted)} noted",
        highlight=False,
    )


def report_lines(report: Report) -> Iterator[dict[str, str | int]]:
    """Yield what became of rows worth naming, then the sums of all commands."""
    for outcome, rows in (("rejected", report.rejected), ("noted", report.noted)):
        for row in rows:
            yield {
                "outcome": outcome,
                "file": row.place.file,
                "line": row.place.line,
                "reason": row.reason,
            }
    yield {
        "outcome": "imported",
        "sent": report.sent,
        "recorded": report.recorded,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "rejected": len(report.rejected),
        "noted": len(report.noted),
    }


def _import(plan: Callable[[], Plan], report_format: Format, *, strict: bool) -> None:
    """Read first, so that a file that is refused is refused before anything is sent.

    Raises:
        Exit: A row was rejected, and none may be.
    """
    planned = plan()
    platform = running()
    urls, auth = platform.service_urls, AsOperator(platform.home)
    with progress_bars() as progress:
        report = send_plan(planned, urls, progress, auth=auth)
    print_report(report, report_format)
    with progress_bars() as progress:
        wait_until_caught_up(urls, progress, auth=auth)
    if strict and report.rejected:
        raise typer.Exit(1)


def _table(title: str, rows: list[RowReport]) -> Table:
    table = Table("file", "line", "reason", title=title, title_justify="left")
    for row in rows:
        table.add_row(Text(row.place.file), str(row.place.line), Text(row.reason))
    return table
