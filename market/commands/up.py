"""`market up`: start the platform on this machine."""

from dataclasses import dataclass
from typing import Annotated, Final

import typer

from market.background import clear_up, say_the_rest_to_log, start_in_background
from market.environment import lines
from market.errors import EXIT_CODES
from market.home import Home
from market.output import say
from market.platform import running
from market.waiting import Waits

app = typer.Typer()

UP_EPILOG: Final = (
    "Kafka and PostgreSQL are those that KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL name; "
    "what is not named is started here, on free ports, from packages: the first time, "
    "Kafka's jars are downloaded to a cache (MARKET_CACHE). Data and logs are kept in "
    f"MARKET_HOME (default .market). {EXIT_CODES}"
)


@dataclass(frozen=True)
class Listen:
    """Where something is to listen."""

    name: str
    port: int


def parse_port(text: str) -> Listen:
    """Return what `orders=8001` says.

    Raises:
        BadParameter: It is not of that form.
    """
    name, _, port = text.partition("=")
    if not name or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise typer.BadParameter(f"{text!r} is not NAME=PORT, such as orders=8001")
    return Listen(name, int(port))


@app.command(epilog=UP_EPILOG)
def up(
    port: Annotated[
        list[Listen] | None,
        typer.Option(
            parser=parse_port,
            metavar="NAME=PORT",
            help="Where kafka, postgres or a service is to listen; else any free port.",
        ),
    ] = None,
    *,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once all is ready.")
    ] = False,
    in_background: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Start Kafka, PostgreSQL and the services; keep them up.

    A process that dies is started again. Ctrl-C stops everything in order; with --detach,
    `market down` does.
    """
    ports = {given.name: given.port for given in port or []}
    if detach:
        _start_in_background(ports)
        return
    from market.launch import Launch  # noqa: PLC0415 - who starts a background doesn't need it

    home = Home.of_environment()
    with home.occupied():
        clear_up(home, say)
        launch = Launch(home, Waits(say), ports)
        launch.run(
            lambda: say_the_rest_to_log(home) if in_background else _show_addresses()
        )


def _start_in_background(ports: dict[str, int]) -> None:
    """Start it, and end as it does.

    Raises:
        Exit: It could not be started; it has said why.
    """
    if code := start_in_background(say, ports):
        raise typer.Exit(code)
    say("`market status` shows it, `market env` its addresses, `market down` stops it")


def _show_addresses() -> None:
    for line in lines(running()):
        typer.echo(line)
    say("Ctrl-C stops it")
