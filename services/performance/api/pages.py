"""Answers about all sellers, a page at a time: each is an answer to the same question.

Where a page ended holds all of the question that may be left open, and what had come here
of facts when it was first asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

from fastapi import Query
from pydantic import Field, TypeAdapter

from contracts.fact import GivenMoment, SellerId
from kit.web.pages import named_by_a_page, read, written
from services.performance.api.asking import invalid
from services.performance.model.policy import Policy
from services.performance.model.refusals import written as as_said
from services.performance.queries import Question
from services.performance.queries.pages import Start
from services.performance.queries.seen_of_all import Places, SeenOfAll


class Place(NamedTuple):
    """Where a page begins: beyond which seller, of which question, by what had come.

    Shape: `until` as of `Start`, which the page begins at. `policy` is the version of the
        one that judges; `proposed` the digest of the one that is compared with it, if one
        is. `every` and `explain` are what was asked to be shown. `places` and `aside` as of
        `SeenOfAll`.
    """

    seller_id: SellerId | Literal[""]
    until: SellerId | Literal[""] | None
    as_of: GivenMoment
    known_at: GivenMoment | None
    policy: str
    proposed: str | None
    every: bool
    explain: bool
    places: Places
    aside: Places

    @property
    def held(self) -> Mapping[str, Any]:
        """What was asked, by the names of the fields that ask it."""
        named = {"as_of": self.as_of, "known_at": self.known_at, "policy": self.policy}
        return named | {"all": self.every, "explain": self.explain}


_PLACE: Final = TypeAdapter(Place)

After: TypeAlias = Annotated[
    Annotated[str, Field(max_length=30_000), named_by_a_page(_PLACE)] | None,
    Query(
        description="The `next` of the page before, or the `again` of this one; all else is"
        " asked as it was."
    ),
]


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page of the answer to a question: the first, or the one that begins at `place`.

    Shape: `every`, with what is left out else; `explain`, with the facts behind each.
    """

    question: Question
    place: Place | None
    every: bool
    explain: bool = False

    @property
    def start(self) -> Start | None:
        """Where the page begins, if it is not the first."""
        if self.place is None:
            return None
        seen = SeenOfAll(self.place.places, self.place.aside)
        return Start(self.place.seller_id, seen, self.place.until)


def continued(
    after: str | None,
    seller_id: str | None,
    asked: Mapping[str, Any],
    proposed: Policy | None = None,
) -> Place | None:
    """Return where the page before ended; None if this is the first.

    Shape: `asked` by the name of the field; None is left open.

    Raises:
        RequestValidationError: That page answered another question.
    """  # noqa: DOC501 - `_another` makes it
    if after is None:
        return None
    place = read(after, _PLACE)
    if seller_id is not None:
        raise _another("all sellers, not one")
    if place.proposed != (None if proposed is None else proposed.digest):
        raise _another(
            "scorecards" if place.proposed is None else "what another policy would change"
        )
    for field, said in asked.items():
        answered = place.held[field]
        if said is not None and said != answered:
            raise _another(f"{field} {_shown(answered)}")
    return place


def asked_for_by(
    page: PageOf, start: Start | None, proposed: Policy | None = None
) -> str | None:
    """Return what the page of the same answer that begins at `start` is asked for by.

    Shape: None if there is no such page, or the answer has only one.
    """
    question = page.question
    if start is None or question.seller_id is not None:
        return None
    asked = (question.as_of, question.known_at, question.policy.version)
    digest = None if proposed is None else proposed.digest
    shown = (page.every, page.explain)
    return written(Place(start.beyond, start.until, *asked, digest, *shown, *start.seen))


def _another(what: str) -> Exception:
    why = f"the page before answered of {what}; ask the same again, or begin without after"
    return invalid("query", "after", why)


def _shown(answered: datetime | str | bool | None) -> str:  # noqa: FBT001 - as it was asked
    if answered is None:
        return "none"
    if isinstance(answered, bool):
        return str(answered).lower()
    return as_said(answered) if isinstance(answered, datetime) else answered
