"""Facts of catalog, on `catalog.v1`: listings, and the stock behind them.

Units: stock in whole units; `*_g` grams, `*_mm` millimetres; characters are code points of
    Unicode; times are aware UTC.
Source: domain.md 2 (facts).
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from contracts.fact import Count, Fact, Id, Moment, Quantity, Text

MOST_CHARS: Final = 10_000
MOST_IMAGES: Final = 20
LONGEST_URL: Final = 2_000

DescriptionText: TypeAlias = Annotated[
    str, Field(max_length=MOST_CHARS, pattern=r"^[^\x00]*$")
]
ImageUrl: TypeAlias = Annotated[
    str, Field(max_length=LONGEST_URL, pattern=r"^https://[!-~]+$")
]
"""Where an image is: a URL in ASCII, as it goes over the wire."""

ImageUrls: TypeAlias = Annotated[tuple[ImageUrl, ...], Field(max_length=MOST_IMAGES)]


DeductReason: TypeAlias = Literal["sold", "sent_to_seller", "damaged", "counted"]
RestoreReason: TypeAlias = Literal["returned", "cancelled", "counted"]


class _Described(Fact):
    """What a seller says of a product. A weight or size of 0 is not given.

    Shape: `description_chars` and `image_count` are those of `description` and `images`,
        or all that is known, where these are null.
    """

    product_id: Id
    title: Text
    image_count: Count
    description_chars: Count
    weight_g: Count | None = None
    length_mm: Count | None = None
    width_mm: Count | None = None
    height_mm: Count | None = None


class ProductListed(_Described):
    """The product is for sale from here on; so is one that was delisted before."""

    moment: ClassVar[str] = "listed_at"

    listed_at: Moment
    description: DescriptionText | None = None
    images: ImageUrls | None = None


class ProductChanged(_Described):
    moment: ClassVar[str] = "changed_at"

    changed_at: Moment
    description: DescriptionText | None = None
    images: ImageUrls | None = None


class ProductDelisted(Fact):
    moment: ClassVar[str] = "delisted_at"

    product_id: Id
    delisted_at: Moment


class InventoryReceived(Fact):
    """A lot came in, or more of it. A product may hold stock before it is listed."""

    moment: ClassVar[str] = "received_at"

    product_id: Id
    lot_id: Id
    units: Quantity
    manufactured_on: date
    received_at: Moment


class InventoryDeducted(Fact):
    """Units left the stock. With an `order_id` they were set aside for that order."""

    moment: ClassVar[str] = "deducted_at"

    product_id: Id
    units: Quantity
    reason: DeductReason
    ref: Text | None = None
    deducted_at: Moment
    order_id: Id | None = None


class InventoryRestored(Fact):
    """Units are in stock again. With an `order_id` they had been set aside for it."""

    moment: ClassVar[str] = "restored_at"

    product_id: Id
    units: Quantity
    reason: RestoreReason
    ref: Text | None = None
    restored_at: Moment
    order_id: Id | None = None


class InventoryCounted(Fact):
    """So many units were found for sale. A difference is a fact of its own."""

    moment: ClassVar[str] = "counted_at"

    product_id: Id
    units: Count
    ref: Text | None = None
    counted_at: Moment


class InventoryReassigned(Fact):
    """Units set aside for one order are for another that was split from it: none moved."""

    moment: ClassVar[str] = "reassigned_at"

    product_id: Id
    units: Quantity
    from_ref: Id
    ref: Id
    reassigned_at: Moment


class InventoryDispatched(Fact):
    """Units set aside for an order left in a parcel of it: they are not aside any more."""

    moment: ClassVar[str] = "dispatched_at"

    product_id: Id
    units: Quantity
    order_id: Id
    dispatched_at: Moment


ListingEvent: TypeAlias = ProductListed | ProductChanged | ProductDelisted
InventoryEvent: TypeAlias = (
    InventoryReceived
    | InventoryDeducted
    | InventoryRestored
    | InventoryCounted
    | InventoryReassigned
    | InventoryDispatched
)

TYPES: Final[Mapping[str, type[Fact]]] = {
    "catalog.product-listed.v1": ProductListed,
    "catalog.product-changed.v1": ProductChanged,
    "catalog.product-delisted.v1": ProductDelisted,
    "catalog.inventory-received.v1": InventoryReceived,
    "catalog.inventory-deducted.v1": InventoryDeducted,
    "catalog.inventory-restored.v1": InventoryRestored,
    "catalog.inventory-counted.v1": InventoryCounted,
    "catalog.inventory-reassigned.v1": InventoryReassigned,
    "catalog.inventory-dispatched.v1": InventoryDispatched,
}
