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
    description=LISTED.description,
    images=LISTED.images,
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


def test_of_a_product_that_was_listed_elsewhere_the_counts_may_be_all_that_is_known() -> (
    None
):
    counted = replace(
        LIST, description=None, images=None, image_count=3, description_chars=240
    )
    unsaid = LISTED.model_copy(update={"description": None, "images": None})

    given().when(counted).then(unsaid)
    given(LISTED).when(counted).then_refused(ProductIsListed)


def test_nothing_known_counts_as_nothing_said() -> None:
    unknown = replace(LIST, description=None, images=None)
    nothing = {"description": None, "images": None}
    counts = {"image_count": 0, "description_chars": 0}

    given().when(unknown).then(LISTED.model_copy(update=nothing | counts))


def test_another_text_of_the_same_length_is_a_change() -> None:
    change = replace(CHANGE, description="x" * 300, description_chars=None)
    (before,) = LISTING.decide(change, LISTING.fold([LISTED]))

    given(LISTED, before).when(change).then_nothing()
    given(LISTED, before).when(replace(change, description="y" * 300)).then(
        before.model_copy(update={"description": "y" * 300})
    )


def test_other_images_are_a_change() -> None:
    turned = (LISTED.images or ())[::-1]

    given(LISTED).when(replace(LIST, images=turned)).then_refused(ProductIsListed)


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


@pytest.mark.parametrize("since", [LISTED, CHANGED, DELISTED])
def test_a_change_would_undo_whatever_its_author_has_not_seen(since: ListingEvent) -> None:
    assert LISTING.overlaps(CHANGE, [since])


@pytest.mark.parametrize("since", [CHANGED, DELISTED])
def test_who_delists_minds_no_change(since: ListingEvent) -> None:
    assert not LISTING.overlaps(DELIST, [since])


def test_who_delists_what_was_put_back_on_sale_has_to_see_that_first() -> None:
    assert LISTING.overlaps(DELIST, [DELISTED, LISTED])
