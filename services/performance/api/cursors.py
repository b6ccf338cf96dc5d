"""What an answer about sellers is had again by, or goes on by, given as `after`: its token.

A token is the text of a page's cursor and of all of the question that may be left open: so
that each page answers the same question, of the same facts. That of an answer about one
seller says what had come of this one's facts.
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
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import Seen
from services.performance.queries.seen_of_all import Places, SeenOfAll


class PageToken(NamedTuple):
    """A cursor, and the question that its page answers.

    Shape: `beyond` and `until` as of `Cursor`, `places` and `aside` as of `SeenOfAll`.
        `policy` is the version of the one that judges; `proposed` the digest of the one
        that is compared with it, if one is; `every` and `explain` what was to be shown. Of
        one seller, `seller_id`, there is one place by service, as in a `Seen`.
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
    aside: Places | None
    seller_id: SellerId | None = None

    @property
    def seen(self) -> Seen:
        """What had come of the one seller's facts."""
        return Seen(
            places={n: p[0] for n, p in self.places.items()}, aside=self.aside or {}
        )

    @property
    def held(self) -> Mapping[str, Any]:
        """What was asked, by the names of the fields that ask it."""
        named = {"as_of": self.as_of, "known_at": self.known_at, "policy": self.policy}
        shown = {"all": self.every, "explain": self.explain}
        return named | shown | {"seller_id": self.seller_id}


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

    Shape: `question` is `Asked` of one seller, and the page then all of the answer;
        `every`, with what is left out else; `explain`, with the facts behind each.
    """

    question: Question | Asked
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


def question_of(
    policy: Policy,
    as_of: datetime,
    known_at: datetime | None,
    seller_id: str | None,
    token: PageToken | None,
    now: datetime,
) -> Question | Asked:
    """Return what is asked, of all sellers or of one: of one, nothing is left open."""
    if seller_id is None:
        return Question(policy, as_of, known_at)
    seen = None if token is None else token.seen
    return Asked(seller_id, policy, as_of, known_at or now, seen)


def continued(
    after: str | None, asked: Mapping[str, Any], proposed: Policy | None = None
) -> PageToken | None:
    """Return the token that a page is asked for by; None if it is the first.

    Shape: `asked` by the name of the field; None is left open. Without a `seller_id`, only
        all sellers can be asked of.

    Raises:
        RequestValidationError: That page answered another question.
    """  # noqa: DOC501 - `_another` makes it
    if after is None:
        return None
    token = read(after, _TOKEN)
    if token.seller_id is None and asked.get("seller_id") is not None:
        raise _another("all sellers, not one")
    if token.seller_id is not None and "seller_id" not in asked:
        raise _another("one seller, not all")
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
    """Return the token of the page of the same answer that `cursor` names; None for none.

    Shape: `page` is of all sellers.
    """
    if cursor is None:
        return None
    said = _question_of_token(page, proposed)
    return written(PageToken(cursor.beyond, cursor.until, *said, *cursor.seen))


def token_again(
    page: AskedPage, cursor: Cursor, proposed: Policy | None = None
) -> str | None:
    """Return the token of the page itself; None if it can't tell what had come.

    Shape: as for `token_of`.
    """
    return None if cursor.seen.aside is None else token_of(page, cursor, proposed)


def token_of_one(
    page: AskedPage, asked: Asked, seen: Seen, proposed: Policy | None = None
) -> str | None:
    """Return the token of the answer about one seller; None if it can't tell what had come.

    Shape: `asked` is the question of `page`.
    """
    if seen.written() is None:
        return None
    places = {name: [place] for name, place in seen.places.items()}
    said = _question_of_token(page, proposed)
    return written(PageToken("", "", *said, places, seen.aside, asked.seller_id))


def _question_of_token(
    page: AskedPage, proposed: Policy | None
) -> tuple[datetime, datetime | None, str, str | None, bool, bool]:
    asked = page.question
    digest = None if proposed is None else proposed.digest
    by = (asked.policy.version, digest)
    return (asked.as_of, asked.known_at, *by, page.every, page.explain)


def _another(what: str) -> Exception:
    why = f"the page before answered of {what}; ask the same again, or begin without after"
    return invalid("query", "after", why)


def _shown(answered: datetime | str | bool | None) -> str:  # noqa: FBT001 - as it was asked
    if answered is None:
        return "none"
    if isinstance(answered, bool):
        return str(answered).lower()
    return as_said(answered) if isinstance(answered, datetime) else answered
