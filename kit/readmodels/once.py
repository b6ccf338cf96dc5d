"""What records say that are read once more: each fact once, in columns or one by one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from contracts.fact import Fact
from contracts.registry import written_as
from kit.consumers.columns import Batch, in_columns, read_whole
from kit.consumers.records import HEADERS, Received, Record, heading_of

Places: TypeAlias = frozenset[tuple[str, int, int]]
"""Records, by topic, partition and offset."""

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

    def in_columns(self, records: Sequence[Record]) -> Batch:
        """Return the facts of `records`, which are of one partition, type by type.

        Raises:
            ValueError: One of them can't be read.
        """
        wanted = self._wanted(records)
        if not wanted:
            return {}
        where = (wanted[0].topic, wanted[0].partition)
        if not any((*where, record.offset) in self.left_out for record in wanted):
            whole = read_whole(wanted, 0, self.seen.get(where, 0), ())
            if whole is not None:
                self.seen[where] = whole.pos
                return whole.batch
        return in_columns(self.one_by_one(wanted))

    def one_by_one(self, records: Sequence[Record]) -> Sequence[Received]:
        """Return the facts of `records`, in their order.

        Raises:
            ValueError: As `in_columns`.
        """
        return [fact for record in records if (fact := self._fact(record))]

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

    def _fact(self, record: Record) -> Received | None:
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
        return Received.parse(record) if wanted else None
