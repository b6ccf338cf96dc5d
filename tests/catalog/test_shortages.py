"""Accepted orders that found too little: who waits, for how much, and who does not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kit.database import driver
from services.catalog.adapters import shortages
from tests.catalog.stored import StoredCatalog
from tests.catalog.test_inventory import RECEIVE
from tests.catalog.test_late_facts import changed
from tests.catalog.test_stock_races import wanting
from tests.samples import ACCEPTED, CANCELLED, FRIDAY, TUESDAY


@pytest.fixture
def catalog(fresh_database: str) -> Iterator[StoredCatalog]:
    made = StoredCatalog(fresh_database)
    made.do(replace(RECEIVE, units=2))
    yield made
    made.engine.dispose()


def short(catalog: StoredCatalog) -> list[tuple[str, int]]:
    """Which orders wait, and for how many units."""
    with catalog.engine.connect() as db:
        return [(one.order_id, one.units) for one in shortages("s-1", db)]


def kept(catalog: StoredCatalog) -> list[str]:
    """The orders that are looked at when units come in."""
    with catalog.engine.connect() as db:
        found = driver(db).execute("SELECT order_id FROM waiting_orders").fetchall()
    return [order for (order,) in found]


def test_an_order_that_was_raised_waits_for_the_rest(catalog: StoredCatalog) -> None:
    catalog.hear(wanting(2), ACCEPTED)
    catalog.hear(changed(2, 5))
    assert short(catalog) == [("o-1", 3)]

    catalog.do(replace(RECEIVE, at=TUESDAY))
    catalog.hear_itself()

    assert (catalog.on_hand(), catalog.aside()) == (7, {("o-1", "p-1"): 5})
    assert (short(catalog), kept(catalog)) == ([], [])


def test_an_order_that_was_cut_waits_for_what_it_still_wants(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(9), ACCEPTED)
    assert short(catalog) == [("o-1", 7)]

    catalog.hear(changed(9, 3))
    assert short(catalog) == [("o-1", 1)]
    catalog.hear(changed(3, 2))
    assert (short(catalog), kept(catalog)) == ([], [])


def test_an_order_that_has_ended_waits_for_nothing(catalog: StoredCatalog) -> None:
    catalog.hear(wanting(9), ACCEPTED)
    catalog.hear(CANCELLED)

    assert (short(catalog), kept(catalog)) == ([], [])


def test_what_an_order_reserved_since_is_not_missing(catalog: StoredCatalog) -> None:
    catalog.hear(wanting(3), ACCEPTED)
    catalog.do(RECEIVE)
    catalog.reserve("o-1", version=2, p1=8)

    assert short(catalog) == []
    catalog.hear_itself()
    assert catalog.aside() == {("o-1", "p-1"): 8}


def test_only_orders_that_can_have_some_are_looked_at_when_units_come_in(
    catalog: StoredCatalog,
) -> None:
    orders = [f"o-{n}" for n in range(1, 6)]
    for order in orders:
        catalog.hear(wanting(4, order), ACCEPTED.model_copy(update={"order_id": order}))
    assert short(catalog) == [("o-1", 2), *((order, 4) for order in orders[1:])]

    catalog.do(replace(RECEIVE, units=7))
    catalog.hear_itself()

    assert short(catalog) == [("o-3", 3), ("o-4", 4), ("o-5", 4)]


def test_an_order_of_what_was_not_stocked_is_not_short_of_it(
    catalog: StoredCatalog,
) -> None:
    line = wanting(3).lines[0].model_copy(update={"product_id": "p-9"})
    catalog.hear(wanting(3, lines=(line,)), ACCEPTED)
    assert short(catalog) == []

    catalog.do(replace(RECEIVE, product_id="p-9", units=1, at=FRIDAY))

    assert short(catalog) == [("o-1", 3)]
    catalog.hear_itself()
    assert short(catalog) == [("o-1", 2)]
