"""What every fact is, whoever records it."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)
from pydantic_core import PydanticCustomError


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise PydanticCustomError("timezone_aware", _NO_ZONE)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it is before or after all time") from None


def _written_out(moment: object) -> object:
    if isinstance(moment, int | float) or (
        isinstance(moment, str) and not _DATE.match(moment)
    ):
        raise ValueError("write a time as ISO 8601 with its offset, not as a number")
    return moment


_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

_NO_ZONE: Final = "it has no time zone: give it one, such as 2025-03-30T00:00:00Z"

MAX_CENTS: Final = 2**53 - 1
"""The largest amount: what every JSON reader can hold."""

Moment: TypeAlias = Annotated[datetime, AfterValidator(_in_utc)]
GivenMoment: TypeAlias = Annotated[Moment, BeforeValidator(_written_out)]
"""A moment that a command is given: numbers, which would be seconds, are refused."""

GivenDate: TypeAlias = Annotated[date, BeforeValidator(_written_out)]
"""A day that a command is given, likewise."""

Text: TypeAlias = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
SellerId: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^:\x00]+$")
]
"""No colon: in the name of a stream, `listing-<seller_id>:<product_id>`, it ends there."""

Quantity: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Cents: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=MAX_CENTS)]
SignedCents: TypeAlias = Annotated[int, Field(strict=True, ge=-MAX_CENTS, le=MAX_CENTS)]
Currency: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Country: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Value(BaseModel):
    """Data that never changes once made.

    Unknown fields are ignored, so that a consumer outlives additions; wrong types are
    refused, never converted.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Fact(Value):
    """Something that happened to a seller's business. `seller_id` is its Kafka key.

    One class serves the model that decides it, the store that keeps it and the topic that
    carries it: the stored JSON bytes are the published bytes.
    """

    moment: ClassVar[str]
    """The name of the field that says when it happened."""

    seller_id: SellerId

    @property
    def happened_at(self) -> datetime:
        """When it happened, in its seller's world: aware UTC."""
        at: datetime = getattr(self, self.moment)
        return at
