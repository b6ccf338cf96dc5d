"""Rows folded from facts, whatever their key: of one column or of several."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    select,
)

from contracts.fact import Fact
from contracts.orders import OrderAccepted, OrderPlaced
from kit.eventstore.records import Recorded
from kit.readmodels.rows import FoldedRows, Row
from tests.samples import ACCEPTED, PLACED, REJECTED, recorded

KINDS: tuple[type[OrderPlaced | OrderAccepted], ...] = (OrderPlaced, OrderAccepted)
KEYS = (("order_id",), ("seller_id", "order_id"))


def counted(row: Row | None, fact: OrderPlaced | OrderAccepted) -> Row | None:
    """Count the facts of an order from its first on."""
    if row is None and isinstance(fact, OrderAccepted):
        return None
    ids = {"order_id": fact.order_id, "seller_id": fact.seller_id}
    return ids | {"facts": 1 + (row["facts"] if row else 0)}


class Counts:
    """A table of how many facts each order has, in a database."""

    def __init__(self, key: Sequence[str], db: Connection) -> None:
        names = ("order_id", "seller_id")
        self.table = Table(
            "counts",
            MetaData(),
            *(Column(name, Text, primary_key=name in key) for name in names),
            Column("facts", Integer, nullable=False),
            Column("version", Integer, nullable=False),
        )
        self.table.create(db)
        self.rows = FoldedRows(self.table, KINDS, counted)
        self.db = db

    def after(self, *batches: Sequence[Recorded]) -> list[tuple[object, ...]]:
        for batch in batches:
            self.rows.fold(batch, self.db)
        found = self.db.execute(select(self.table).order_by(self.table.c.order_id))
        return [tuple(row) for row in found]


@pytest.fixture(params=KEYS, ids="-".join)
def counts(request: pytest.FixtureRequest, db: Connection) -> Counts:
    return Counts(request.param, db)


def numbered(*facts: Fact, order_id: str = "o-1") -> list[Recorded]:
    return [
        replace(recorded(fact.model_copy(update={"order_id": order_id})), version=version)
        for version, fact in enumerate(facts, 1)
    ]


def test_each_key_has_a_row_of_its_own(counts: Counts) -> None:
    batch = [*numbered(PLACED, ACCEPTED), *numbered(PLACED, order_id="o-2")]

    assert counts.after(batch) == [("o-1", "s-1", 2, 2), ("o-2", "s-1", 1, 1)]


def test_facts_that_a_row_knows_are_skipped(counts: Counts) -> None:
    batch = numbered(PLACED, ACCEPTED)

    assert counts.after(batch[:1], batch, batch) == [("o-1", "s-1", 2, 2)]


def test_facts_of_other_kinds_are_left_out(counts: Counts) -> None:
    assert counts.after(numbered(REJECTED), []) == []


def test_what_shows_nothing_yet_leaves_no_row(counts: Counts) -> None:
    assert counts.after(numbered(ACCEPTED)) == []


def test_rows_that_come_in_bulk_are_those_that_come_one_by_one(counts: Counts) -> None:
    batch = [
        fact for n in range(200) for fact in numbered(PLACED, ACCEPTED, order_id=f"o-{n}")
    ]
    one_by_one = [("o-" + str(n), "s-1", 2, 2) for n in range(200)]

    assert counts.after(batch[:201], batch) == sorted(one_by_one)


def test_a_row_that_another_added_meanwhile_keeps_no_bulk_from_being_kept(
    engine: Engine,
) -> None:
    batch = [fact for n in range(200) for fact in numbered(PLACED, order_id=f"o-{n}")]
    with engine.begin() as db:
        counts = Counts(("order_id",), db)
    others = [{"order_id": "o-7", "seller_id": "s-2", "facts": 1, "version": 1}]

    def overtaken(row: Row | None, fact: OrderPlaced | OrderAccepted) -> Row | None:
        if others:
            with engine.begin() as other:
                other.execute(insert(counts.table), others.pop())
        return counted(row, fact)

    rows = FoldedRows(counts.table, KINDS, overtaken)
    with engine.begin() as db:
        rows.fold(batch, db)

    with engine.connect() as db:
        found = {tuple(row) for row in db.execute(select(counts.table))}
    assert found == {(f"o-{n}", "s-1", 1, 1) for n in range(200)}
