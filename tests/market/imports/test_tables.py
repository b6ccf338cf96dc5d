"""Files that aren't the table they should be are refused whole, with a remedy."""

from pathlib import Path

import pytest

from market.imports.cells import IdCell, MomentIfGiven
from market.imports.tables import FileError, Row, read_table


class Note(Row):
    note_id: IdCell
    said_at: MomentIfGiven


def write(path: Path, data: bytes) -> Path:
    file = path / "notes.csv"
    file.write_bytes(data)
    return file


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as refused:
        read_table(path, Note)
    return str(refused.value)


def test_rows_know_their_lines_whatever_stands_between_them(tmp_path: Path) -> None:
    data = b'note_id,said_at,more\na,,"two\nlines"\n\nb,2018-03-01T10:00:00+02:00,\n'
    table = read_table(write(tmp_path, data), Note)

    assert [(row.note_id, row.line) for row in table.rows] == [("a", 2), ("b", 5)]
    assert table.rows[1].said_at is not None
    assert table.rows[1].said_at.isoformat() == "2018-03-01T08:00:00+00:00"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfnote_id,said_at\na,\n",
        b"said_at,note_id\r\n,a\r\n",
        b'"note_id", said_at \n a ,""',
    ],
)
def test_marks_line_ends_and_the_order_of_columns_do_not_matter(
    tmp_path: Path, data: bytes
) -> None:
    table = read_table(write(tmp_path, data), Note)

    assert [(row.note_id, row.said_at, row.line) for row in table.rows] == [("a", None, 2)]


def test_a_missing_column_is_named_with_those_found(tmp_path: Path) -> None:
    said = refusal(write(tmp_path, b"note_id;said_at\na;\n"))

    assert "notes.csv, line 1: column note_id, said_at is missing" in said
    assert "(found: note_id;said_at)" in said
    assert said.endswith("Nothing was imported.")


def test_a_column_that_is_there_twice_is_named(tmp_path: Path) -> None:
    assert "column note_id is there twice" in refusal(
        write(tmp_path, b"note_id,note_id,said_at\na,b,\n")
    )


@pytest.mark.parametrize("data", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "notes.csv: the file is empty. Export it again." in refusal(
        write(tmp_path, data)
    )


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    assert "a header but no row" in refusal(write(tmp_path, b"note_id,said_at\n"))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path / "nowhere.csv")

    assert "nowhere.csv: can't be read (No such file or directory)" in said


def test_mixed_encodings_are_refused_at_the_line_where_they_mix(tmp_path: Path) -> None:
    data = "note_id,said_at\ncaf\u00e9,\n".encode() + "ma\u00e7\u00e3,\n".encode("latin-1")
    said = refusal(write(tmp_path, data))

    assert "notes.csv, line 3: byte 0xe7 is not UTF-8. Save the whole file as UTF-8" in said


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    assert "line 2: a NUL byte is no text" in refusal(
        write(tmp_path, b"note_id,said_at\na\0,\n")
    )


def test_a_quote_that_never_closes_is_refused(tmp_path: Path) -> None:
    said = refusal(write(tmp_path, b'note_id,said_at\na,\n"b,\n'))

    assert "notes.csv, line 3: unexpected end of data. Check the quotes there" in said


def test_every_bad_column_of_a_row_is_named(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, b"note_id,said_at\n,2018-02-30 10:00:00\n"), Note)

    [bad] = table.bad
    assert bad.line == 2
    assert bad.reason.startswith("note_id: is empty; it must name something; said_at: ")
    assert "is not a time that exists" in bad.reason
