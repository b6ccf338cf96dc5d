"""CSV files as typed rows that remember their line.

A file that can't be read as the table it should be is refused whole, before anything of it
is used. A row that says something impossible is rejected alone, by line, column and reason.
"""

import codecs
import csv
import io
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from market.errors import MarketError

Cells: TypeAlias = Mapping[str, str | None]


class FileError(MarketError):
    """The file isn't the table it should be. Nothing was sent."""

    def __init__(self, path: Path, why: str, remedy: str, line: int | None = None) -> None:
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {why}. {remedy} Nothing was imported.")


class Row(BaseModel):
    """One row of a file; its fields are the columns that it must have."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    line: int

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the columns that the file must have, in any order, beside any others."""
        return tuple(name for name in cls.model_fields if name != "line")

    def says_the_same_as(self, other: "Row") -> bool:
        """Return whether both rows differ in nothing but where they stand."""
        return self.model_copy(update={"line": other.line}) == other


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands, so that its owner can find it."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class RowReport:
    """What is to be said of one row: why it was rejected, or what was made of it."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be read, and what it says all the same.

    Shape: `cells` by column; of a row with too few or too many, the first alone.
    """

    line: int
    reason: str
    cells: Cells


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """The rows of one file in file order, and those that can't be read."""

    file: str
    rows: Sequence[R]
    bad: Sequence[BadRow]

    def place(self, line: int) -> Place:
        """Return where `line` of this file stands."""
        return Place(self.file, line)

    def report(self, line: int, reason: str) -> RowReport:
        """Return what is to be said of `line` of this file."""
        return RowReport(self.place(line), reason)


def read_table(path: Path, row: type[R]) -> Table[R]:
    """Read the file at `path` as rows of `row`; a byte order mark is no matter.

    Raises:
        FileError: It is missing, empty, not UTF-8 text or not CSV, or lacks a column.
    """
    rows: list[R] = []
    bad: list[BadRow] = []
    for line, cells, problem in _records(path, row.columns()):
        if problem is not None:
            bad.append(BadRow(line, problem, cells))
            continue
        try:
            rows.append(row.model_validate({**cells, "line": line}))
        except ValidationError as error:
            bad.append(BadRow(line, _reason(error), cells))
    if not rows and not bad:
        raise FileError(path, "there is a header but no row below it", "Export it again.")
    return Table(path.name, rows, bad)


@dataclass(frozen=True, slots=True)
class Distinct(Generic[R]):
    """The rows of a table, one of each identity: the first.

    Shape: `contradicting` are later rows of the same identity that say something else;
        `rejected` reports them and the bad ones, `noted` those that only repeat.
    """

    rows: Sequence[R]
    contradicting: Sequence[R]
    rejected: Sequence[RowReport]
    noted: Sequence[RowReport]


def distinct_rows(table: Table[R], identity: Callable[[R], Hashable]) -> Distinct[R]:
    """Return what `table` says of each identity, in file order."""
    rejected = [table.report(bad.line, bad.reason) for bad in table.bad]
    noted: list[RowReport] = []
    contradicting: list[R] = []
    first: dict[Hashable, R] = {}
    for row in table.rows:
        known = first.setdefault(identity(row), row)
        if known is row:
            continue
        if row.says_the_same_as(known):
            noted.append(table.report(row.line, f"repeats line {known.line}"))
            continue
        contradicting.append(row)
        reason = f"contradicts line {known.line}, of the same id, which comes first"
        rejected.append(table.report(row.line, reason))
    rejected.sort(key=lambda report: report.place.line)
    return Distinct(list(first.values()), contradicting, rejected, noted)


def _records(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, Cells, str | None]]:
    """Yield (first line, cells, what is wrong with its shape) for each record.

    Raises:
        FileError: The file is missing, empty, not UTF-8 text or not CSV, or lacks a column.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header, columns)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not cells:
                continue
            problem = _shape_problem(header, cells)
            known = header if problem is None else header[:1]
            named = {
                name: cell.strip() or None for name, cell in zip(known, cells, strict=False)
            }
            yield line, named, problem
    except csv.Error as error:
        remedy = "Check the quotes there; a quote inside a field is written twice."
        raise FileError(path, str(error), remedy, reader.line_num) from error


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        why = f"can't be read ({error.strerror})"
        raise FileError(path, why, "Check the name and the rights to read it.") from error
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise FileError(path, "the file is empty", "Export it again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = f"byte 0x{data[error.start]:02x} is not UTF-8"
        remedy = "Save the whole file as UTF-8, for example with iconv -f LATIN1 -t UTF-8."
        raise FileError(path, why, remedy, line) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FileError(path, "a NUL byte is no text", "Save it as UTF-8.", line)
    return text


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in header]
    if missing:
        found = ", ".join(header)
        why = f"column {', '.join(missing)} is missing (found: {found})"
        raise FileError(path, why, "Add it, with commas between the columns.", 1)
    twice = [name for name in columns if header.count(name) > 1]
    if twice:
        raise FileError(path, f"column {twice[0]} is there twice", "Keep one.", 1)


def _shape_problem(header: Sequence[str], cells: Sequence[str]) -> str | None:
    if len(header) == len(cells):
        return None
    return f"has {len(cells)} fields where the header has {len(header)}"


def _reason(error: ValidationError) -> str:
    """Name every column that can't be read, and why."""
    said = []
    for problem in error.errors(include_url=False):
        why = str(problem.get("ctx", {}).get("error", problem["msg"]))
        said.append(": ".join([*map(str, problem["loc"][:1]), why]))
    return "; ".join(said)
