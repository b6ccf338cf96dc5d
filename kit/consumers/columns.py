"""Batches in columns: for folds that commute, where row by row would cost too much.

A batch is read this way as a whole or not at all. It is when each record is what our own
relay writes, follows on the last, and holds a fact in the form in which it is stored. At
the first doubt the batch is read record by record, which says what is wrong with it; what
was good there comes in columns all the same.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeAlias

import msgspec
import polars as pl
from sqlalchemy import Connection

from contracts.fact import Fact
from contracts.registry import CLASSES, encode
from contracts.topics import OWNERS
from kit.consumers.records import CE_ACTOR, HEADERS, Received, Record
from kit.consumers.structs import holds_nul, reader_of

MOMENT: Final = pl.Datetime("us", "UTC")
_ENVELOPE: Final = {
    "event_id": pl.String(),
    "recorded_at": MOMENT,
    "version": pl.Int64(),
    "pos": pl.Int64(),
}
_UUID: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_NUMBER: Final = r"^[1-9][0-9]{0,17}$"
_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_WRITTEN: Final = _DAY + r"T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{6})?Z$"
_TO_SECONDS: Final = "%Y-%m-%dT%H:%M:%SZ"
_TO_MICROSECONDS: Final = "%Y-%m-%dT%H:%M:%S.%6fZ"
_SHORT: Final = len("2026-01-05T09:00:00Z")
_OURS: Final = frozenset(HEADERS)
_COUNT: Final = len(HEADERS)
# Loops of C's: with a dozen headers to a record, Python's own took a third of its time.
_HEADERS_OF: Final = attrgetter("headers")
_FIRST: Final = itemgetter(slice(_COUNT))
_OTHERS: Final = itemgetter(slice(_COUNT, None))
_NAME: Final = itemgetter(0)
_VALUE: Final = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one type in a batch, in its order: column by column, as asked for."""

    read: Sequence[Any]
    moments: Mapping[str, pl.Series]
    envelopes: pl.DataFrame
    types: Mapping[str, pl.DataType]

    def columns(
        self, names: Iterable[str], counts: Mapping[str, Callable[[Any], int]]
    ) -> pl.DataFrame:
        """Return a column for each field in `names`, and for what `counts` counts.

        Shape: first `event_id` (as text), `recorded_at`, `version` and `pos` of each fact;
            a field is text, a number, a date or a moment, or null; a function of `counts`
            is given what has the fact's fields as attributes.
        """
        fields = [self._field(name) for name in names]
        counted = [
            pl.Series(name, list(map(count, self.read)), pl.Int64)
            for name, count in counts.items()
        ]
        return self.envelopes.with_columns(*fields, *counted)

    def _field(self, name: str) -> pl.Series:
        if name in self.moments:
            return self.moments[name].alias(name)
        values = [*map(attrgetter(name), self.read)]
        return pl.Series(name, values, self.types[name])


Batch: TypeAlias = Mapping[type[Fact], Facts]
Project: TypeAlias = Callable[[Batch, Connection], None]


@dataclass(frozen=True, slots=True)
class InColumns:
    """A `Handler` whose fold commutes: it takes a batch in columns, type by type."""

    project: Project

    def __call__(self, batch: Sequence[Received], db: Connection) -> None:
        """Project facts that were read one by one."""
        self.project(in_columns(batch), db)


@dataclass(frozen=True, slots=True)
class Whole:
    """A batch of which each record is a fact that is new here. `pos` is its last."""

    batch: Batch
    pos: int


def in_columns(facts: Iterable[Received]) -> Batch:
    """Return facts that were read one by one in columns."""
    by_kind = defaultdict[type[Fact], list[Received]](list)
    for received in facts:
        by_kind[type(received.fact)].append(received)
    return {kind: _written_again(kind, some) for kind, some in by_kind.items()}


def read_whole(
    records: Sequence[Record], next_offset: int, pos: int, stuck: Collection[str]
) -> Whole | None:
    """Return what `records` say, if all of them are facts that come next.

    None says only that they must be read one by one, as `sort_out` does, to know more.

    Shape: as `sort_out` takes them.
    """
    headings = _headings(records) if records[0].offset >= next_offset else None
    if headings is None or not _follows(headings, pos, stuck):
        return None
    envelopes = headings.select(*_ENVELOPE)
    places = defaultdict[str, list[int]](list)
    for place, name in enumerate(headings["type"].to_list()):
        places[name].append(place)
    batch = dict[type[Fact], Facts]()
    for name, those in places.items():
        values = [value for place in those if (value := records[place].value) is not None]
        kind = CLASSES.get(name)
        if kind is None or len(values) < len(those):
            return None
        facts = _read(kind, values, envelopes[those])
        if facts is None:
            return None
        batch[kind] = facts
    return Whole(batch, int(headings["pos"][-1]))


