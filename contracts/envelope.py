"""The headers around a fact on the wire. The value is the stored JSON, untouched."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.fact import Moment

ACTOR: Final = "actor"
"""What is kept beside a fact, and travels as `ce_actor`: who asked for it."""

_PREFIX: Final = "ce_"


class Envelope(BaseModel):
    """What a consumer needs to order, deduplicate and trace a fact.

    Units: `sequence` is the version of the stream `subject` (1, 2, 3 ...); `pos` the place
        in the history of `source` (1, 2, 3 ..., no holes); `time` when it happened;
        `recordedtime` when `source` learnt of it.
    Shape: `actor` is who asked for it, `<role>:<id>` such as `seller:s-1`; None if nobody
        did, or nobody said.
    Source: CloudEvents 1.0, Kafka binding, binary mode; its extensions `partitionkey`,
        `sequence`, `recordedtime` and `actor`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    type: str
    source: str
    time: Moment
    recordedtime: Moment
    subject: str
    sequence: int
    pos: int
    partitionkey: str
    actor: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the Kafka headers: `ce_id`, `ce_type` and so on."""
        fields = self.model_dump(mode="json", exclude_none=True)
        named = {f"{_PREFIX}{name}": str(value) for name, value in fields.items()}
        return {**named, "content-type": "application/json"}

    @classmethod
    def parse(cls, headers: Mapping[str, str]) -> Self:
        """Return the envelope that `headers` hold; headers of others are ignored.

        Raises:
            ValidationError: A `ce_` header is missing or not what it should be.
        """
        mine = {k.removeprefix(_PREFIX): v for k, v in headers.items() if k[:3] == _PREFIX}
        return cls.model_validate_strings(mine)

    @classmethod
    def read(cls, headers: Iterable[tuple[str, bytes]]) -> Self:
        """Return the envelope that a Kafka record's `headers` hold.

        Raises:
            ValueError: As `parse`, or a header is not UTF-8.
        """
        return cls.parse({name: value.decode() for name, value in headers})
