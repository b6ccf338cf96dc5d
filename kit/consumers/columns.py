"""Batches in columns: for folds that commute, where row by row would cost too much.

A batch is read this way as a whole or not at all. It is when each record is what our own
relay writes, follows on the last, and holds a fact in the form in which it is stored. At
the first doubt the batch is read record by record, which says what is wrong with it; what
was good there comes in columns all the same.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, TypeAlias

import msgspec
import polars as pl
from sqlalchemy import Connection

from contracts.fact import Fact
from contracts.registry import CLASSES, encode
from kit.consumers.moments import MOMENT, moments
from kit.consumers.records import Received, Record
from kit.consumers.structs import holds_nul, reader_of
from kit.consumers.undecoded import Undecoded

_ENVELOPE: Final = {
    "event_id": pl.String(),
    "recorded_at": MOMENT,
    "version": pl.Int64(),
    "pos": pl.Int64(),
}


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
    undecoded = Undecoded.of(records) if records[0].offset >= next_offset else None
    return decoded(undecoded, pos, stuck) if undecoded else None


def decoded(undecoded: Undecoded, pos: int, stuck: Collection[str]) -> Whole | None:
    """Return what `undecoded` records say, if all of them are facts that come next.

    None and `stuck` as `read_whole`'s.
    """
    headings = undecoded.headings()
    if headings is None or not _follows(headings, pos, stuck):
        return None
    envelopes = headings.select(*_ENVELOPE)
    places = defaultdict[str, list[int]](list)
    for place, name in enumerate(headings["type"].to_list()):
        places[name].append(place)
    batch, of_all = dict[type[Fact], Facts](), undecoded.values
    for name, those in places.items():
        values = [value for place in those if (value := of_all[place]) is not None]
        kind = CLASSES.get(name)
        if kind is None or len(values) < len(those):
            return None
        facts = _read(kind, values, envelopes[those])
        if facts is None:
            return None
        batch[kind] = facts
    return Whole(batch, int(headings["pos"][-1]))


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
    texts = {name: [*map(attrgetter(name), read)] for name in reader.moments}
    found = {name: moments(pl.Series(said)) for name, said in texts.items()}
    known = {name: moment for name, moment in found.items() if moment is not None}
    if len(known) < len(found):
        return None
    return Facts(read, known, envelopes, reader.columns)


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
