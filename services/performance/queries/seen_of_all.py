"""What of all sellers' facts had come here: so that pages are of the same facts.

A seller's facts are in one partition of each topic, and come here in the order of their
places in the history of their source. So how far each partition had come tells of every
seller all that had come, whatever comes later. Facts that could not be applied, which the
order doesn't tell, are told by their places.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, NamedTuple, TypeAlias

import polars as pl
from psycopg import sql
from pydantic import Field

from contracts.topics import FACTS, OWNERS
from kit.partitions import partition_of
from kit.readmodels.frames import Read
from services.performance.projections.claims import PERFORMANCE
from services.performance.queries.seen import (
    MOST_ASIDE,
    Pos,
    by_source,
    set_aside,
    were_aside,
)

Places: TypeAlias = Annotated[
    Mapping[str, Annotated[Sequence[Pos], Field(min_length=1)]], Field(max_length=10)
]
"""Places in the histories of services."""

GROUP: Final = PERFORMANCE
"""As which the service consumes, whatever it reads."""

_POSITION: Final = pl.Schema(
    {"topic": pl.String(), "partition": pl.Int32(), "pos": pl.Int64()}
)
_PARTITIONS: Final = {OWNERS[topic.name]: topic.partitions for topic in FACTS}


class SeenOfAll(NamedTuple):
    """What had come here of all facts.

    Shape: `places` by service and partition: the place in its history of the last fact that
        had come; 0 for none. `aside` as that of `Seen`; None, where it would tell of more
        than `MOST_ASIDE`: then nobody can ask for the same again.
    """

    places: Places
    aside: Places | None


class MorePartitions(RuntimeError):  # noqa: N818 - see kit.domain.Refused
    """A topic has more partitions than its contract says: keys lie elsewhere."""

    def __init__(self, source: str, there: int, known: int) -> None:
        super().__init__(
            f"the topic of {source} has {there} partitions or more, and contracts/topics.py"
            f" says {known}: say how many there are"
        )


def seen_of_all(read: Read) -> SeenOfAll:
    """Return what has come of all facts, at the moment that is read. Blocks.

    Raises:
        MorePartitions: Facts came from a partition that no contract tells of.
    """
    mine = sql.SQL("group_name = {}").format(GROUP)
    found = read("consumer_positions", _POSITION, [mine])
    last = {(OWNERS[topic], number): pos for topic, number, pos in found.iter_rows()}
    for source, number in last:
        if number >= _PARTITIONS[source]:
            raise MorePartitions(source, number + 1, _PARTITIONS[source])
    places = {
        source: [last.get((source, number), 0) for number in range(partitions)]
        for source, partitions in _PARTITIONS.items()
    }
    aside = by_source(set_aside(read, [mine]))
    few = sum(map(len, aside.values())) <= MOST_ASIDE
    return SeenOfAll(places, aside if few else None)


def had_come(rows: pl.DataFrame, seen: SeenOfAll) -> pl.DataFrame:
    """Return those of `rows` that had come.

    What lies below where the least of its source's partitions stood had come, whosesoever
    it is. Only of sellers of whom more is there their partition is looked for, which takes
    longer than all else: so a first page is read as any other, and many sellers cost what
    few do.

    Shape: `rows` have seller_id, and `source` and `pos` of their facts.
    """
    surely = {source: min(places) for source, places in seen.places.items()}
    least = pl.col("source").replace_strict(surely, default=0, return_dtype=pl.Int64())
    beyond = rows.lazy().filter(pl.col("pos") > least)
    latest = beyond.group_by("seller_id", "source").agg(pl.col("pos").max()).collect()
    upto = latest.with_columns(pl.Series("upto", [*_ends(latest, seen)], pl.Int64()))
    if not seen.aside and upto.filter(pl.col("pos") > pl.col("upto")).is_empty():
        return rows
    had = pl.col("upto").is_null() | (pl.col("pos") <= pl.col("upto"))
    return (
        rows.join(upto.drop("pos"), on=["seller_id", "source"], how="left")
        .filter(had, ~were_aside(seen.aside or {}))
        .drop("upto")
    )


def _ends(sellers: pl.DataFrame, seen: SeenOfAll) -> Iterator[int]:
    """Yield how far what a source tells of a seller had come, for each of `sellers`."""
    for seller_id, source in sellers.select("seller_id", "source").iter_rows():
        places = seen.places.get(source, (0,))
        yield places[partition_of(seller_id, len(places))]
