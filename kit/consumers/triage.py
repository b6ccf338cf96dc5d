"""What becomes of each record of a batch, before anything is applied."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from contracts.envelope import Envelope
from contracts.registry import decode
from kit.consumers.failures import reason
from kit.consumers.records import Heading, Received, Record, heading_of


@dataclass(frozen=True, slots=True)
class Held:
    """An event that waits with its stream; `why` is None for those behind another."""

    record: Record
    envelope: Envelope | Heading
    why: str | None


@dataclass(slots=True)
class Sorted:
    """The records of one partition, by what becomes of them.

    Shape: `facts[i]` came as `sources[i]`; every list in offset order; `stuck` are the
        streams that wait; `pos` is the last position seen.
    """

    pos: int
    stuck: set[str]
    facts: list[Received] = field(default_factory=list)
    sources: list[Record] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    unreadable: list[tuple[Record, str]] = field(default_factory=list)
    repeated: int = 0


def sort_out(
    records: Iterable[Record], next_offset: int, pos: int, stuck: Iterable[str]
) -> Sorted:
    """Return what becomes of `records`, which come in offset order.

    Below `next_offset`, or at a `pos` that was seen: a repeat. No envelope, or one of a
    service that does not own the topic, whose positions are none here: unreadable. Of
    a stream that is `stuck`, or with a value that is no fact that this code knows: held,
    and its stream from there on. All others are facts.
    """
    found = Sorted(pos, set(stuck))
    for record in records:
        if record.offset < next_offset:
            found.repeated += 1
            continue
        try:
            envelope = heading_of(record)
        except ValueError as why:
            found.unreadable.append((record, reason(why)))
            continue
        if envelope.pos <= found.pos:
            found.repeated += 1
            continue
        found.pos = envelope.pos
        _place(found, record, envelope)
    return found


def _place(found: Sorted, record: Record, envelope: Envelope | Heading) -> None:
    if envelope.subject in found.stuck:
        found.held.append(Held(record, envelope, None))
        return
    try:
        fact = decode(envelope.type, record.value or b"")
    except Exception as why:  # noqa: BLE001 - an upcaster may fail in any way: it is parked
        found.stuck.add(envelope.subject)
        found.held.append(Held(record, envelope, reason(why)))
        return
    found.facts.append(Received(cast("Envelope", envelope), fact))
    found.sources.append(record)
