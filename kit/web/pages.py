"""Long lists, a page at a time: nothing is skipped or repeated while rows arrive."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, TypeAdapter
from sqlalchemy import ColumnElement, Select, tuple_

from contracts.fact import GivenMoment, Id

K = TypeVar("K")
Place: TypeAlias = tuple[datetime, str]
"""Where a row stands in its list: its moment, then its id. Neither ever changes."""

_PLACE: Final = TypeAdapter(tuple[GivenMoment, Id])


class Page(BaseModel):
    """Some of a list, and where it goes on: give `next` as `after`."""

    items: list[dict[str, Any]]
    next: str | None


def written(place: Sequence[Any]) -> str:
    """Return `place`, of whatever a list is in the order of, as text for an URL."""
    said = json.dumps([*place], default=str, separators=(",", ":"))
    return urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read(after: str, kind: TypeAdapter[K]) -> K:
    """Return the place that `after` names.

    Raises:
        ValueError: None that `written` wrote.
    """
    try:
        return kind.validate_json(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except ValueError:
        raise ValueError(
            "no page ended there; give the `next` of the page before, as it is"
        ) from None


def named_by_a_page(kind: TypeAdapter[Any]) -> AfterValidator:
    """Return what refuses texts that no page's `next` was."""

    def check(after: str) -> str:
        read(after, kind)
        return after

    checked: Callable[[str], str] = check
    return AfterValidator(checked)


def place_of(after: str | None) -> Place | None:
    """Return the place that a page's `next` names."""
    return None if after is None else read(after, _PLACE)


After: TypeAlias = Annotated[str, named_by_a_page(_PLACE)]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=500)]


def page_of(rows: Sequence[Mapping[str, Any]], limit: int, moment: str, name: str) -> Page:
    """Return the page that `rows` are; it goes on if they are as many as `limit`.

    Shape: `moment` and `name` are the columns that `beyond` was given.
    """
    last = rows[-1] if len(rows) == limit else None
    after = None if last is None else written((last[moment], last[name]))
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
