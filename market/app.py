"""The `market` command: all of `market.commands`, and errors told in a sentence."""

import sys
from collections.abc import Collection
from importlib import import_module
from typing import Final

import typer

from market import commands
from market.commands import COMMANDS
from market.errors import EXIT_CODES, MarketError

INTERRUPTED: Final = 130
"""What a shell shows of a command that Ctrl-C ended."""

EVERY: Final = frozenset(command.module for command in COMMANDS)


def build(modules: Collection[str] = EVERY) -> typer.Typer:
    """Return the whole command; of `modules` with what they do, of others their names.

    Shape: each module of `market.commands` brings its `app`.
    """
    app = typer.Typer(
        name="market",
        help="The seller side of a wholesale marketplace, on one machine.",
        epilog=EXIT_CODES,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name in dict.fromkeys(command.module for command in COMMANDS):
        if name in modules:
            app.add_typer(import_module(f"{commands.__name__}.{name}").app)
    for command in COMMANDS:
        if command.module not in modules:
            app.command(command.name, help=command.summary)(_not_asked_for)
    return app


def _not_asked_for() -> None:
    """Stand for a command that is only listed.

    Raises:
        AssertionError: Always: it is never the one that is run.
    """
    raise AssertionError("a command was run that was not asked for")


def asked_for(words: list[str]) -> Collection[str]:
    """Return the modules that the command of `words` needs: none for a list of all."""
    first = next((word for word in words if not word.startswith("-")), None)
    return {each.module for each in COMMANDS if each.name == first}


def main() -> None:
    """Run the command of `sys.argv`; what its user can put right ends in one sentence."""
    try:
        build(asked_for(sys.argv[1:]))()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except MarketError as why:
        typer.echo(f"market: {why}", err=True)
        sys.exit(why.exit_code)


if __name__ == "__main__":
    main()
