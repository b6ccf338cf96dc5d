"""`market status` and `market env`: what runs here, how it does, and where it is."""

from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table

from market.environment import lines as environment_lines
from market.errors import EXIT_CODES
from market.home import Home
from market.output import Format, FormatOption
from market.platform import running, running_state
from market.status import Line, lines

app = typer.Typer()


@app.command(epilog=EXIT_CODES)
def status(output: FormatOption = Format.TABLE) -> None:
    """Show how each process is doing.

    pos is the last position of a service's own history; lag, the facts that it has still
    to publish or to consume; parked, the streams that wait for `market parked`.
    """
    found = lines(running_state(Home.of_environment()))
    if output is Format.NDJSON:
        for line in found:
            typer.echo(line.model_dump_json())
    else:
        Console().print(_table(found))


@app.command(epilog=EXIT_CODES)
def env() -> None:
    """Print all addresses as shell lines, for any client.

    In a shell: `set -a; eval "$(market env)"; set +a`.
    """
    for line in environment_lines(running()):
        typer.echo(line)


def _table(found: Sequence[Line]) -> Table:
    table = Table("service", "pid", "state")
    for figure in ("pos", "lag", "parked"):
        table.add_column(figure, justify="right")
    for line in found:
        table.add_row(*("" if v is None else str(v) for v in line.model_dump().values()))
    return table
