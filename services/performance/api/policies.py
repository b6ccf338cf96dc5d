"""HTTP out: by what sellers are judged, and from when on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel

from kit.web.asking import may
from kit.web.commands import Now
from services.performance.api.asking import PoliciesHere
from services.performance.model.policy import Policy, official, policy_at, policy_of

router = APIRouter()

InPath = Annotated[str, Path(description="The version of a policy.")]


class Dated(BaseModel):
    """A policy, and when it applies.

    Shape: `digest` names its content; without `applies_from` it applies from the beginning
        of time, without `until` for good; `state` says which it is now.
    """

    version: str
    digest: str
    applies_from: datetime | None
    until: datetime | None
    state: Literal["over", "applies", "to come", "shadow"]


class Policies(BaseModel):
    """All policies: the oldest first, then the shadows that are judged beside them."""

    policies: list[Dated]


class Whole(BaseModel):
    """All that a policy says, as its file does, and the digest that names it."""

    digest: str
    policy: Mapping[str, Any]


@router.get("/policies", dependencies=[may("seller", "operator", "service")])
def list_policies(policies: PoliciesHere, now: Now) -> Policies:
    """Answer which policies there are, and which one applies."""
    return Policies(policies=dated(policies, now))


@router.post("/policy-validation", dependencies=[may("operator", "service")])
def validate_policy(proposed: Policy) -> Whole:
    """Answer a policy as it is understood, or what is wrong with it. Nothing is kept."""
    return whole(proposed)


@router.get("/policies/{version}", dependencies=[may("seller", "operator", "service")])
def read_policy(version: InPath, policies: PoliciesHere) -> Whole:
    """Answer all that a policy says."""
    return whole(policy_of(version, policies))


def whole(policy: Policy) -> Whole:
    """Return all that `policy` says."""
    return Whole(digest=policy.digest, policy=policy.content)


def dated(policies: Sequence[Policy], now: datetime) -> list[Dated]:
    """Return `policies` with the time in which each applies."""
    applying = policy_at(now, policies)
    follows = [*official(policies), None]
    found = [
        _dated(policy, None if after is None else after.applies_from, now, applying)
        for policy, after in pairwise(follows)
        if policy is not None
    ]
    shadows = [policy for policy in policies if policy.shadow]
    return [*found, *(_dated(policy, None, now, applying) for policy in shadows)]


def _dated(
    policy: Policy, until: datetime | None, now: datetime, applying: Policy
) -> Dated:
    state: Literal["over", "applies", "to come", "shadow"]
    if policy.shadow:
        state = "shadow"
    elif policy == applying:
        state = "applies"
    else:
        state = "over" if until is not None and until <= now else "to come"
    return Dated(
        version=policy.version,
        digest=policy.digest,
        applies_from=policy.applies_from,
        until=until,
        state=state,
    )
