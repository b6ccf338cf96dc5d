"""Facts that were true before a reservation, and are heard after it, take nothing back."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from contracts.fact import Fact
from kit.database import driver
from services.catalog.adapters import ReservationShort
from tests.catalog.stored import StoredCatalog
from tests.catalog.test_inventory import RECEIVE
from tests.catalog.test_stock_races import wanting
from tests.samples import ACCEPTED, CANCELLED, MONDAY, QUANTITY_CHANGED


@pytest.fixture
def catalog(fresh_database: str) -> Iterator[StoredCatalog]:
    made = StoredCatalog(fresh_database)
    made.do(RECEIVE)
    yield made
    made.engine.dispose()


def changed(before: int, after: int) -> Fact:
    said = {"old_quantity": before, "quantity": after, "changed_at": MONDAY}
    return QUANTITY_CHANGED.model_copy(update=said)


def kept(catalog: StoredCatalog) -> int:
    """How many reservations catalog still keeps."""
    with catalog.engine.connect() as db:
        sql = "SELECT count(*) FROM reserved_units"
        [(count,)] = driver(db).execute(sql).fetchall()
    return int(count)


def test_an_order_that_was_cut_and_raised_before_its_acceptance_keeps_its_units(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(10))
    catalog.reserve("o-1", version=3, p1=8)

    catalog.hear(changed(10, 5))
    with pytest.raises(ReservationShort):
        catalog.reserve("o-2", p1=5)
    catalog.hear(changed(5, 8))
    catalog.hear(ACCEPTED)

    assert (catalog.on_hand(), catalog.aside()) == (2, {("o-1", "p-1"): 8})
    assert kept(catalog) == 0


def test_an_accepted_order_that_was_cut_and_raised_again_keeps_its_units(
    catalog: StoredCatalog,
) -> None:
    catalog.reserve("o-1", p1=10)
    catalog.hear(wanting(10), ACCEPTED)
    catalog.reserve("o-1", version=3, p1=10)

    catalog.hear(changed(10, 3))
    with pytest.raises(ReservationShort):
        catalog.reserve("o-2", p1=1)
    catalog.hear(changed(3, 10))

    assert catalog.aside() == {("o-1", "p-1"): 10}


def test_a_raise_that_was_not_recorded_gives_its_units_back_with_the_next_change(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(5), ACCEPTED)
    catalog.reserve("o-1", version=2, p1=9)
    assert catalog.aside() == {("o-1", "p-1"): 9}

    catalog.hear(changed(5, 4))

    assert (catalog.aside(), kept(catalog)) == ({("o-1", "p-1"): 4}, 0)


def test_a_later_judgement_counts_and_an_earlier_one_does_not(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(9))
    for version, units in ((1, 9), (3, 6), (2, 8)):
        catalog.reserve("o-1", version=version, p1=units)

    catalog.hear(changed(9, 5), changed(5, 6))

    assert catalog.aside() == {("o-1", "p-1"): 6}


def test_an_order_that_ends_gives_back_whatever_it_had_asked_for(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(5))
    catalog.reserve("o-1", version=7, p1=5)

    catalog.hear(CANCELLED)

    assert (catalog.on_hand(), catalog.aside()) == (10, {})


def test_a_part_of_an_order_that_is_heard_lets_it_keep_what_it_asked_for(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(5), ACCEPTED)
    catalog.reserve("o-1", version=2, p1=9)

    of_child = (wanting(1, "o-2", split_from="o-1"), ACCEPTED, changed(1, 2))
    child = [fact.model_copy(update={"order_id": "o-2"}) for fact in of_child]
    catalog.hear_records([replace(catalog.record(fact), partition=1) for fact in child])

    assert catalog.aside() == {("o-1", "p-1"): 8, ("o-2", "p-1"): 2}
