"""Answers that come in pages: each is asked for when the one before has been printed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from market.answers import Paged, StrangeAnswerError, understood

Page = TypeVar("Page", bound=Paged)
Asked: TypeAlias = Callable[[Mapping[str, str]], Any]
"""Asks for a page, by what is added to the query."""

LARGEST: Final = "500"
"""How much a page has at most."""


def pages(kind: type[Page], service: str, asked: Asked) -> Iterator[tuple[Any, Page]]:
    """Yield an answer of `service` page by page: as it was said, and as it is understood.

    Raises:
        StrangeAnswerError: A page is not of that kind, or leads to itself.
    """
    more = {"limit": LARGEST}
    while True:
        answer = asked(more)
        known = understood(kind, service, answer)
        yield answer, known
        if known.next is None:
            return
        if known.next == more.get("after"):
            raise StrangeAnswerError(f"{service} answers a page that leads to itself")
        more = {"limit": LARGEST, "after": known.next}
