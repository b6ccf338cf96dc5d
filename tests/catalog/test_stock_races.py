"""Those who move units of one product at the same moment: each sees what the other did."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field, replace
from threading import Event

import pytest
from sqlalchemy import Connection, Engine

from contracts.fact import Fact
from contracts.orders import OrderPlaced
from kit.database import driver
from kit.eventstore.records import Recorded
from kit.eventstore.streams import Projection
from market.waiting import wait_until
from services.catalog.commands import InventoryCommand
from tests.catalog.stored import StoredCatalog
from tests.catalog.test_inventory import COUNT, DEDUCT, RECEIVE
from tests.samples import ACCEPTED, CANCELLED, LINE, PLACED, TUESDAY

_WAIT: str = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass
class Halfway:
    """A projection in which a transaction stays until somebody waits for what it holds."""

    engine: Engine
    reached: Event = field(default_factory=Event)

    def __call__(self, _: Sequence[Recorded], __: Connection) -> None:
        if not self.reached.is_set():
            self.reached.set()
            wait_until(self.somebody_waits, what="somebody who waits", within_s=60)

    def somebody_waits(self) -> bool:
        with self.engine.connect() as db:
            return driver(db).execute(_WAIT).fetchone() is not None


def while_halfway(
    catalog: StoredCatalog,
    first: Callable[[StoredCatalog], object],
    then: Callable[[StoredCatalog], object],
) -> None:
    """Do `first`, and while it has appended but not committed, `then`.

    Neither may end in a deadlock: nothing is tried again.
    """
    halfway = Halfway(catalog.engine)
    slow, other = hasty(catalog, halfway), hasty(catalog)
    with ThreadPoolExecutor(2) as pool:
        doing = pool.submit(first, slow)
        assert halfway.reached.wait(60)
        after = pool.submit(then, other)
        doing.result(60)
        after.result(60)


def hasty(catalog: StoredCatalog, *folds: Projection) -> StoredCatalog:
    """The same catalog, with more folds, where nothing is tried again."""
    made, streams = copy(catalog), catalog.streams
    projections = [*folds, *streams.projections]
    made.streams = replace(streams, projections=projections, patience_s=0)
    return made


def wanting(units: int, order_id: str = "o-1", **more: object) -> OrderPlaced:
    line = LINE.model_copy(update={"quantity": units})
    said = {"order_id": order_id, "lines": (line,)}
    return PLACED.model_copy(update=said | more)


@pytest.mark.parametrize("movement", [RECEIVE, DEDUCT, COUNT])
def test_a_movement_and_a_reservation_of_a_product_never_wait_for_each_other(
    catalog: StoredCatalog, movement: InventoryCommand
) -> None:
    catalog.do(RECEIVE)

    while_halfway(
        catalog, lambda one: one.do(movement), lambda one: one.reserve("o-2", p1=3)
    )

    assert catalog.aside()["o-2", "p-1"] == 3


def test_a_movement_and_an_acceptance_that_is_heard_never_wait_for_each_other(
    catalog: StoredCatalog,
) -> None:
    catalog.do(RECEIVE)
    catalog.hear(PLACED)

    while_halfway(catalog, lambda one: one.do(RECEIVE), lambda one: one.hear(ACCEPTED))

    assert (catalog.on_hand(), catalog.aside()) == (18, {("o-1", "p-1"): 2})


def test_units_that_come_in_while_an_order_is_cancelled_stay(
    catalog: StoredCatalog,
) -> None:
    catalog.do(replace(RECEIVE, units=1))
    catalog.hear(wanting(5), ACCEPTED)
    catalog.do(replace(RECEIVE, at=TUESDAY))

    while_halfway(catalog, lambda one: one.hear(CANCELLED), lambda one: one.hear_itself())

    assert (catalog.on_hand(), catalog.aside()) == (11, {})


def test_an_order_and_a_part_of_it_that_are_heard_at_once_hold_all_of_it(
    catalog: StoredCatalog,
) -> None:
    catalog.do(RECEIVE)
    child = wanting(3, "o-2", split_from="o-1")

    def hear_child(one: StoredCatalog) -> None:
        of_child: list[Fact] = [child, ACCEPTED.model_copy(update={"order_id": "o-2"})]
        one.hear_records([replace(one.record(f), partition=1) for f in of_child])

    while_halfway(catalog, lambda one: one.hear(wanting(10), ACCEPTED), hear_child)

    assert catalog.aside() == {("o-1", "p-1"): 7, ("o-2", "p-1"): 3}
