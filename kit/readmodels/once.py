"""What records say that are read once more: each fact once, in columns or one by one."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

from contracts.envelope import Envelope
from contracts.fact import Fact
from contracts.registry import decode, written_as
from kit.consumers.columns import Batch, decoded, in_columns
from kit.consumers.records import HEADERS, Received, Record, Written, heading_of
from kit.consumers.undecoded import Undecoded

Places: TypeAlias = frozenset[tuple[str, int, int]]
"""Records, by topic, partition and offset."""
Taken: TypeAlias = Undecoded | Sequence[Record]
"""What is kept of some records of a partition until a batch is read; may be none."""

_TYPE: Final = "ce_type"
_AT: Final = HEADERS.index(_TYPE)


@dataclass(frozen=True, slots=True)
class Once:
    """Reads the facts of records, which come partition by partition in offset order.

    Shape: without those in `left_out`; `types` are the names of those that are wanted, None
        for all. `seen` is the place of the last of each partition in its source's history.
    """

    left_out: Places
    types: Collection[str] | None = None
    seen: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, kinds: Collection[type[Fact]], left_out: Places) -> "Once":
        """Return what reads facts of `kinds` alone, in whatever version."""
        return cls(left_out, written_as(kinds))

    def take(self, records: Sequence[Record]) -> Taken:
        """Return what to keep of `records`, which are of one partition.

        Of those that our relay wrote, that is what it writes first: not who asked.
        """
        wanted = self._wanted(records)
        return (Undecoded.of(wanted) if wanted else None) or wanted

    def in_columns(self, run: Sequence[Taken]) -> Iterator[Batch]:
        """Yield the facts of what was taken of a partition, on end, type by type.

        Shape: one batch, if there is no doubt; else a run is halved until there is none,
            or until what was taken at once is read one by one.

        Raises:
            ValueError: One of them can't be read.
        """
        some = [taken for taken in run if taken]
        alike = [taken for taken in some if isinstance(taken, Undecoded)]
        if not some:
            return
        whole = self._whole(Undecoded.together(alike)) if len(alike) == len(some) else None
        if whole is not None:
            yield whole
        elif len(some) > 1:
            half = len(some) // 2
            yield from self.in_columns(some[:half])
            yield from self.in_columns(some[half:])
        elif facts := self.one_by_one(some):
            yield in_columns(facts)

    def one_by_one(self, run: Iterable[Taken]) -> Sequence[Received]:
        """Return the facts of what was taken of a partition, on end, in their order.

        Raises:
            ValueError: As `in_columns`.
        """
        records = (
            record
            for taken in run
            for record in (taken.records() if isinstance(taken, Undecoded) else taken)
        )
        return [fact for record in records if (fact := self._fact(record))]

    def _whole(self, undecoded: Undecoded) -> Batch | None:
        where = (undecoded.topic, undecoded.partition)
        out = self.left_out
        if out and any((*where, offset) in out for offset in undecoded.offsets):
            return None
        whole = decoded(undecoded, self.seen.get(where, 0), ())
        if whole is None:
            return None
        self.seen[where] = whole.pos
        return whole.batch

    def _wanted(self, records: Sequence[Record]) -> Sequence[Record]:
        """Return `records` without those whose type, where our relay writes it, is not."""
        if self.types is None:
            return records
        wanted = {(_TYPE, name.encode()) for name in self.types}
        return [
            record
            for record in records
            if (said := record.headers[_AT : _AT + 1])
            and (said[0] in wanted or said[0][0] != _TYPE)
        ]

    def _fact(self, record: Written) -> Received | None:
        where = (record.topic, record.partition)
        try:
            heading = heading_of(record)
        except ValueError:
            return None  # a dead letter
        repeated = heading.pos <= self.seen.get(where, 0)
        self.seen[where] = max(heading.pos, self.seen.get(where, 0))
        if repeated or (*where, record.offset) in self.left_out:
            return None
        wanted = self.types is None or heading.type in self.types
        if not wanted:
            return None
        # As live: of headers that are none of ours, nothing is asked.
        return Received(
            cast("Envelope", heading), decode(heading.type, record.value or b"")
        )
