"""What `market` lists is what its commands say of themselves; each loads what it needs."""

import subprocess
import sys
from pkgutil import iter_modules

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from market import commands
from market.app import asked_for, build
from market.commands import COMMANDS

HEAVY = {"aiokafka", "fastapi", "numpy", "polars", "psycopg", "sqlalchemy"}


def test_every_module_of_commands_is_listed() -> None:
    found = {module.name for module in iter_modules(commands.__path__)}

    assert {command.module for command in COMMANDS} == found


def test_the_list_of_commands_says_what_they_say_themselves() -> None:
    listed, whole = (
        CliRunner().invoke(build(modules), "--help") for modules in ((), _all())
    )

    assert listed.output == whole.output
    assert all(command.name in listed.output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_found_where_it_is_listed(command: commands.Listed) -> None:
    found = get_command(build(asked_for([command.name]))).commands  # type: ignore[attr-defined]  # a group's

    first, *_ = (found[command.name].help or "").split("\n\n")
    assert " ".join(first.split()) == command.summary


def test_a_word_that_is_no_command_is_told_the_one_that_was_meant() -> None:
    said = CliRunner().invoke(build(asked_for(["statsu"])), ["statsu"])

    assert (said.exit_code, "Did you mean 'status'?" in said.output) == (2, True)


def test_a_command_is_found_behind_what_ends_the_options() -> None:
    assert asked_for(["--", "status"]) == asked_for(["status"]) != set()


@pytest.mark.parametrize("word", ["--help", "status", "down", "scorecards", "fees"])
def test_what_only_others_need_is_not_loaded(word: str) -> None:
    code = (
        "import sys; from market.app import asked_for, build; "
        f"build(asked_for([{word!r}])); print(*sys.modules)"
    )

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert HEAVY & set(done.stdout.split()) == set()


def _all() -> set[str]:
    return {command.module for command in COMMANDS}
