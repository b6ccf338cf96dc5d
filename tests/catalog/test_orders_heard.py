"""Facts of orders become movements of stock: once, whatever comes again, late or early."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from contracts.catalog import InventoryDeducted, InventoryReassigned, InventoryRestored
from contracts.fact import Fact
from contracts.orders import OrderPlaced, ShipmentSaved, ShippedLine
from tests.catalog.stored import StoredCatalog
from tests.catalog.test_inventory import DEDUCT, RECEIVE
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    EXPIRED,
    FRIDAY,
    LINE,
    LINE_REMOVED,
    MONDAY,
    OTHER_LINE,
    PLACED,
    QUANTITY_CHANGED,
    REJECTED,
    SATURDAY,
    SHIPPED_IN_PART,
    SPLIT,
    TUESDAY,
)

CHILD = PLACED.model_copy(
    update={
        "order_id": "o-2",
        "lines": (OTHER_LINE,),
        "placed_at": MONDAY,
        "split_from": "o-1",
    }
)
CHILD_ACCEPTED = ACCEPTED.model_copy(update={"order_id": "o-2"})
CALLED_OFF = CANCELLED.model_copy(update={"cancelled_at": TUESDAY})


@pytest.fixture
def catalog(fresh_database: str) -> Iterator[StoredCatalog]:
    """Ten mugs (p-1) and ten bowls (p-2); the order of the samples wants two and one."""
    made = StoredCatalog(fresh_database)
    for product in ("p-1", "p-2"):
        made.do(replace(RECEIVE, product_id=product))
    yield made
    made.engine.dispose()


def wanting(units: int, order_id: str = "o-1", product_id: str = "p-1") -> OrderPlaced:
    line = LINE.model_copy(update={"quantity": units, "product_id": product_id})
    return PLACED.model_copy(update={"order_id": order_id, "lines": (line,)})


def shipped(units: int) -> ShipmentSaved:
    lines = (ShippedLine(line_id=LINE.line_id, quantity=units),)
    return SHIPPED_IN_PART.model_copy(update={"lines": lines})


def moved(catalog: StoredCatalog, product: str) -> list[tuple[str, int, object]]:
    """What became of a product's stock after it came in."""
    return [
        (type(fact).__name__, fact.units, fact.ref)
        for fact in catalog.facts(product)
        if isinstance(fact, InventoryDeducted | InventoryRestored | InventoryReassigned)
    ]


