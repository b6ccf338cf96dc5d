"""What benchmarks ask of PostgreSQL is of all rows that they put there."""

from collections.abc import Iterator

import polars as pl
import pytest
from sqlalchemy import Engine

from benchmarks import one_seller
from benchmarks.sayings import AS_OF
from benchmarks.standing_rows import fill
from benchmarks.what_if import OFFICIAL, PROPOSED
from benchmarks.what_if_of_tables import answered, stand_beyond_all
from kit.database import connect
from services.performance.model.what_if import what_if
from services.performance.queries import Question, ask_scorecards, read_in_parts
from services.performance.queries.one_seller import Asked, ask_card

SELLERS = 3
QUESTION = Question(OFFICIAL, AS_OF, known_at=AS_OF)


@pytest.fixture
def filled(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    fill(engine, SELLERS)
    yield engine
    engine.dispose()


def test_a_what_if_of_tables_is_of_all_sellers_and_of_all_rows(
    filled: Engine, fresh_database: str
) -> None:
    stand_beyond_all(filled)
    (rows,) = read_in_parts(filled, QUESTION)
    metrics = what_if(*rows, (OFFICIAL, PROPOSED), AS_OF, AS_OF).metrics

    found = answered(fresh_database)

    assert found.sellers == SELLERS
    assert found.changed == metrics.filter(pl.col("changes") != "same").height > 0


def test_the_one_seller_asked_for_stands_as_among_all(filled: Engine) -> None:
    names = one_seller.names_in(filled)
    of_all = ask_scorecards(filled, QUESTION).cards

    for name in names:
        card, _ = ask_card(filled, Asked(name, OFFICIAL, AS_OF, known_at=AS_OF))
        assert card.metrics.equals(of_all.filter(seller_id=name))

    assert len(names) == SELLERS
