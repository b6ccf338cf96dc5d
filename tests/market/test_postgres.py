import re
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import Connection, text

from market.embedded.instance import Instance
from market.embedded.postgres import Postgres


def test_each_test_has_an_empty_database_of_its_own(fresh_database: str) -> None:
    with psycopg.connect(fresh_database) as connection:
        tables = "SELECT * FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchall() == []
        assert connection.info.server_version >= 180000


def test_what_a_test_writes_is_gone_after_it(db: Connection) -> None:
    db.execute(text("CREATE TABLE left_over ()"))


def test_what_another_test_wrote_is_not_there(db: Connection) -> None:
    db.execute(text("CREATE TABLE left_over ()"))


def test_a_killed_server_comes_back_with_all_that_was_committed(
    own_postgres: Callable[[], Instance[Postgres]],
) -> None:
    postgres = own_postgres()
    with psycopg.connect(postgres.server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")

    postgres.kill()
    postgres.start()

    with psycopg.connect(postgres.server.url()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_a_stranger_is_not_let_in(own_postgres: Callable[[], Instance[Postgres]]) -> None:
    postgres = own_postgres()
    guess = re.sub("postgres:[0-9a-f]+@", "postgres:guess@", postgres.server.url())
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(guess)