def test_an_accepted_order_takes_its_units_when_it_was_accepted(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(PLACED)
    assert catalog.on_hand() == 10

    catalog.hear(ACCEPTED)

    assert (catalog.on_hand("p-1"), catalog.on_hand("p-2")) == (8, 9)
    assert catalog.facts("p-1")[-1] == InventoryDeducted(
        seller_id="s-1",
        product_id="p-1",
        units=2,
        reason="sold",
        ref="o-1",
        deducted_at=SATURDAY,
        order_id="o-1",
    )


def test_what_was_set_aside_before_the_acceptance_is_not_taken_again(
    catalog: StoredCatalog,
) -> None:
    catalog.reserve("o-1", p1=2, p2=1)
    catalog.hear(PLACED, ACCEPTED)

    assert catalog.aside() == {("o-1", "p-1"): 2, ("o-1", "p-2"): 1}
    assert catalog.on_hand() == 8


@pytest.mark.parametrize("end", [REJECTED, EXPIRED, CANCELLED])
def test_an_order_that_ends_gives_back_what_was_set_aside_for_it(
    catalog: StoredCatalog, end: Fact
) -> None:
    catalog.reserve("o-1", p1=2)
    catalog.hear(PLACED)
    catalog.hear(end)

    assert (catalog.on_hand(), catalog.aside()) == (10, {})
    assert catalog.facts("p-1")[-1] == InventoryRestored(
        seller_id="s-1",
        product_id="p-1",
        units=2,
        reason="cancelled",
        ref="o-1",
        restored_at=end.happened_at,
        order_id="o-1",
    )


def test_a_cut_line_and_one_that_was_removed_give_back_what_they_held(
    catalog: StoredCatalog,
) -> None:
    cut = QUANTITY_CHANGED.model_copy(update={"changed_at": MONDAY})
    removed = LINE_REMOVED.model_copy(update={"removed_at": MONDAY})

    catalog.hear(PLACED, ACCEPTED, cut, removed)

    assert catalog.aside() == {("o-1", "p-1"): 1}
    assert moved(catalog, "p-2") == [
        ("InventoryDeducted", 1, "o-1"),
        ("InventoryRestored", 1, "o-1"),
    ]


def test_a_line_of_an_accepted_order_that_grows_takes_more(catalog: StoredCatalog) -> None:
    more = QUANTITY_CHANGED.model_copy(update={"quantity": 5, "changed_at": MONDAY})

    catalog.hear(PLACED, ACCEPTED, more)

    assert catalog.aside()["o-1", "p-1"] == 5


def test_what_has_left_is_not_given_back_when_the_rest_is_cancelled(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(PLACED, ACCEPTED, SHIPPED_IN_PART, CALLED_OFF)

    assert (catalog.on_hand("p-1"), catalog.on_hand("p-2")) == (8, 10)
    assert catalog.aside() == {}


def test_what_has_left_in_parcels_is_set_aside_no_more(catalog: StoredCatalog) -> None:
    catalog.hear(wanting(5), ACCEPTED)
    catalog.hear(shipped(3))
    assert catalog.aside() == {("o-1", "p-1"): 2}

    catalog.hear(shipped(2))

    assert (catalog.aside(), catalog.on_hand()) == ({}, 5)


@pytest.mark.parametrize("heard", [True, False])
def test_an_order_that_was_sent_in_part_and_holds_more_takes_the_difference(
    catalog: StoredCatalog, *, heard: bool
) -> None:
    more = QUANTITY_CHANGED.model_copy(update={"old_quantity": 5, "quantity": 6})
    catalog.hear(wanting(5), ACCEPTED)
    if heard:
        catalog.hear(shipped(3))

    catalog.reserve("o-1", version=3, p1=6)
    assert catalog.on_hand() == 4
    catalog.hear(*[more] if heard else [shipped(3), more])

    assert (catalog.aside(), catalog.on_hand()) == ({("o-1", "p-1"): 3}, 4)


def test_what_was_sent_without_having_been_there_is_not_waited_for(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(15), ACCEPTED, shipped(15))

    catalog.do(replace(RECEIVE, at=TUESDAY))
    catalog.hear_itself()

    assert (catalog.aside(), catalog.on_hand()) == ({}, 10)


def test_a_sale_that_a_seller_tells_of_changes_nothing_for_its_order(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(4), ACCEPTED)

    catalog.do(DEDUCT)
    assert catalog.aside() == {("o-1", "p-1"): 4}
    catalog.hear(QUANTITY_CHANGED.model_copy(update={"old_quantity": 4, "quantity": 3}))

    assert (catalog.aside(), catalog.on_hand()) == ({("o-1", "p-1"): 3}, 3)


class TestSplits:
    def test_a_child_takes_over_and_moves_nothing(self, catalog: StoredCatalog) -> None:
        catalog.hear(PLACED, ACCEPTED, SPLIT)
        assert catalog.aside() == {("o-1", "p-1"): 2, ("o-1", "p-2"): 1}

        catalog.hear(CHILD, CHILD_ACCEPTED)

        assert catalog.aside() == {("o-1", "p-1"): 2, ("o-2", "p-2"): 1}
        assert moved(catalog, "p-2") == [
            ("InventoryDeducted", 1, "o-1"),
            ("InventoryReassigned", 1, "o-2"),
        ]

    @pytest.mark.parametrize(
        ("cancelled", "left"),
        [("o-1", {("o-2", "p-2"): 1}), ("o-2", {("o-1", "p-1"): 2})],
    )
    def test_each_gives_back_its_own(
        self, catalog: StoredCatalog, cancelled: str, left: dict[tuple[str, str], int]
    ) -> None:
        end = CALLED_OFF.model_copy(update={"order_id": cancelled})

        catalog.hear(PLACED, ACCEPTED, SPLIT, CHILD, CHILD_ACCEPTED, end)

        assert catalog.aside() == left

    def test_a_child_accepted_on_its_own_takes_its_own(
        self, catalog: StoredCatalog
    ) -> None:
        later = CHILD_ACCEPTED.model_copy(update={"accepted_at": TUESDAY})

        catalog.hear(PLACED, SPLIT, CHILD, later)

        assert catalog.aside() == {("o-2", "p-2"): 1}


STORY = (PLACED, ACCEPTED, CALLED_OFF)


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_an_order_that_was_cancelled_holds_nothing_in_whatever_order_that_is_heard(
    catalog: StoredCatalog, order: tuple[int, ...]
) -> None:
    records = [catalog.record(fact) for fact in STORY]
    for offset, place in enumerate(order):
        early = replace(records[place], offset=offset)
        headers = dict(early.headers) | {"ce_pos": str(offset + 1).encode()}
        catalog.hear_records([replace(early, headers=[*headers.items()])])

    assert (catalog.aside(), catalog.on_hand()) == ({}, 10)


@pytest.mark.parametrize("cut", range(6))
def test_batches_and_repeats_do_not_matter(catalog: StoredCatalog, cut: int) -> None:
    facts = (PLACED, ACCEPTED, SPLIT, CHILD, CHILD_ACCEPTED, CALLED_OFF)
    records = [catalog.record(fact) for fact in facts]

    for batch in (records[:cut], records[cut:], records, records[:3]):
        if batch:
            catalog.hear_records(batch)

    assert catalog.aside() == {("o-2", "p-2"): 1}
    assert moved(catalog, "p-2") == [
        ("InventoryDeducted", 1, "o-1"),
        ("InventoryReassigned", 1, "o-2"),
    ]


def test_an_acceptance_told_after_more_than_a_day_is_history_and_takes_nothing(
    catalog: StoredCatalog,
) -> None:
    late = timedelta(hours=24, microseconds=1)
    facts = (PLACED, ACCEPTED)

    catalog.hear_records([catalog.record(fact, told_after=late) for fact in facts])

    assert (catalog.aside(), catalog.on_hand()) == ({}, 10)


def test_an_acceptance_told_within_a_day_takes_its_units(catalog: StoredCatalog) -> None:
    late = timedelta(hours=24)

    catalog.hear_records([catalog.record(f, told_after=late) for f in (PLACED, ACCEPTED)])

    assert catalog.on_hand() == 8


def test_an_order_that_found_too_little_is_served_when_more_comes_in(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(15), ACCEPTED)
    assert (catalog.on_hand(), catalog.aside()) == (0, {("o-1", "p-1"): 10})

    catalog.do(replace(RECEIVE, at=TUESDAY))
    assert catalog.on_hand() == 10
    catalog.hear_itself()

    assert (catalog.on_hand(), catalog.aside()) == (5, {("o-1", "p-1"): 15})
    assert catalog.facts("p-1")[-1].happened_at == TUESDAY


def test_who_waits_longest_is_served_first(catalog: StoredCatalog) -> None:
    for order, hour in (("o-2", 2), ("o-1", 1), ("o-3", 0)):
        at = SATURDAY + timedelta(hours=hour)
        accepted = ACCEPTED.model_copy(update={"order_id": order, "accepted_at": at})
        catalog.hear(wanting(8, order), accepted)
    assert catalog.aside() == {("o-2", "p-1"): 8, ("o-1", "p-1"): 2}

    catalog.do(replace(RECEIVE, at=TUESDAY))
    catalog.hear_itself()

    waited = {("o-1", "p-1"): 4, ("o-3", "p-1"): 8}
    assert catalog.aside() == {("o-2", "p-1"): 8, **waited}


def test_an_order_accepted_before_the_first_receipt_takes_nothing_from_it(
    catalog: StoredCatalog,
) -> None:
    catalog.hear(wanting(2, product_id="p-9"), ACCEPTED)

    catalog.do(replace(RECEIVE, product_id="p-9", at=MONDAY))
    catalog.hear_itself()

    assert catalog.on_hand("p-9") == 10
    catalog.do(replace(RECEIVE, product_id="p-9", at=FRIDAY))
    catalog.hear_itself()
    assert catalog.on_hand("p-9") == 18
