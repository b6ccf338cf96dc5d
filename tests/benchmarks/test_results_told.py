"""The page of results says something of every benchmark, and of none that is gone."""

import re
from pathlib import Path

from benchmarks.__main__ import names

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_ROW = re.compile(r"^\| `(\w+)`", re.MULTILINE)


def test_every_benchmark_stands_in_the_table_of_results() -> None:
    told = _ROW.findall(PAGE.read_text())

    assert sorted({*told}) == names()
