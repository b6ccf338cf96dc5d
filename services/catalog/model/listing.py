"""The listing of a product: its states, what it decides, how facts move it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias, assert_never

from contracts.catalog import ListingEvent, ProductChanged, ProductDelisted, ProductListed
from kit.domain import Decider, Refused, Unknown
from services.catalog.commands import (
    ChangeProduct,
    DelistProduct,
    ListingCommand,
    ListProduct,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What its seller says of a product.

    Shape: `description` and `images` are None where only how much there is is known.
    """

    title: str
    image_count: int
    description_chars: int
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    description: str | None = None
    images: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Unlisted:
    """The product was never for sale."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The product is for sale; `listed_at` is the earliest that is known."""

    description: Description
    listed_at: datetime


@dataclass(frozen=True, slots=True)
class Delisted:
    """The product was for sale, and may be again."""


Listing: TypeAlias = Unlisted | Listed | Delisted


class ProductIsListed(Refused):
    code = "product-listed"

    def __init__(self, product_id: str) -> None:
        super().__init__(
            f"product_id: {product_id!r} is listed with another description; "
            "change it: POST to its /change, or tell change-product"
        )


class ProductUnknown(Unknown):
    code = "product-unknown"

    def __init__(self, product_id: str) -> None:
        super().__init__(
            f"product_id: there is no listing of {product_id!r}; list it first"
        )


class ProductIsDelisted(Refused):
    code = "product-delisted"

    def __init__(self, product_id: str) -> None:
        super().__init__(f"product_id: {product_id!r} is delisted; list it again first")


def decide(command: ListingCommand, listing: Listing) -> Sequence[ListingEvent]:
    """Return the facts that `command` makes true, or none if they are true already.

    Raises:
        ProductIsListed: It is listed with another description.
        ProductUnknown: It was never listed.
        ProductIsDelisted: It is no longer listed.
    """
    match command:
        case ListProduct():
            return list_(command, listing)
        case ChangeProduct():
            return change(command, listing)
        case DelistProduct():
            return delist(command, listing)
        case _:
            assert_never(command)


def list_(command: ListProduct, listing: Listing) -> Sequence[ListingEvent]:
    if isinstance(listing, Listed):
        if listing.description != _described(command):
            raise ProductIsListed(command.product_id)
        if command.at >= listing.listed_at:
            return []
    return [
        ProductListed(
            seller_id=command.seller_id,
            product_id=command.product_id,
            title=command.title,
            image_count=command.shown,
            description_chars=command.chars,
            weight_g=command.weight_g,
            length_mm=command.length_mm,
            width_mm=command.width_mm,
            height_mm=command.height_mm,
            description=command.description,
            images=command.images,
            listed_at=command.at,
        )
    ]


def change(command: ChangeProduct, listing: Listing) -> Sequence[ListingEvent]:
    match listing:
        case Unlisted():
            raise ProductUnknown(command.product_id)
        case Delisted():
            raise ProductIsDelisted(command.product_id)
        case Listed(description=description) if description == _described(command):
            return []
        case Listed():
            return [_changed(command)]
        case _:
            assert_never(listing)


def delist(command: DelistProduct, listing: Listing) -> Sequence[ListingEvent]:
    if isinstance(listing, Unlisted):
        raise ProductUnknown(command.product_id)
    if isinstance(listing, Delisted):
        return []
    return [
        ProductDelisted(
            seller_id=command.seller_id,
            product_id=command.product_id,
            delisted_at=command.at,
        )
    ]


def _changed(command: ChangeProduct) -> ProductChanged:
    return ProductChanged(
        seller_id=command.seller_id,
        product_id=command.product_id,
        title=command.title,
        image_count=command.shown,
        description_chars=command.chars,
        weight_g=command.weight_g,
        length_mm=command.length_mm,
        width_mm=command.width_mm,
        height_mm=command.height_mm,
        description=command.description,
        images=command.images,
        changed_at=command.at,
    )


def _described(
    said: ListProduct | ChangeProduct | ProductListed | ProductChanged,
) -> Description:
    if isinstance(said, ListProduct | ChangeProduct):
        shown, chars = said.shown, said.chars
    else:
        shown, chars = said.image_count, said.description_chars
    return Description(
        title=said.title,
        image_count=shown,
        description_chars=chars,
        weight_g=said.weight_g,
        length_mm=said.length_mm,
        width_mm=said.width_mm,
        height_mm=said.height_mm,
        description=said.description,
        images=said.images,
    )


def evolve(listing: Listing, event: ListingEvent) -> Listing:
    """Return the listing after `event`. Never refuses: the fact already happened."""
    match event:
        case ProductListed():
            return Listed(_described(event), event.listed_at)
        case ProductChanged():
            since = listing.listed_at if isinstance(listing, Listed) else event.changed_at
            return Listed(_described(event), since)
        case ProductDelisted():
            return Delisted()
        case _:
            assert_never(event)


def overlaps(command: ListingCommand, since: Sequence[ListingEvent]) -> bool:
    """Say whether what happened `since` could change the mind of who asks.

    A change says all anew, and would undo any other unseen. Who takes a product off sale
    minds nothing that was said of it, but that it was put back on sale.
    """
    if isinstance(command, DelistProduct):
        return any(isinstance(fact, ProductListed) for fact in since)
    return True


LISTING: Final[Decider[Listing, ListingCommand, ListingEvent]] = Decider(
    Unlisted(), decide, evolve, (Unlisted, Listed, Delisted), overlaps=overlaps
)
