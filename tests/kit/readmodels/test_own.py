"""Read models of own facts, made again from the store: compared, and swapped."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from kit.database import connect
from kit.eventstore.history import History
from kit.eventstore.requests import Request
from kit.eventstore.streams import PostgresStreams
from kit.process import prepare
from kit.readmodels.beside import Comparison
from kit.readmodels.own import rebuild_own, verify_own
from services.orders.app import BLUEPRINT
from services.orders.handlers import to_request
from tests.kit.test_streams import ACCEPT, PLACE, new_id
from tests.samples import FRIDAY

ORDERS, *_ = BLUEPRINT.own


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    prepare(engine, BLUEPRINT)
    yield engine
    engine.dispose()


@pytest.fixture
def streams(engine: Engine) -> PostgresStreams:
    return PostgresStreams(History(engine), BLUEPRINT.projections, new_id, lambda: FRIDAY)


def record(streams: PostgresStreams, *commands: object) -> None:
    asked: list[Request] = [to_request(command) for command in commands]  # type: ignore[arg-type, type-arg]  # commands of orders
    streams.submit(asked)


def alter(engine: Engine, sql: str) -> None:
    with engine.begin() as db:
        db.execute(text(sql))


def only(found: list[Comparison]) -> Comparison:
    (comparison,) = found
    return comparison


def test_a_read_model_equals_the_fold_of_its_facts(
    engine: Engine, streams: PostgresStreams
) -> None:
    record(streams, PLACE, ACCEPT)

    found = only(verify_own(engine, ORDERS))

    assert (found.equal, found.live_rows) == (True, 1)


@pytest.mark.parametrize(
    "damage",
    ["UPDATE seller_orders SET state = 'rejected'", "DELETE FROM seller_orders"],
)
def test_a_damaged_read_model_is_told_and_made_again(
    engine: Engine, streams: PostgresStreams, damage: str
) -> None:
    record(streams, PLACE, ACCEPT)
    alter(engine, damage)

    assert not only(verify_own(engine, ORDERS)).equal
    rebuild_own(engine, ORDERS)

    assert only(verify_own(engine, ORDERS)).equal


def test_verifying_changes_nothing(engine: Engine, streams: PostgresStreams) -> None:
    record(streams, PLACE)
    alter(engine, "UPDATE seller_orders SET state = 'rejected'")

    verify_own(engine, ORDERS)

    with engine.connect() as db:
        assert db.scalar(text("SELECT state FROM seller_orders")) == "rejected"
        assert db.scalar(text("SELECT to_regnamespace('beside')")) is None


def test_after_a_swap_the_read_model_goes_on(
    engine: Engine, streams: PostgresStreams
) -> None:
    record(streams, PLACE)
    rebuild_own(engine, ORDERS)

    record(streams, ACCEPT)

    assert only(verify_own(engine, ORDERS)).equal
    with engine.connect() as db:
        assert db.scalar(text("SELECT state FROM live.seller_orders")) == "accepted"
