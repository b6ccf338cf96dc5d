"""Options that questions of any moment share, and questions as they are typed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from shlex import join
from typing import Annotated, Final

import typer

from market.asking import MOST_OF_A_PAGE
from market.moments import parse_moment

MOMENT: Final = {"parser": parse_moment, "metavar": "TIME"}

DaysOption = Annotated[
    int,
    typer.Option(
        "--days", min=1, max=int(MOST_OF_A_PAGE), help="So many, the newest first."
    ),
]
KnownAtOption = Annotated[
    datetime | None,
    typer.Option("--known-at", help="As far as it was known by then.", **MOMENT),
]
SeenOption = Annotated[
    str | None,
    typer.Option(
        "--seen",
        metavar="SEEN",
        help="As far as facts had come when an answer said this: so it is had again.",
    ),
]
PolicyVersionOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="VERSION",
        help="Judge by this version; else by the one that applied then.",
    ),
]


def typed(command: Sequence[str], asked: Mapping[str, str | bool | None]) -> str:
    """Return the command line that asks it.

    Shape: `asked` by the names of options; those that are None or False are left out.
    """
    options = {f"--{name.replace('_', '-')}": value for name, value in asked.items()}
    given = (
        option if value is True else f"{option}={value}"
        for option, value in options.items()
        if value
    )
    return join([*command, *given])
