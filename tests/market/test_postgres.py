import psycopg
from sqlalchemy import Connection, text


def test_each_test_has_an_empty_database_of_its_own(fresh_database: str) -> None:
    with psycopg.connect(fresh_database) as connection:
        tables = "SELECT * FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchall() == []
        assert connection.info.server_version >= 180000


def test_what_a_test_writes_is_gone_after_it(db: Connection) -> None:
    db.execute(text("CREATE TABLE left_over ()"))


def test_what_another_test_wrote_is_not_there(db: Connection) -> None:
    db.execute(text("CREATE TABLE left_over ()"))
