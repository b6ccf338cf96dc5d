"""What questions have in common: the moment that they are of, the policies there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from contracts.fact import GivenMoment
from kit.web.asking import Asking
from kit.web.commands import Now
from services.performance.model.policy import Policy, official
from services.performance.model.refusals import have_come


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

KnownAt: TypeAlias = Annotated[
    GivenMoment | None, Query(description="As far as it was known by then.")
]
PolicyVersion: TypeAlias = Annotated[
    str | None,
    Query(
        alias="policy", description="By which version; else by the one that applied then."
    ),
]
