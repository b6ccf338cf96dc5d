"""Rows of a table as typed columns, of the live read models first."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import polars as pl
import pytest
from psycopg import sql
from sqlalchemy import text

from kit.database import address, connect, create_live_schema
from kit.readmodels.frames import one_moment, read_frame

SCHEMA = pl.Schema(
    {
        "event_id": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "made_on": pl.Date(),
        "units": pl.Int64(),
    }
)
ID = "00000000-0000-0000-0000-000000000001"
ROW = (ID, datetime(2026, 3, 6, 18, tzinfo=UTC), date(2026, 1, 5), 7)
_MADE = "(event_id uuid, at timestamptz, made_on date, units integer)"


@pytest.fixture
def url(fresh_database: str) -> Iterator[str]:
    engine = connect(fresh_database)
    with engine.begin() as db:
        create_live_schema(db)
        db.execute(text(f"CREATE TABLE public.moved {_MADE}"))
        db.execute(text(f"CREATE TABLE live.moved {_MADE}"))
        db.execute(
            text("INSERT INTO live.moved VALUES (:id, :at, :made_on, :units)"),
            dict(zip(("id", "at", "made_on", "units"), ROW, strict=True)),
        )
        db.execute(text("INSERT INTO live.moved VALUES (NULL, NULL, NULL, 8)"))
    yield address(engine)
    engine.dispose()


def test_rows_are_read_with_the_types_that_are_asked_for(url: str) -> None:
    found = read_frame(url, "moved", SCHEMA)

    assert found.schema == SCHEMA
    assert found.sort("units").rows() == [ROW, (None, None, None, 8)]


def test_conditions_must_all_hold(url: str) -> None:
    wanted = [sql.SQL("units > {}").format(6), sql.SQL("event_id = {}").format(ID)]

    assert read_frame(url, "moved", SCHEMA, wanted).rows() == [ROW]


def test_a_table_without_such_rows_has_their_types_all_the_same(url: str) -> None:
    none = read_frame(url, "moved", SCHEMA, [sql.SQL("units > {}").format(8)])

    assert (none.height, none.schema) == (0, SCHEMA)


def test_what_is_read_at_one_moment_knows_nothing_of_what_is_committed_meanwhile(
    url: str,
) -> None:
    with one_moment(url) as read:
        before = read("moved", SCHEMA)
        engine = connect(url)
        with engine.begin() as db:
            db.execute(text("INSERT INTO live.moved SELECT * FROM live.moved"))
        engine.dispose()
        again = read("moved", SCHEMA)

    assert (before.height, again.height) == (2, 2)
    assert read_frame(url, "moved", SCHEMA).height == 4
