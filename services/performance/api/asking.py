"""What each question about one seller says: as of when, as known when, by which rule.

What it leaves open is filled in, and said in the answer: so it can be asked again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote, urlencode

from fastapi import Depends, Query
from pydantic import BaseModel

from contracts.fact import GivenMoment
from kit.web.commands import Now
from services.performance.api.asked import PoliciesHere
from services.performance.model.choosing import chosen_policy
from services.performance.model.policy import Policy
from services.performance.model.refusals import have_come, written
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import Seen, SeenText


class Basis(BaseModel):
    """What an answer stands on: the question that gives it again, byte for byte.

    Shape: `again` is that question; `seen`, what of the facts had come, for another one;
        `places`, the same to read: of each service, the place in its history of the last
        fact of the seller that had come. `aside` are facts that had come and could not be
        applied: until they are, the answer leaves them out.
    """

    seller_id: str
    as_of: datetime
    known_at: datetime
    policy: str
    again: str
    seen: str
    places: Mapping[str, int]
    aside: list[str]


@dataclass(frozen=True, slots=True)
class How:
    """How a question about a seller is asked, whoever the seller is."""

    policy: Policy
    as_of: datetime
    known_at: datetime
    seen: Seen | None

    def of(self, seller_id: str) -> Asked:
        """Return the question about this seller."""
        return Asked(seller_id, self.policy, self.as_of, self.known_at, self.seen)


def filled_in(
    now: datetime,
    policies: Sequence[Policy],
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    policy: str | None = None,
    seen: str | None = None,
) -> How:
    """Return what was asked at `now`, with what was left open.

    Shape: `policies` are those to choose from.

    Raises:
        NotYetCome: One of its moments lies ahead; PolicyUnknown too.
    """
    have_come(now, as_of=as_of, known_at=known_at)
    moment = as_of or now
    had_come = None if seen is None else Seen.read(seen)
    return How(chosen_policy(policy, moment, policies), moment, known_at or now, had_come)


def _how_asked(
    now: Now,
    policies: PoliciesHere,
    as_of: Annotated[
        GivenMoment | None, Query(description="What was true by then; none is now.")
    ] = None,
    known_at: Annotated[
        GivenMoment | None,
        Query(description="As far as services had recorded it by then; none is now."),
    ] = None,
    policy: Annotated[
        str | None,
        Query(description="By this version; none is the one that applied at as_of."),
    ] = None,
    seen: Annotated[
        SeenText | None,
        Query(description="As far as it had come here when an answer said this."),
    ] = None,
) -> How:
    return filled_in(now, policies, as_of, known_at, policy, seen)


HowAsked: TypeAlias = Annotated[How, Depends(_how_asked)]


def basis_of(
    asked: Asked, seen: Seen, path: str, more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what an answer to `asked` stands on, as the fields of `Basis`.

    Shape: `path` follows that of the seller; `more` is asked besides.
    """
    query = {
        "as_of": written(asked.as_of),
        "known_at": written(asked.known_at),
        "policy": asked.policy.version,
        "seen": seen.written(),
        **(more or {}),
    }
    return {
        "seller_id": asked.seller_id,
        "as_of": asked.as_of,
        "known_at": asked.known_at,
        "policy": asked.policy.version,
        "again": f"/sellers/{quote(asked.seller_id, safe='')}/{path}?{urlencode(query)}",
        "seen": seen.written(),
        "places": dict(seen.places),
        "aside": [*seen.aside],
    }
