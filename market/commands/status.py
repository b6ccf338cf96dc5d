"""`market status` and `market env`: what runs here, how it does, and where it is."""

from collections.abc import Sequence
from typing import Final

import typer
from rich.console import Console
from rich.table import Table

from market.environment import lines as environment_lines
from market.errors import EXIT_CODES
from market.home import Home
from market.output import Format, FormatOption, say
from market.platform import running, running_state
from market.status import Line, lines
from market.tokens import AsOperator

app = typer.Typer()

HOW_TO_ASK: Final = (
    "each request to a service needs a token, such as: "
    'curl -H "Authorization: Bearer $(market token --operator)" "$ORDERS_URL/status"'
)


@app.command(epilog=EXIT_CODES)
def status(output: FormatOption = Format.TABLE) -> None:
    """Show how each process is doing.

    pos is the last position of a service's own history; lag, the facts that it has still
    to publish or to consume; parked, the streams that wait for `market parked`.
    """
    home = Home.of_environment()
    found = lines(running_state(home), AsOperator(home))
    if output is Format.NDJSON:
        for line in found:
            typer.echo(line.model_dump_json())
    else:
        Console().print(_table(found))


@app.command(epilog=EXIT_CODES)
def env() -> None:
    """Print all addresses as shell lines, for any client.

    In a shell: `set -a; eval "$(market env)"; set +a`. TOKEN_... is what a service of your
    own needs to know who asks it; a client of the services needs a token.
    """
    for line in environment_lines(running()):
        typer.echo(line)
    say(HOW_TO_ASK)


def _table(found: Sequence[Line]) -> Table:
    table = Table("service", "pid", "state")
    for figure in ("pos", "lag", "parked"):
        table.add_column(figure, justify="right")
    for line in found:
        table.add_row(*("" if v is None else str(v) for v in line.model_dump().values()))
    return table
