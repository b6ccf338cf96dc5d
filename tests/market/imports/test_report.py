"""What became of an import, for people and for programs."""

import json

import pytest

from market.commands.imports import print_report, progress_bars
from market.imports.client import Report
from market.imports.tables import Place, RowReport
from market.output import Format

REPORT = Report(
    sent=5,
    recorded=3,
    unchanged=1,
    refused=1,
    rejected=[RowReport(Place("stock.csv", 7), "units: '2.5' is not a whole number")],
    noted=[RowReport(Place("stock.csv", 9), "repeats line 2")],
)


def test_programs_read_a_line_per_row_and_the_sums(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_report(REPORT, Format.NDJSON)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        {
            "outcome": "rejected",
            "file": "stock.csv",
            "line": 7,
            "reason": "units: '2.5' is not a whole number",
        },
        {"outcome": "noted", "file": "stock.csv", "line": 9, "reason": "repeats line 2"},
        {
            "outcome": "imported",
            "sent": 5,
            "recorded": 3,
            "unchanged": 1,
            "refused": 1,
            "rejected": 1,
            "noted": 1,
        },
    ]


def test_people_read_what_was_rejected_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(REPORT, Format.TABLE)

    said = capsys.readouterr().out
    assert "stock.csv" in said
    assert "units: '2.5' is not a whole number" in said
    assert "5 commands sent: 3 recorded, 1 unchanged, 1 refused" in said


def test_progress_is_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars() as progress:
        progress("movements", 0, 4)
        progress("movements", 4, 4)

    out, err = capsys.readouterr()
    assert out == ""
    assert "movements" in err
    assert "4/4" in err