def _headings(records: Sequence[Record]) -> pl.DataFrame | None:
    """Return what the envelopes of `records` say, if our relay wrote all of them."""
    headers = [*map(_HEADERS_OF, records)]
    pairs = [*chain.from_iterable(map(_FIRST, headers))]
    others = [*chain.from_iterable(map(_OTHERS, headers))]
    alike, more = [*map(_NAME, pairs)] == [*HEADERS] * len(records), {*map(_NAME, others)}
    if not alike or more & _OURS or (CE_ACTOR in more and not _say_who(others)):
        return None
    values = [*map(_VALUE, pairs)]
    columns = {name: values[at::_COUNT] for at, name in enumerate(HEADERS)}
    texts = _texts(columns)
    if texts is None or not _are_ours(texts, OWNERS.get(records[0].topic)):
        return None
    happened, recorded = _moments(texts["time"]), _moments(texts["recordedtime"])
    if happened is None or recorded is None:
        return None
    numbers = (
        pl.col("sequence").cast(pl.Int64).alias("version"),
        pl.col("pos").cast(pl.Int64),
    )
    return texts.select("type", "subject", *numbers, event_id="id", recorded_at=recorded)


def _say_who(others: Iterable[tuple[str, bytes]]) -> bool:
    """Tell whether whoever asked is named in text; not every fact was asked for."""
    try:
        b"\n".join(value for name, value in others if name == CE_ACTOR).decode()
    except UnicodeDecodeError:
        return False
    return True


def _texts(columns: Mapping[str, Sequence[bytes]]) -> pl.DataFrame | None:
    raw = pl.DataFrame(columns, dict.fromkeys(HEADERS, pl.Binary))
    try:
        return raw.select(pl.all().cast(pl.String).name.map(_without_prefix))
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


def _follows(headings: pl.DataFrame, pos: int, stuck: Collection[str]) -> bool:
    """Tell whether all comes after `pos`, in order, and none of a stream that waits."""
    places = headings["pos"]
    free = not stuck or not headings["subject"].is_in(list(stuck)).any()
    return free and int(places[0]) > pos and bool((places.diff().drop_nulls() > 0).all())


def _read(
    kind: type[Fact], values: Sequence[bytes], envelopes: pl.DataFrame
) -> Facts | None:
    reader = reader_of(kind)
    try:
        read = [*map(reader.decode, values)]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if holds_nul(b"\n".join(values)):
        return None
    moments = {
        name: _moments(pl.Series([*map(attrgetter(name), read)])) for name in reader.moments
    }
    known = {name: moment for name, moment in moments.items() if moment is not None}
    if len(known) < len(moments):
        return None
    return Facts(read, known, envelopes, reader.columns)


def _moments(texts: pl.Series) -> pl.Series | None:
    """Return the moments that are written in `texts`, if each is as we write them."""
    if not texts.str.contains(_WRITTEN).fill_null(value=False).all():
        return None
    # One format that fits all is read seven times as fast as one that asks for each.
    short, format_ = texts.str.len_bytes() == _SHORT, _TO_SECONDS
    if not short.all():
        format_ = _TO_MICROSECONDS
    if short.any() and not short.all():
        padded = texts.str.head(_SHORT - 1) + ".000000Z"
        texts = padded.zip_with(short, texts)
    read = texts.str.to_datetime(
        format_, time_unit="us", time_zone="UTC", strict=False, cache=False
    )
    # Python knows no year before 1.
    return None if read.has_nulls() or read.dt.year().min() == 0 else read


def _written_again(kind: type[Fact], some: Sequence[Received]) -> Facts:
    envelopes = pl.DataFrame(
        {
            "event_id": [str(received.envelope.id) for received in some],
            "recorded_at": [received.envelope.recordedtime for received in some],
            "version": [received.envelope.sequence for received in some],
            "pos": [received.envelope.pos for received in some],
        },
        _ENVELOPE,
    )
    facts = _read(kind, [encode(received.fact)[1] for received in some], envelopes)
    if facts is None:
        raise AssertionError(f"no struct takes what {kind.__name__} writes")
    return facts
