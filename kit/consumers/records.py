"""Kafka records, and what they say: a fact, and the envelope around it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol, Self, TypeAlias
from uuid import UUID

from pydantic_core import SchemaValidator, core_schema as schemas
from sqlalchemy import Connection

from contracts.envelope import ACTOR, Envelope
from contracts.fact import Fact
from contracts.registry import decode
from contracts.topics import OWNERS

_LARGEST: Final = 2**63 - 1


class Heading(NamedTuple):
    """What `Envelope` says, where a batch of thousands is read: a third of the time."""

    id: UUID
    type: str
    source: str
    time: datetime
    recordedtime: datetime
    subject: str
    sequence: int
    pos: int
    partitionkey: str
    actor: str | None = None


# The relay writes its headers in this order. Validated as one tuple of undecoded bytes,
# they need no dict, and no model with a set of the fields that were given.
HEADERS: Final = ("ce_specversion", *(f"ce_{name}" for name in Heading._fields[:-1]))
"""What our relay writes first, in its order; who asked may follow among the rest."""
CE_ACTOR: Final = f"ce_{ACTOR}"
_OURS: Final = frozenset(HEADERS)
_COUNT: Final = len(HEADERS)
_WORDS: Final = schemas.str_schema()
_UTC: Final = schemas.datetime_schema(tz_constraint=0)
_VALUES: Final = SchemaValidator(
    schemas.tuple_schema(
        [
            schemas.str_schema(pattern=r"^1\.0$"),
            schemas.uuid_schema(),
            _WORDS,
            _WORDS,
            _UTC,
            _UTC,
            _WORDS,
            schemas.int_schema(ge=0, le=_LARGEST),
            schemas.int_schema(ge=1, le=_LARGEST),
            _WORDS,
        ]
    )
)


class Written(Protocol):
    """What is written in a Kafka record, and where that is."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Record(Written, Protocol):
    """One Kafka record as the client hands it over (aiokafka's `ConsumerRecord` fits).

    Units: `timestamp` is in milliseconds since 1970, UTC.
    """

    timestamp: int
    key: bytes | None


@dataclass(frozen=True, slots=True)
class Received:
    """A fact as it came, with the envelope that says where it stands.

    Shape: in a batch that a handler is given, `envelope` is a `Heading`: it has what an
        `Envelope` says, and none of its methods.
    """

    envelope: Envelope
    fact: Fact

    @classmethod
    def parse(cls, record: Written) -> Self:
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


def read_heading(headers: Sequence[tuple[str, bytes]]) -> Heading | Envelope:
    """Return what `read_envelope` returns; sooner, where our own relay wrote `headers`.

    Raises:
        ValueError: As `read_envelope`.
    """
    names, values = zip(*headers, strict=True) if headers else ((), ())
    if names[:_COUNT] != HEADERS or not _OURS.isdisjoint(names[_COUNT:]):
        return read_envelope(headers)
    try:
        said = _VALUES.validate_python(values[:_COUNT])
        actor = actor_among(headers[_COUNT:])
    except ValueError:
        return read_envelope(headers)
    heading = Heading._make((*said[1:], actor))
    _refuse_nul(heading)
    return heading


def actor_among(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """Return who asked, by what follows the headers that every fact has.

    Raises:
        ValueError: It is not text.
    """
    said = [value for name, value in headers if name == CE_ACTOR and value is not None]
    return said[-1].decode() if said else None


def read_envelope(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """Return what the headers of a record say, whoever wrote them, in whatever order.

    Raises:
        ValueError: A `ce_` header is missing or not what it should be, or holds what no
            database column takes.
    """
    ours = ((n, value) for n, value in headers if n[:3] == "ce_" and value is not None)
    envelope = Envelope.read(ours)
    if not (1 <= envelope.pos <= _LARGEST and 0 <= envelope.sequence <= _LARGEST):
        raise ValueError("ce_pos or ce_sequence is not a position in a history")
    _refuse_nul(envelope)
    return envelope


def _refuse_nul(envelope: Heading | Envelope) -> None:
    if "\0" in envelope.subject or "\0" in envelope.type:
        raise ValueError("ce_subject or ce_type holds a NUL character")


def heading_of(record: Written) -> Heading | Envelope:
    """Return the heading of an event of the topic's owner.

    Raises:
        ValueError: There is none, or somebody else wrote it.
    """
    heading = read_heading(record.headers)
    owner = OWNERS.get(record.topic, heading.source)
    if heading.source != owner:
        raise ValueError(f"ce_source is {heading.source!r}, the topic is of {owner!r}")
    return heading
