"""Units are set aside for an order before it is accepted: all, once, and never too many."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import Connection

from services.catalog.adapters import OrderEnded, ReservationShort, Short
from tests.catalog.stored import StoredCatalog
from tests.catalog.test_inventory import RECEIVE
from tests.samples import CANCELLED, MONDAY, PLACED


@pytest.fixture
def catalog(fresh_database: str) -> Iterator[StoredCatalog]:
    made = StoredCatalog(fresh_database)
    for product in ("p-1", "p-2"):
        made.do(replace(RECEIVE, product_id=product))
    yield made
    made.engine.dispose()


def test_all_lines_of_an_order_are_set_aside(catalog: StoredCatalog) -> None:
    catalog.reserve("o-1", p1=2, p2=10)

    assert catalog.aside() == {("o-1", "p-1"): 2, ("o-1", "p-2"): 10}
    assert (catalog.on_hand("p-1"), catalog.on_hand("p-2")) == (8, 0)


def test_with_one_line_short_nothing_is_set_aside(catalog: StoredCatalog) -> None:
    with pytest.raises(ReservationShort, match="'p-2': 11 more, 10 on hand") as refused:
        catalog.reserve("o-1", p1=2, p2=11)

    assert refused.value.short == [Short("p-2", 11, 10)]
    assert (catalog.aside(), catalog.on_hand("p-1")) == ({}, 10)


def test_who_asks_again_has_it(catalog: StoredCatalog) -> None:
    for at in (RECEIVE.at, MONDAY):
        catalog.reserve("o-1", at=at, p1=10)

    assert len(catalog.facts("p-1")) == 2


def test_what_was_never_stocked_is_no_hindrance(catalog: StoredCatalog) -> None:
    catalog.reserve("o-1", p1=1, p9=1_000)

    assert catalog.aside() == {("o-1", "p-1"): 1}


def test_an_order_that_ended_gets_nothing(catalog: StoredCatalog) -> None:
    catalog.hear(PLACED, CANCELLED)

    with pytest.raises(OrderEnded, match="'o-1' was rejected, cancelled"):
        catalog.reserve("o-1", p1=1)

    assert catalog.aside() == {}


def at_once(works: list[Callable[[], None]]) -> list[str]:
    """Do `works`, all starting together; return how each ended."""
    start = Barrier(len(works))

    def one(work: Callable[[], None]) -> str:
        start.wait()
        try:
            work()
        except (ReservationShort, OrderEnded) as why:
            return type(why).__name__
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_orders_for_the_last_units_exactly_one_is_refused(
    catalog: StoredCatalog, attempt: int
) -> None:
    catalog.reserve("o-0", p1=10 - attempt - 1)

    ended = at_once(
        [
            lambda: catalog.reserve("o-1", p1=attempt + 1, p2=1),
            lambda: catalog.reserve("o-2", p2=1, p1=attempt + 1),
        ]
    )

    assert Counter(ended) == {"done": 1, "ReservationShort": 1}
    assert (catalog.on_hand("p-1"), catalog.on_hand("p-2")) == (0, 9)


def test_of_many_orders_at_once_as_many_are_served_as_there_are_units(
    catalog: StoredCatalog,
) -> None:
    orders = [f"o-{n}" for n in range(16)]

    ended = at_once([lambda o=o: catalog.reserve(o, p1=1, p2=1) for o in orders])  # type: ignore[misc]  # each its own

    assert Counter(ended) == {"done": 10, "ReservationShort": 6}
    assert (catalog.on_hand("p-1"), catalog.on_hand("p-2")) == (0, 0)


def test_one_order_that_is_reserved_many_times_at_once_is_reserved_once(
    catalog: StoredCatalog,
) -> None:
    ended = at_once([lambda: catalog.reserve("o-1", p1=3)] * 8)

    assert Counter(ended) == {"done": 8}
    assert catalog.aside() == {("o-1", "p-1"): 3}


@pytest.mark.parametrize("_", range(5))
def test_a_reservation_that_races_the_end_of_its_order_holds_nothing_in_the_end(
    catalog: StoredCatalog, _: int
) -> None:
    catalog.hear(PLACED)

    at_once([lambda: catalog.reserve("o-1", p1=2), lambda: catalog.hear(CANCELLED)])

    assert (catalog.aside(), catalog.on_hand()) == ({}, 10)


def test_a_connection_lost_before_the_commit_sets_nothing_aside_twice(
    catalog: StoredCatalog,
) -> None:
    alive = ["kill me once"]

    def lose(_: object, db: Connection) -> None:
        if alive:
            alive.pop()
            db.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    folds = (*catalog.streams.projections, lose)
    catalog.streams = replace(catalog.streams, projections=folds)

    catalog.reserve("o-1", p1=2)

    assert (alive, catalog.aside(), catalog.on_hand()) == ([], {("o-1", "p-1"): 2}, 8)
