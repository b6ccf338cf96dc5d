"""What questions say: as of when, as known when, by which rule.

What one about one seller leaves open is filled in, and said in the answer: so it can be
asked again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from contracts.fact import GivenMoment
from kit.web.asking import Asking
from kit.web.commands import Now
from services.performance.model.choosing import chosen_policy
from services.performance.model.policy import Policy, official
from services.performance.model.refusals import have_come, written
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import Seen, SeenText


def policies_here(request: Request, asker: Asking) -> Sequence[Policy]:
    """Return the policies that who asks may know of: shadows are the marketplace's own."""
    policies: Sequence[Policy] = request.app.state.policies
    return policies if asker.acts_for_all else official(policies)


PoliciesHere: TypeAlias = Annotated[Sequence[Policy], Depends(policies_here)]


def invalid(where: str, field: str, why: str) -> RequestValidationError:
    """Return what is answered 422: `field` says what can't be answered, and why."""
    return RequestValidationError([{"type": "value", "loc": (where, field), "msg": why}])


def _moment_of_query(
    as_of: Annotated[GivenMoment, Query(description="What was true by then.")], now: Now
) -> datetime:
    have_come(now, as_of=as_of)
    return as_of


AsOf: TypeAlias = Annotated[datetime, Depends(_moment_of_query)]
"""The moment of a query, which must have come."""


def _moment_known(
    now: Now,
    known_at: Annotated[
        GivenMoment | None,
        Query(description="As far as services had recorded it by then; none is now."),
    ] = None,
) -> datetime | None:
    have_come(now, known_at=known_at)
    return known_at


KnownAt: TypeAlias = Annotated[datetime | None, Depends(_moment_known)]
"""What was known when: a moment of a query that must have come, or None for now."""

PolicyVersion: TypeAlias = Annotated[
    str | None,
    Query(
        alias="policy", description="By which version; else by the one that applied then."
    ),
]

HadCome: TypeAlias = Annotated[
    SeenText | None,
    Query(alias="seen", description="As far as it had come here when an answer said this."),
]


class Basis(BaseModel):
    """What an answer stands on: the whole question, and what of the facts had come.

    Shape: `seen` is what had come here of all facts of the seller, whenever they are of,
        to be given to another question; `places`, the same to read: of each service, the
        place in its history of the last fact of the seller that had come. `aside` are, by
        service, the places of facts that had come and could not be applied: until they
        are, the answer leaves them out. `seen` is null where those are too many to be said.
    """

    seller_id: str
    as_of: datetime
    known_at: datetime
    policy: str
    seen: str | None
    places: Mapping[str, int]
    aside: Mapping[str, Sequence[int]]


class Repeatable(Basis):
    """What an answer stands on that can be had again, byte for byte.

    Shape: `again` is the question that gives it; null where `seen` is.
    """

    again: str | None


@dataclass(frozen=True, slots=True)
class How:
    """How a question about a seller is asked, whoever the seller is.

    Shape: `is_named` says whether who asks named the policy, or it is that of `as_of`.
    """

    policy: Policy
    as_of: datetime
    known_at: datetime
    seen: Seen | None
    is_named: bool

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
    chosen = chosen_policy(policy, moment, policies)
    return How(chosen, moment, known_at or now, had_come, is_named=policy is not None)


def _how_asked(
    now: Now,
    policies: PoliciesHere,
    as_of: Annotated[
        GivenMoment | None, Query(description="What was true by then; none is now.")
    ] = None,
    known_at: KnownAt = None,
    version: PolicyVersion = None,
    seen: HadCome = None,
) -> How:
    return filled_in(now, policies, as_of, known_at, version, seen)


HowAsked: TypeAlias = Annotated[How, Depends(_how_asked)]


def had_come(seen: Seen) -> dict[str, Any]:
    """Return what had come, as the fields of `Basis`."""
    return {
        "seen": seen.written(),
        "places": dict(seen.places),
        "aside": dict(seen.aside),
    }


def basis_of(asked: Asked, seen: Seen) -> dict[str, Any]:
    """Return what an answer to `asked` stands on, as the fields of `Basis`."""
    return {
        "seller_id": asked.seller_id,
        "as_of": asked.as_of,
        "known_at": asked.known_at,
        "policy": asked.policy.version,
        **had_come(seen),
    }


def repeatable(
    asked: Asked,
    seen: Seen,
    path: str,
    more: Mapping[str, str | Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return what an answer to `asked` stands on, as the fields of `Repeatable`.

    Shape: `path` follows that of the seller; `more` is asked besides.
    """
    query = {
        "as_of": written(asked.as_of),
        "known_at": written(asked.known_at),
        "policy": asked.policy.version,
    }
    again = asked_again(asked.seller_id, path, query, seen, more)
    return {**basis_of(asked, seen), "again": again}


def asked_again(
    seller_id: str,
    path: str,
    query: Mapping[str, str],
    seen: Seen,
    more: Mapping[str, str | Sequence[str]] | None = None,
) -> str | None:
    """Return the question that is answered as before; None if it can't tell what had come.

    Shape: `path` follows that of the seller; `query` is asked, and `more` besides.
    """
    come = seen.written()
    if come is None:
        return None
    whole = urlencode({**query, "seen": come, **(more or {})}, doseq=True)
    return f"/sellers/{quote(seller_id, safe='')}/{path}?{whole}"
