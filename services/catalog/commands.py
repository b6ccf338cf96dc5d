"""What may be asked of a listing and of its stock: imperative, with the moment passed in.

Whoever reads one from outside validates it by these types: unknown fields, naive times
and numbers that had to be converted are refused there, by name.
"""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import (
    AfterValidator,
    AnyUrl,
    ConfigDict,
    Field,
    TypeAdapter,
    UrlConstraints,
    ValidationError,
    ValidationInfo,
)

from contracts.catalog import (
    LONGEST_URL,
    MOST_IMAGES,
    DeductReason,
    DescriptionText,
    RestoreReason,
)
from contracts.fact import Count, GivenDate, GivenMoment, Id, Quantity, SellerId, Text

CLOSED: Final = ConfigDict(extra="forbid")


def _as_fetched(given: str) -> str:
    """Return the URL `given` as it goes over the wire: the same image, the same text.

    Raises:
        ValueError: It is none, or one that not everybody may read.
    """
    try:
        url = _URL.validate_python(given)
    except ValidationError as wrong:
        raise ValueError(wrong.errors()[0]["msg"]) from None
    if url.username or url.password:
        raise ValueError("give a URL without a user or a password: everybody reads it")
    if len(str(url)) > LONGEST_URL:
        raise ValueError(f"written in ASCII it is longer than {LONGEST_URL} characters")
    return str(url)


def _each_once(images: tuple[str, ...]) -> tuple[str, ...]:
    repeated = [url for at, url in enumerate(images) if url in images[:at]]
    if repeated:
        raise ValueError(f"{repeated[0]} is there twice; say each image once")
    return images


def _as_many_as(name: str) -> AfterValidator:
    """Return what refuses a count that the field `name`, which comes before, has not."""

    def check(count: int | None, before: ValidationInfo) -> int | None:
        said = before.data.get(name)
        if count is not None and said is not None and count != len(said):
            raise ValueError(f"`{name}` has {len(said)}; leave the count out")
        return count

    return AfterValidator(check)


_URL: Final[TypeAdapter[AnyUrl]] = TypeAdapter(
    Annotated[AnyUrl, UrlConstraints(allowed_schemes=["https"], host_required=True)]
)

Title: TypeAlias = Annotated[Text, Field(max_length=1_000)]
Image: TypeAlias = Annotated[
    str,
    Field(max_length=LONGEST_URL, json_schema_extra={"format": "uri"}),
    AfterValidator(_as_fetched),
]
Images: TypeAlias = Annotated[
    tuple[Image, ...],
    Field(max_length=MOST_IMAGES, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_each_once),
]
CharsOfIt: TypeAlias = Annotated[Count | None, _as_many_as("description")]
ImagesOfIt: TypeAlias = Annotated[Count | None, _as_many_as("images")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """A product by its name, its weight and its sizes; one of 0 is not given."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    title: Title
    weight_g: Count | None = None
    length_mm: Count | None = None
    width_mm: Count | None = None
    height_mm: Count | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described(_Measured):
    """A product as its seller shows it."""

    description: DescriptionText = ""
    images: Images = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferProduct(_Described):
    """The product goes on sale, or back on sale.

    `images` are the URLs (https) where they are, the first one first.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeProduct(_Described):
    """All that is said of a listed product, anew: what is left out is no longer said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told(_Measured):
    """A product as the marketplace tells of it.

    Shape: where a text or its images are not known, but how much there is, the counts are
        given alone; beside them, they must agree.
    """

    description: DescriptionText | None = None
    images: Images | None = None
    description_chars: CharsOfIt = None
    image_count: ImagesOfIt = None

    @property
    def chars(self) -> int:
        """How many characters its description has."""
        return _many(self.description, self.description_chars)

    @property
    def shown(self) -> int:
        """How many images show it."""
        return _many(self.images, self.image_count)


def _many(said: Sized | None, count: int | None) -> int:
    return count or 0 if said is None else len(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProduct(_Told):
    """The product went on sale, or back on sale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProduct(_Told):
    """All that was said of a listed product, anew: what is left out was no longer said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelistProduct:
    """The product goes off sale; it may be listed again."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveInventory:
    """A lot came in, or more units of it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    lot_id: Id
    units: Quantity
    manufactured_on: GivenDate
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductInventory:
    """Units left the stock. `ref` names what took them: an order, a count."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    units: Quantity
    reason: DeductReason
    ref: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreInventory:
    """Units that had left the stock are back in it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    units: Quantity
    reason: RestoreReason
    ref: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class CountStock:
    """Somebody counted what is there for sale; units set aside for orders are not."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    product_id: Id
    units: Count
    ref: Text | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveUnits:
    """At least so many units are to be set aside for an order, before it is accepted."""

    seller_id: SellerId
    product_id: Id
    order_id: Id
    units: Quantity
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleOrder:
    """What facts say of an order: the units set aside for it lie within these bounds.

    Shape: `accepted_at` is None unless it is accepted; nothing more is set aside then.
    """

    seller_id: SellerId
    product_id: Id
    order_id: Id
    at_least: int
    at_most: int
    accepted_at: GivenMoment | None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignUnits:
    """Units of an order went to one that was split from it."""

    seller_id: SellerId
    product_id: Id
    order_id: Id
    new_order_id: Id
    units: Quantity
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchUnits:
    """Units of an order left in a parcel."""

    seller_id: SellerId
    product_id: Id
    order_id: Id
    units: Quantity
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToReserve:
    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    product_id: Id
    units: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What an order needs set aside to be accepted: all of it, or nothing.

    Units: `version` counts the facts of the order that this was judged on.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    order_id: Id
    version: int
    lines: Annotated[tuple[LineToReserve, ...], Field(min_length=1)]
    at: GivenMoment


ListingCommand: TypeAlias = ListProduct | ChangeProduct | DelistProduct
SellersWord: TypeAlias = OfferProduct | DescribeProduct
"""What a seller says of a product, always with the text and the images themselves."""
Movement: TypeAlias = ReceiveInventory | DeductInventory | RestoreInventory | CountStock
Allocation: TypeAlias = ReserveUnits | SettleOrder | ReassignUnits | DispatchUnits
"""What is asked of a stock on behalf of orders, never by its seller."""
InventoryCommand: TypeAlias = Movement | Allocation
