from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.catalog import ListingEvent
from services.catalog.commands import ChangeProduct, DelistProduct, ListProduct
from services.catalog.model.listing import (
    LISTING,
    ProductIsDelisted,
    ProductIsListed,
    ProductUnknown,
)
from tests.samples import CHANGED, DELISTED, FRIDAY, LISTED, MONDAY, SATURDAY
from tests.spec import Given

LIST = ListProduct(
    seller_id="s-1",
    product_id="p-1",
    title="Mug",
    image_count=3,
    description_chars=240,
    weight_g=350,
    length_mm=120,
    width_mm=90,
    height_mm=100,
    at=FRIDAY,
)
CHANGE = ChangeProduct(
    seller_id="s-1",
    product_id="p-1",
    title="Blue mug",
    image_count=4,
    description_chars=300,
    weight_g=350,
    at=SATURDAY,
)
DELIST = DelistProduct(seller_id="s-1", product_id="p-1", at=MONDAY)


def given(*facts: ListingEvent) -> Given:
    return Given(LISTING, facts)


def test_listing_a_product_says_what_it_is() -> None:
    given().when(LIST).then(LISTED)


def test_listing_it_again_as_it_is_changes_nothing() -> None:
    given(LISTED).when(replace(LIST, at=MONDAY)).then_nothing()


def test_a_product_that_was_for_sale_earlier_is_listed_from_then_on() -> None:
    earlier = FRIDAY - timedelta(days=30)
    since = LISTED.model_copy(update={"listed_at": earlier})

    given(LISTED).when(replace(LIST, at=earlier)).then(since)
    given(LISTED, since).when(LIST).then_nothing()


@pytest.mark.parametrize("facts", [(LISTED, CHANGED), (LISTED, DELISTED, LISTED, CHANGED)])
def test_listing_it_again_otherwise_is_a_change(facts: tuple[ListingEvent, ...]) -> None:
    given(*facts).when(LIST).then_refused(ProductIsListed, "change-product")


def test_a_delisted_product_may_be_listed_again() -> None:
    given(LISTED, DELISTED).when(replace(LIST, at=MONDAY)).then(
        LISTED.model_copy(update={"listed_at": MONDAY})
    )


def test_changing_a_listed_product_says_all_of_it_anew() -> None:
    given(LISTED).when(CHANGE).then(CHANGED)


def test_a_change_that_changes_nothing_is_none() -> None:
    given(LISTED, CHANGED).when(CHANGE).then_nothing()


def test_a_product_that_was_never_listed_cannot_be_changed() -> None:
    given().when(CHANGE).then_refused(ProductUnknown, "p-1")


def test_a_delisted_product_cannot_be_changed() -> None:
    given(LISTED, DELISTED).when(CHANGE).then_refused(ProductIsDelisted, "list it again")


def test_delisting_takes_a_product_off_sale() -> None:
    given(LISTED).when(DELIST).then(DELISTED)


def test_delisting_twice_changes_nothing() -> None:
    given(LISTED, DELISTED).when(DELIST).then_nothing()


def test_a_product_that_was_never_listed_cannot_be_delisted() -> None:
    given().when(DELIST).then_refused(ProductUnknown, "p-1")
