"""What of a seller's facts had come here: so that an answer can be had again.

`known_at` asks what the services that own facts had recorded by then. What had come here
of that, when somebody asked, is less: a fact can be recorded in time and arrive late. The
facts that a service tells of one seller come in the order of their places in its history,
so the last place tells all that had come, whatever comes later. What the order doesn't
tell is told by ids: facts that could not be applied then, and performance's own.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Self

import polars as pl
from psycopg import sql
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from kit.database import address
from kit.readmodels.frames import Read, one_moment
from services.performance.model.obligation import LISTINGS, SAYINGS
from services.performance.model.scorecard import Rows
from services.performance.policies import SOURCES
from services.performance.queries import Question, conditions_of

CATALOG: Final = "catalog"
"""Whose facts say of listings."""
_POS: Final = {"pos": pl.Int64()}
_PARKED: Final = pl.Schema({"event_id": pl.String(), "pos": pl.Int64()})
_NO_PLACE: Final = "no answer has said that; give the `seen` of an answer, as it is"


class Seen(BaseModel):
    """What had come here of a seller's facts.

    Shape: `places` by service: the place in its history of the last fact of the seller
        that had come; 0 for none. `aside` are the ids of facts that had come and could not
        be applied; `own`, of performance's own facts.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    places: Mapping[str, int] = Field(max_length=10)
    aside: Sequence[str] = ()
    own: Sequence[str] = ()

    def written(self) -> str:
        """Return it as text for an URL."""
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
    db: Engine, question: Question, seen: Seen | None = None
) -> tuple[pl.DataFrame, pl.DataFrame, Seen]:
    """Return the rows that one seller's `question` needs, and what had come of them.

    Shape: typed as SAYINGS and as LISTINGS, as they were at one moment; if `seen` is given,
        those that had come when it was said.
    """
    conditions = conditions_of(question)
    with one_moment(address(db)) as read:
        sayings = read("obligation_sayings", pl.Schema({**SAYINGS, **_POS}), conditions)
        listings = read("listing_sayings", pl.Schema({**LISTINGS, **_POS}), conditions)
        aside = _set_aside(read, str(question.seller_id)) if seen is None else ()
    told = sayings.with_columns(
        source=pl.col("metric").cast(pl.String).replace_strict(SOURCES)
    )
    shown = listings.with_columns(source=pl.lit(CATALOG))
    if seen is None:
        seen = _seen(told, shown, aside)
    return (
        _of(told, seen).select(SAYINGS.names()).pipe(in_order),
        _of(shown, seen).select(LISTINGS.names()).pipe(in_order),
        seen,
    )


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of facts in one order, whichever they were found in."""
    return rows.sort(
        "at", "event_id", *(n for n in ("metric", "says") if n in rows.columns)
    )


def _set_aside(read: Read, seller_id: str) -> Iterable[str]:
    mine = sql.SQL("key = {}").format(seller_id.encode())
    return read("parked_events", _PARKED, [mine])["event_id"].unique().sort()


def _seen(told: Rows, shown: Rows, aside: Iterable[str]) -> Seen:
    columns = ["source", "event_id", "pos"]
    facts = pl.concat([told.lazy().select(columns), shown.lazy().select(columns)]).collect()
    last = dict(facts.drop_nulls("pos").group_by("source").agg(pl.col("pos").max()).rows())
    own = facts.filter(pl.col("pos").is_null())["event_id"].unique().sort()
    names = sorted({*SOURCES.values(), CATALOG})
    places = {name: last.get(name, 0) for name in names}
    return Seen(places=places, aside=[*aside], own=[*own])


def _of(rows: pl.DataFrame, seen: Seen) -> pl.DataFrame:
    last = pl.col("source").replace_strict(seen.places, default=0, return_dtype=pl.Int64)
    had_come = (
        pl.when(pl.col("pos").is_null())
        .then(pl.col("event_id").is_in([*seen.own]))
        .otherwise(pl.col("pos") <= last)
    )
    return rows.filter(had_come, ~pl.col("event_id").is_in([*seen.aside]))
