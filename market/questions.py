"""Options that questions of any moment share."""

from datetime import datetime
from typing import Annotated, Final

import typer

from market.moments import parse_moment

MOMENT: Final = {"parser": parse_moment, "metavar": "TIME"}

KnownAtOption = Annotated[
    datetime | None,
    typer.Option("--known-at", help="As far as it was known by then.", **MOMENT),
]
PolicyVersionOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="VERSION",
        help="Judge by this version; else by the one that applied then.",
    ),
]
