"""What a page of an answer about all sellers is asked for by, as `after`: its token.

A token is the text of a page's cursor and of all of the question that may be left open: so
that each page answers the same question, of the same facts.
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
from services.performance.queries.all_sellers import Cursor
from services.performance.queries.seen_of_all import Places, SeenOfAll


class PageToken(NamedTuple):
    """A cursor, and the question that its page answers.

    Shape: `beyond` and `until` as of `Cursor`, `places` and `aside` as of `SeenOfAll`.
        `policy` is the version of the one that judges; `proposed` the digest of the one
        that is compared with it, if one is; `every` and `explain` what was to be shown.
    """

    beyond: SellerId | Literal[""]
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


_TOKEN: Final = TypeAdapter(PageToken)

After: TypeAlias = Annotated[
    Annotated[str, Field(max_length=30_000), named_by_a_page(_TOKEN)] | None,
    Query(
        description="The `next` of the page before, or the `again` of this one; all else is"
        " asked as it was."
    ),
]


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A page of the answer to a question: the first, or the one that `token` names.

    Shape: `every`, with what is left out else; `explain`, with the facts behind each.
    """

    question: Question
    token: PageToken | None
    every: bool
    explain: bool = False

    @property
    def cursor(self) -> Cursor | None:
        """What names the page, if it is not the first."""
        if self.token is None:
            return None
        seen = SeenOfAll(self.token.places, self.token.aside)
        return Cursor(self.token.beyond, seen, self.token.until)


def continued(
    after: str | None,
    seller_id: str | None,
    asked: Mapping[str, Any],
    proposed: Policy | None = None,
) -> PageToken | None:
    """Return the token that a page is asked for by; None if it is the first.

    Shape: `asked` by the name of the field; None is left open.

    Raises:
        RequestValidationError: That page answered another question.
    """  # noqa: DOC501 - `_another` makes it
    if after is None:
        return None
    token = read(after, _TOKEN)
    if seller_id is not None:
        raise _another("all sellers, not one")
    if token.proposed != (None if proposed is None else proposed.digest):
        raise _another(
            "scorecards" if token.proposed is None else "what another policy would change"
        )
    for field, said in asked.items():
        answered = token.held[field]
        if said is not None and said != answered:
            raise _another(f"{field} {_shown(answered)}")
    return token


def token_of(
    page: AskedPage, cursor: Cursor | None, proposed: Policy | None = None
) -> str | None:
    """Return the token of the page of the same answer that `cursor` names.

    Shape: None if there is no such page, or the answer has only one.
    """
    question = page.question
    if cursor is None or question.seller_id is not None:
        return None
    asked = (question.as_of, question.known_at, question.policy.version)
    digest = None if proposed is None else proposed.digest
    shown = (page.every, page.explain)
    return written(
        PageToken(cursor.beyond, cursor.until, *asked, digest, *shown, *cursor.seen)
    )


def _another(what: str) -> Exception:
    why = f"the page before answered of {what}; ask the same again, or begin without after"
    return invalid("query", "after", why)


def _shown(answered: datetime | str | bool | None) -> str:  # noqa: FBT001 - as it was asked
    if answered is None:
        return "none"
    if isinstance(answered, bool):
        return str(answered).lower()
    return as_said(answered) if isinstance(answered, datetime) else answered
