"""Kafka records, and what they say: a fact, and the envelope around it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeAlias

from pydantic_core import SchemaValidator, ValidationError, core_schema as schemas
from sqlalchemy import Connection

from contracts.envelope import Envelope
from contracts.fact import Fact
from contracts.registry import decode

_LARGEST: Final = 2**63 - 1
_UTC: Final = schemas.datetime_schema(tz_constraint=0)
_HEADERS: Final[dict[str, schemas.CoreSchema]] = {
    "specversion": schemas.str_schema(pattern=r"^1\.0$"),
    "id": schemas.uuid_schema(),
    "type": schemas.str_schema(),
    "source": schemas.str_schema(),
    "time": _UTC,
    "recordedtime": _UTC,
    "subject": schemas.str_schema(),
    "sequence": schemas.int_schema(ge=0, le=_LARGEST),
    "pos": schemas.int_schema(ge=1, le=_LARGEST),
    "partitionkey": schemas.str_schema(),
}
# The same class as `Envelope.read` makes, from undecoded bytes and in a third of the time.
# Without `_use_prebuilt=False` the class's own validator would be taken, not this one.
_AS_WE_WRITE: Final = SchemaValidator(
    schemas.model_schema(
        Envelope,
        schemas.model_fields_schema(
            {
                name: schemas.model_field(schema, validation_alias=f"ce_{name}")
                for name, schema in _HEADERS.items()
            }
        ),
    ),
    _use_prebuilt=False,
)


class Record(Protocol):
    """One Kafka record as the client hands it over (aiokafka's `ConsumerRecord` fits).

    Units: `timestamp` is in milliseconds since 1970, UTC.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Received:
    """A fact as it came, with the envelope that says where it stands."""

    envelope: Envelope
    fact: Fact

    @classmethod
    def parse(cls, record: Record) -> Self:
        """Return what `record` says.

        Raises:
            ValueError: The bytes are no event: headers or value can't be read.
            UnknownTypeError: An event, of a type that this code does not know.
        """
        envelope = read_envelope(record.headers)
        return cls(envelope, decode(envelope.type, record.value or b""))


Handler: TypeAlias = Callable[[Sequence[Received], Connection], None]
"""What a batch of facts does to this service's own tables, in the transaction given.

Safe to repeat: It need not be for the inbox's sake: the transaction holds the position too.
"""


def read_envelope(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """Return what `Envelope.read` returns; sooner, where our own relay wrote `headers`.

    Raises:
        ValueError: A `ce_` header is missing or not what it should be, or holds what no
            database column takes.
    """
    try:
        envelope: Envelope = _AS_WE_WRITE.validate_python(dict(headers))
    except ValidationError:
        envelope = _read_as_published(headers)
    if "\0" in envelope.subject or "\0" in envelope.type:
        raise ValueError("ce_subject or ce_type holds a NUL character")
    return envelope


def _read_as_published(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """Return the envelope of another writer: times of any offset, and any headers.

    Raises:
        ValueError: As `read_envelope`.
    """
    ours = ((n, value) for n, value in headers if n[:3] == "ce_" and value is not None)
    envelope = Envelope.read(ours)
    if not (1 <= envelope.pos <= _LARGEST and 0 <= envelope.sequence <= _LARGEST):
        raise ValueError("ce_pos or ce_sequence is not a position in a history")
    return envelope
