"""`market token`: who a client of this platform's services is, for a while."""

import re
from datetime import timedelta
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError

from contracts.fact import Id, SellerId
from kit.asker import Asker
from market.errors import EXIT_CODES
from market.home import Home
from market.platform import running_state

app = typer.Typer()

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST: Final = timedelta(days=30)


def parse_duration(text: str) -> timedelta:
    """Return how long `90s`, `30m`, `12h` or `7d` is.

    Raises:
        BadParameter: It is none, nothing, or more than a token may last.
    """
    found = re.fullmatch(r"([0-9]{1,7})([smhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no duration: write 90s, 30m, 12h or 7d")
    duration = timedelta(**{UNITS[found[2]]: int(found[1])})
    if not timedelta() < duration <= LONGEST:
        raise typer.BadParameter(f"{text!r} is not between 1s and {LONGEST.days}d")
    return duration


@app.command(epilog=EXIT_CODES)
def token(
    seller: Annotated[
        str | None, typer.Option("--seller", metavar="ID", help="The seller of this id.")
    ] = None,
    buyer: Annotated[
        str | None, typer.Option("--buyer", metavar="ID", help="The buyer of this id.")
    ] = None,
    valid_for: Annotated[
        timedelta,
        typer.Option(
            "--for",
            parser=parse_duration,
            metavar="DURATION",
            help="Such as 90s, 30m, 12h or 7d.",
        ),
    ] = "1h",  # type: ignore[assignment]  # parsed as if it were given
    *,
    operator: Annotated[
        bool, typer.Option("--operator", help="Whoever runs the marketplace.")
    ] = False,
) -> None:
    """Print a token for the services: who asks them, for how long.

    Give it with each request: `Authorization: Bearer <token>`. The key that signs it stays
    in MARKET_HOME.
    """
    asker = _asker(seller, buyer, operator=operator)
    home = Home.of_environment()
    running_state(home)
    from market.tokens import TokenKey  # noqa: PLC0415 - whoever asks for help needs no keys

    typer.echo(TokenKey.of(home).token(asker, valid_for))


def _asker(seller: str | None, buyer: str | None, *, operator: bool) -> Asker:
    """Return who is meant.

    Raises:
        BadParameter: Nobody is, several are, or no id is like that.
    """
    meant = [
        *([] if seller is None else [Asker("seller", seller)]),
        *([] if buyer is None else [Asker("buyer", buyer)]),
        *([Asker("operator", "market")] if operator else []),
    ]
    if len(meant) != 1:
        raise typer.BadParameter("give one of --seller ID, --buyer ID and --operator")
    [asker] = meant
    try:
        TypeAdapter[str](SellerId if asker.role == "seller" else Id).validate_python(
            asker.id
        )
    except ValidationError:
        raise typer.BadParameter(f"no {asker.role} can have the id {asker.id!r}") from None
    return asker
