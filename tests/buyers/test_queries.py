"""How conversations are found: by an index, however many others a seller or buyer has."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event

from services.buyers import queries
from services.buyers.queries import Filters
from tests.buyers.parts import Parts
from tests.samples import FRIDAY, MONDAY

TALKS = """
INSERT INTO conversations
SELECT 'v-' || n, 's-1', 'b-' || mod(n, 50), 'o-' || mod(n, 40), moment, moment, 1,
    CASE WHEN mod(n, 100) = 0 THEN '["m-1", "m-2"]' ELSE '[]' END::jsonb, '[]'::jsonb,
    CASE WHEN mod(n, 100) < 2 THEN 'm-1' END,
    CASE WHEN mod(n, 100) < 2 THEN moment END,
    CASE WHEN mod(n, 100) = 0 THEN moment + interval '1 day' END, 1
FROM generate_series(1, 2000) AS n,
    LATERAL (SELECT %s::timestamptz + n * interval '1 s') AS at (moment)
"""


@pytest.fixture
def talks(parts: Parts) -> Iterator[Connection]:
    """Two thousand conversations of one seller, of which few wait."""
    with parts.engine.connect() as db:
        db.exec_driver_sql(TALKS, (FRIDAY,))
        db.exec_driver_sql("ANALYZE conversations")
        db.exec_driver_sql("SET LOCAL enable_seqscan = off")
        db.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        yield db
        db.rollback()


def plans_of(work: Callable[[], object], db: Connection) -> list[str]:
    """How each statement of `work` is carried out."""
    statements: list[tuple[str, Any]] = []

    def note(*said: object) -> None:
        statements.append((str(said[2]), said[3]))

    event.listen(db, "before_cursor_execute", note)
    work()
    event.remove(db, "before_cursor_execute", note)
    explained = [db.exec_driver_sql(f"EXPLAIN {sql}", v) for sql, v in statements]
    return ["\n".join(row[0] for row in plan) for plan in explained]


@pytest.mark.parametrize(
    ("filters", "column"),
    [
        ({"seller_id": "s-1", "buyer_id": "b-1"}, "buyer_id"),
        ({"seller_id": "s-1", "order_id": "o-1"}, "order_id"),
    ],
)
def test_a_page_of_conversations_begins_where_its_index_says(
    talks: Connection, filters: Filters, column: str
) -> None:
    place = (FRIDAY, "v-0")

    (plan,) = plans_of(lambda: queries.conversations_where(filters, place, 5, talks), talks)

    found = plan.partition("Index Cond:")[2].partition("\n")[0]
    assert "Sort" not in plan
    assert column in found
    assert "ROW(" in found


def test_counts_read_what_waits_and_count_the_rest_in_an_index(talks: Connection) -> None:
    plans = plans_of(lambda: queries.counts("s-1", MONDAY, talks), talks)

    of_talks = [plan for plan in plans if "conversations" in plan]
    assert queries.counts("s-1", MONDAY, talks)["conversations"] == {
        "all": 2_000,
        "unread": 40,
        "unanswered": 40,
        "overdue": 20,
    }
    for plan in of_talks:
        assert "Only Scan" in plan or "_waiting" in plan or "_unread" in plan
