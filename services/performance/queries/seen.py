"""What of a seller's facts had come here: so that an answer can be had again.

`known_at` asks what the services that own facts had recorded by then. What had come here
of that, when somebody asked, is less: a fact can be recorded in time and arrive late. The
facts that a service tells of one seller come in the order of their places in its history,
so the last place tells all that had come, whatever comes later. What an upheld appeal
claims has the place of its decision, in performance's own history. Facts that could not
be applied, which the order doesn't tell, are told by their places.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Self, TypeAlias

import polars as pl
from psycopg import sql
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from kit.database import address
from kit.readmodels.frames import Read, one_moment
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.scorecard import Rows
from services.performance.policies import SOURCES
from services.performance.projections.claims import PERFORMANCE

CATALOG: Final = "catalog"
"""Whose facts say of listings."""
MOST_ASIDE: Final = 1_000
"""How many facts that are set aside an answer can tell, so that it can be had again."""

Pos: TypeAlias = Annotated[int, Field(ge=0, lt=2**63)]
_PLACE: Final = {"pos": pl.Int64(), "source": pl.String()}
_PARKED: Final = pl.Schema({"key": pl.Binary(), "topic": pl.String(), "pos": pl.Int64()})
_NO_PLACE: Final = "no answer has said that; give the `seen` of an answer, as it is"


class Seen(BaseModel):
    """What had come here of a seller's facts.

    Shape: `places` by service: the place in its history of the last fact of the seller
        that had come; 0 for none. `aside` by service: the places of facts that had come
        and could not be applied.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    places: Mapping[str, Pos] = Field(max_length=10)
    aside: Mapping[str, Sequence[Pos]] = Field(default={}, max_length=10)

    def written(self) -> str | None:
        """Return it as text for an URL; None if too many facts were set aside for one."""
        if sum(map(len, self.aside.values())) > MOST_ASIDE:
            return None
        return urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `written` wrote.

        Raises:
            ValueError: It did not write this.
        """
        try:
            return cls.model_validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            raise ValueError(_NO_PLACE) from None


def _is_seen(text: str) -> str:
    Seen.read(text)
    return text


SeenText = Annotated[str, Field(max_length=20_000), AfterValidator(_is_seen)]
"""A `seen` as some answer said it."""


def read_seen(
    db: Engine,
    seller_id: str,
    as_of: datetime,
    known_at: datetime,
    seen: Seen | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, Seen]:
    """Return the rows that a question about one seller needs, and what had come of them.

    Shape: typed as SAYINGS and as LISTINGS, as they were at one moment; if `seen` is given,
        those that had come when it was said.
    """
    mine = [sql.SQL("seller_id = {}").format(seller_id)]
    with one_moment(address(db)) as read:
        told, shown = read_placed(read, mine)
        aside = set_aside_of(read, [seller_id])
    if seen is None:
        seen = _seen(told, shown, aside)
    known = (pl.col("at") <= as_of) & (pl.col("recorded_at") <= known_at)
    return (
        _of(told.filter(known), seen).select(SAYINGS.names()).pipe(in_order),
        _of(shown.filter(known), seen).select(LISTINGS.names()).pipe(in_order),
        seen,
    )


def read_placed(
    read: Read,
    conditions: Sequence[sql.Composable],
    of_listings: Sequence[sql.Composable] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what was said of obligations and of listings, and by whom at which place.

    Shape: as SAYINGS and as LISTINGS, with `pos` in the history of the service `source`.
    """
    sayings = read("obligation_sayings", pl.Schema({**SAYINGS, **_PLACE}), conditions)
    shown = [*conditions, *of_listings]
    listings = read("listing_sayings", pl.Schema({**LISTINGS, **_PLACE}), shown)
    of_metric = pl.col("metric").cast(pl.String).replace_strict(SOURCES)
    return (
        sayings.with_columns(pl.col("source").fill_null(of_metric)),
        listings.with_columns(pl.col("source").fill_null(CATALOG)),
    )


def set_aside_of(read: Read, seller_ids: Sequence[str]) -> pl.DataFrame:
    """Return the facts of sellers that had come and could not be applied.

    Shape: a row each: seller_id, source, pos.
    """
    keys = [name.encode() for name in seller_ids]
    theirs = set_aside(read, [sql.SQL("key = ANY({}::bytea[])").format(keys)])
    return theirs.select(pl.col("key").cast(pl.String).alias("seller_id"), "source", "pos")


def set_aside(read: Read, conditions: Sequence[sql.Composable]) -> pl.DataFrame:
    """Return the facts that had come and could not be applied.

    Shape: a row each: the key of its record, source, pos.
    """
    source = pl.col("topic").str.split(".").list.first().alias("source")
    return read("parked_events", _PARKED, conditions).select("key", source, "pos")


def by_source(aside: pl.DataFrame) -> Mapping[str, Sequence[int]]:
    """Return the places of facts by the service whose they are."""
    places = aside.group_by("source").agg(pl.col("pos").unique().sort()).sort("source")
    return dict(places.iter_rows())


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of facts in one order, whichever they were found in."""
    return rows.sort(
        "at", "event_id", *(n for n in ("metric", "says") if n in rows.columns)
    )


def _seen(told: Rows, shown: Rows, aside: pl.DataFrame) -> Seen:
    """Return what has come, of whatever moments: what is asked of them comes after."""
    facts = pl.concat([rows.lazy().select("source", "pos") for rows in (told, shown)])
    last = dict(facts.group_by("source").agg(pl.col("pos").max()).collect().iter_rows())
    names = sorted({*SOURCES.values(), CATALOG, PERFORMANCE})
    places = {name: last.get(name, 0) for name in names}
    return Seen(places=places, aside=by_source(aside))


def _of(rows: pl.DataFrame, seen: Seen) -> pl.DataFrame:
    """Return the rows that had come."""
    last = pl.col("source").replace_strict(seen.places, default=0, return_dtype=pl.Int64)
    return rows.filter(pl.col("pos") <= last, ~were_aside(seen.aside))


def were_aside(aside: Mapping[str, Sequence[int]]) -> pl.Expr:
    """Say of rows whether their facts had been set `aside`, by service and place."""
    each = [
        (pl.col("source") == source) & pl.col("pos").is_in([*places])
        for source, places in aside.items()
    ]
    return pl.any_horizontal(False, *each)  # noqa: FBT003 - none at all
