"""Long lists, a page at a time: nothing is skipped or repeated while rows arrive."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Query
from pydantic import AfterValidator, BaseModel, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Select, tuple_

from contracts.fact import GivenMoment, Id

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(GivenMoment)
_ID: Final[TypeAdapter[str]] = TypeAdapter(Id)

Place: TypeAlias = tuple[datetime, str]
"""Where a row stands in its list: its moment, then its id. Neither ever changes."""


class Page(BaseModel):
    """Some of a list, and where it goes on: give `next` as `after`."""

    items: list[dict[str, Any]]
    next: str | None


def place_of(after: str | None) -> Place | None:
    """Return the place that a page's `next` names."""
    if after is None:
        return None
    moment, _, name = after.partition("|")
    return _MOMENT.validate_python(moment), _ID.validate_python(name)


def _named_by_a_page(after: str) -> str:
    try:
        place_of(after)
    except ValidationError:
        raise ValueError(
            "no page ended there; give the `next` of the page before, as it is"
        ) from None
    return after


After: TypeAlias = Annotated[str, AfterValidator(_named_by_a_page)]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=500)]


def page_of(rows: Sequence[Mapping[str, Any]], limit: int, moment: str, name: str) -> Page:
    """Return the page that `rows` are; it goes on if they are as many as `limit`.

    Shape: `moment` and `name` are the columns that `beyond` was given.
    """
    last = rows[-1] if len(rows) == limit else None
    after = None if last is None else f"{last[moment].isoformat()}|{last[name]}"
    return Page(items=[dict(row) for row in rows], next=after)


def beyond(
    query: Select[Any],
    moment: ColumnElement[Any],
    name: ColumnElement[str],
    place: Place | None,
    limit: int,
) -> Select[Any]:
    """Return `query` for the first `limit` rows beyond `place`, by moment and id.

    An index that ends in these two columns finds every page equally fast.
    """
    if place is not None:
        query = query.where(tuple_(moment, name) > tuple_(*place))
    return query.order_by(moment, name).limit(limit)
