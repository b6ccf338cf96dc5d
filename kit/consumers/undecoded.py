"""Records in columns, before any of what they say is read: the first of two steps.

Most of what a record costs is waiting for memory: for its headers alone the client makes
two dozen objects. Where thousands are read on end, this step is taken with some hundreds
that were made just now, and drops all but what the second needs: measured, reading and this
then take half as long. The second, which has a price for each batch, is taken with all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Final, Self

import polars as pl

from contracts.topics import OWNERS
from kit.consumers.moments import moments
from kit.consumers.records import CE_ACTOR, HEADERS, Record

_UUID: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_NUMBER: Final = r"^[1-9][0-9]{0,17}$"
_OURS: Final = frozenset(HEADERS)
_COUNT: Final = len(HEADERS)
_BYTES: Final = pl.Schema(dict.fromkeys(HEADERS, pl.Binary()))
# Loops of C's: with a dozen headers to a record, Python's own took a third of its time.
_HEADERS_OF: Final = attrgetter("headers")
_OFFSET: Final = attrgetter("offset")
_VALUE_OF: Final = attrgetter("value")
_FIRST: Final = itemgetter(slice(_COUNT))
_OTHERS: Final = itemgetter(slice(_COUNT, None))
_NAME: Final = itemgetter(0)
_VALUE: Final = itemgetter(1)


@dataclass(slots=True)
class Rewritten:
    """A record again, of what is kept of it: the headers that every fact has, no others."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Undecoded:
    """Records of one partition, in offset order, that have the headers of our relay.

    Shape: `headers` has a column of bytes for each of `HEADERS`.
    """

    topic: str
    partition: int
    offsets: Sequence[int]
    values: Sequence[bytes | None]
    headers: pl.DataFrame

    @classmethod
    def of(cls, records: Sequence[Record]) -> Self | None:
        """Return `records`; None if one has other headers, or no text for who asked."""
        columns = _columns(records)
        if columns is None:
            return None
        where = (records[0].topic, records[0].partition)
        offsets, values = [*map(_OFFSET, records)], [*map(_VALUE_OF, records)]
        return cls(*where, offsets, values, pl.DataFrame(columns, _BYTES))

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """Return `parts`, at least one, which follow on each other, as one."""
        return cls(
            parts[0].topic,
            parts[0].partition,
            [*chain.from_iterable(part.offsets for part in parts)],
            [*chain.from_iterable(part.values for part in parts)],
            pl.concat(part.headers for part in parts),
        )

    def records(self) -> Sequence[Rewritten]:
        """Return each as a record again."""
        where, rows = (self.topic, self.partition), self.headers.iter_rows()
        return [
            Rewritten(*where, offset, value, [*zip(HEADERS, said, strict=True)])
            for offset, value, said in zip(self.offsets, self.values, rows, strict=True)
        ]

    def headings(self) -> pl.DataFrame | None:
        """Return what the headers say; None if something is not as our relay writes it.

        Shape: type, subject, version, pos, event_id, recorded_at.
        """
        texts = _texts(self.headers)
        if texts is None or not _are_ours(texts, OWNERS.get(self.topic)):
            return None
        happened, recorded = moments(texts["time"]), moments(texts["recordedtime"])
        if happened is None or recorded is None:
            return None
        numbers = (
            pl.col("sequence").cast(pl.Int64).alias("version"),
            pl.col("pos").cast(pl.Int64),
        )
        return texts.select(
            "type", "subject", *numbers, event_id="id", recorded_at=recorded
        )


def _columns(records: Sequence[Record]) -> Mapping[str, Sequence[bytes]] | None:
    headers = [*map(_HEADERS_OF, records)]
    pairs = [*chain.from_iterable(map(_FIRST, headers))]
    others = [*chain.from_iterable(map(_OTHERS, headers))]
    alike, more = [*map(_NAME, pairs)] == [*HEADERS] * len(records), {*map(_NAME, others)}
    if not alike or more & _OURS or (CE_ACTOR in more and not _say_who(others)):
        return None
    values = [*map(_VALUE, pairs)]
    return {name: values[at::_COUNT] for at, name in enumerate(HEADERS)}


def _say_who(others: Iterable[tuple[str, bytes]]) -> bool:
    """Tell whether whoever asked is named in text; not every fact was asked for."""
    try:
        b"\n".join(value for name, value in others if name == CE_ACTOR).decode()
    except (UnicodeDecodeError, TypeError):  # no text, or null
        return False
    return True


def _texts(headers: pl.DataFrame) -> pl.DataFrame | None:
    try:
        return headers.select(pl.all().cast(pl.String).name.map(_without_prefix))
    except pl.exceptions.ComputeError:  # a value that is not UTF-8
        return None


def _without_prefix(name: str) -> str:
    return name.removeprefix("ce_")


def _are_ours(texts: pl.DataFrame, owner: str | None) -> bool:
    right = (
        pl.col("specversion") == "1.0",
        pl.col("source") == (pl.col("source") if owner is None else owner),
        pl.col("id").str.contains(_UUID),
        pl.col("pos", "sequence").str.contains(_NUMBER),
        ~pl.col("type", "subject").str.contains("\0", literal=True),
        pl.col("partitionkey").is_not_null(),
    )
    return bool(texts.select(pl.all_horizontal(*right).fill_null(value=False).all()).item())
