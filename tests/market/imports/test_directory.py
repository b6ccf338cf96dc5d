"""A directory holds a history: some files of the kinds that are known."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from market.app import build
from market.imports.directory import KINDS, plan_history
from market.imports.rows import Kind
from market.imports.tables import FileError
from tests.market.imports.files import (
    CUSTOMER,
    MESSAGE,
    MOVEMENT,
    REQUEST,
    RULE,
    SHIPMENT,
    write_csv,
    write_export,
)

ROWS = {
    "access_rules.csv": RULE,
    "access_requests.csv": REQUEST,
    "customers.csv": CUSTOMER,
    "inventory_movements.csv": MOVEMENT,
    "shipments.csv": SHIPMENT,
    "messages.csv": MESSAGE,
}


def test_what_others_depend_on_is_sent_first(tmp_path: Path) -> None:
    write_export(tmp_path)
    for name, row in ROWS.items():
        write_csv(tmp_path / name, [row])
    plan = plan_history(tmp_path)

    assert [(stage.title, stage.service) for stage in plan.stages] == [
        ("access-rules", "buyers"),
        ("access-requests", "buyers"),
        ("customers", "buyers"),
        ("listings", "catalog"),
        ("orders", "orders"),
        ("inventory", "catalog"),
        ("shipments", "orders"),
        ("messages", "buyers"),
    ]
    assert (plan.rejected, plan.noted) == ((), ())


def test_any_of_the_files_is_a_history(tmp_path: Path) -> None:
    write_csv(tmp_path / "messages.csv", [MESSAGE])

    assert [stage.title for stage in plan_history(tmp_path).stages] == ["messages"]


def test_a_file_of_no_known_name_is_noted_not_read(tmp_path: Path) -> None:
    write_csv(tmp_path / "messages.csv", [MESSAGE])
    write_csv(tmp_path / "message.csv", [MESSAGE])
    [noted] = plan_history(tmp_path).noted

    assert noted.place.file == "message.csv"
    assert noted.reason == "is not read: no file of a history has this name"


@pytest.mark.parametrize("name", ["nothing_at_all", "notes.csv"])
def test_a_directory_without_any_is_refused(tmp_path: Path, name: str) -> None:
    write_csv(tmp_path / name, [MESSAGE])

    with pytest.raises(FileError, match=r"no file of a history. It should hold some of"):
        plan_history(tmp_path)


def test_part_of_an_olist_export_is_refused(tmp_path: Path) -> None:
    (write_export(tmp_path) / "olist_products_dataset.csv").unlink()

    with pytest.raises(FileError, match=r"olist_products_dataset.csv: can't be read"):
        plan_history(tmp_path)


def test_reports_of_all_files_are_kept(tmp_path: Path) -> None:
    write_csv(tmp_path / "messages.csv", [MESSAGE, MESSAGE, {**MESSAGE, "sender": "bot"}])
    write_csv(tmp_path / "shipments.csv", [{**SHIPMENT, "lines": "all"}])
    plan = plan_history(tmp_path)

    assert [row.place.file for row in plan.rejected] == ["shipments.csv", "messages.csv"]
    assert [row.place.file for row in plan.noted] == ["messages.csv"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_help_names_every_column_of_a_file(kind: Kind[Any]) -> None:
    words = ["import", kind.title, "--help"]
    said = CliRunner().invoke(build({"imports"}), words, terminal_width=300).output

    for column in kind.row.columns():
        assert column in said


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_the_decision_names_every_column_of_a_file(kind: Kind[Any]) -> None:
    text = (Path(__file__).parents[3] / "docs/decisions/0006-imports.md").read_text("utf-8")
    [line] = [
        each for each in text.splitlines() if each.startswith(f"| `{kind.file_name}`")
    ]
    _, file, columns, *_ = line.split("|")

    assert file.split() == [f"`{kind.file_name}`,", f"`{kind.title}`"]
    named = re.sub(r"\(.*?\)|[\[\]]", "", columns)
    assert [name.strip() for name in named.split(",")] == [*kind.row.columns()]
