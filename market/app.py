"""The `market` command: all of `market.commands`, and errors told in a sentence."""

import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import typer

from market import commands
from market.errors import EXIT_CODES, MarketError

INTERRUPTED: Final = 130
"""What a shell shows of a command that Ctrl-C ended."""

FIRST: Final = ("up", "status")
"""The modules whose commands a newcomer needs first; the others follow by name."""


def build() -> typer.Typer:
    """Return the whole command: each module of `market.commands` brings its `app`."""
    app = typer.Typer(
        name="market",
        help="The seller side of a wholesale marketplace, on one machine.",
        epilog=EXIT_CODES,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name in sorted(
        (module.name for module in iter_modules(commands.__path__)),
        key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name),
    ):
        app.add_typer(import_module(f"{commands.__name__}.{name}").app)
    return app


def main() -> None:
    """Run the command of `sys.argv`; what its user can put right ends in one sentence."""
    try:
        build()()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except MarketError as why:
        typer.echo(f"market: {why}", err=True)
        sys.exit(why.exit_code)


if __name__ == "__main__":
    main()
