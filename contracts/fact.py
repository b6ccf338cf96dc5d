"""What every fact is, whoever records it."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Quantity: TypeAlias = Annotated[int, Field(ge=1, le=2**31 - 1)]
Cents: TypeAlias = Annotated[int, Field(ge=0, le=2**53 - 1)]
SignedCents: TypeAlias = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
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

    seller_id: Id

    @property
    def happened_at(self) -> datetime:
        """When it happened, in its seller's world: aware UTC."""
        at: datetime = getattr(self, self.moment)
        return at
