"""Where a page of a list ended, as the text that its next page is asked with."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias

from fastapi import Query
from pydantic import AfterValidator, TypeAdapter, ValidationError

Limit: TypeAlias = Annotated[int, Query(ge=1, le=500)]


def written(place: Sequence[Any]) -> str:
    """Return `place` as text for an URL."""
    said = json.dumps([*place], default=str, separators=(",", ":"))
    return urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read(after: str, kind: TypeAdapter[Any]) -> Any:  # noqa: ANN401 - as `kind` says
    """Return the place that `after` names.

    Raises:
        ValueError: None that `written` wrote.
    """
    try:
        return kind.validate_json(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (ValidationError, ValueError):
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
