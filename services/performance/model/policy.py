"""Which policy applies: what is asked of sellers, from some day on.

Policies are data in `standards/`, or where the service is told; not code.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final

from services.performance.model.policy_files import PolicyWrong, read_policies
from services.performance.model.policy_terms import Policy, Standard
from services.performance.model.refusals import PolicyUnknown

__all__ = [
    "BEGINNING",
    "Policy",
    "PolicyWrong",
    "Standard",
    "load_policies",
    "official",
    "policy_at",
    "policy_of",
    "start_of",
]

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


@cache
def load_policies() -> Sequence[Policy]:
    """Return the policies that ship with the service, the oldest first.

    Raises:
        PolicyWrong: A file is not a policy, or they contradict each other.
    """
    folder = files(__package__) / "standards"
    shipped = [f for f in folder.iterdir() if f.name.endswith(".toml")]
    return read_policies({f.name: f.read_text("utf-8") for f in shipped})


def official(policies: Sequence[Policy]) -> Sequence[Policy]:
    """Return those that apply, each in its time: all but shadows, the oldest first."""
    return sorted((policy for policy in policies if not policy.shadow), key=start_of)


def policy_at(moment: datetime, policies: Sequence[Policy] | None = None) -> Policy:
    """Return the policy that applies at `moment`: no shadow.

    Raises:
        LookupError: None of `policies` applied yet.
    """
    known = load_policies() if policies is None else policies
    begun = [policy for policy in official(known) if start_of(policy) <= moment]
    if not begun:
        raise LookupError(f"no policy applies at {moment.isoformat()}")
    return begun[-1]


def policy_of(version: str, policies: Sequence[Policy]) -> Policy:
    """Return the policy of `version`.

    Raises:
        PolicyUnknown: There is none among `policies`.
    """
    for policy in policies:
        if policy.version == version:
            return policy
    raise PolicyUnknown(version, (policy.version for policy in policies))


def start_of(policy: Policy) -> datetime:
    """Return when `policy` begins to apply: the beginning of time, if it says nothing."""
    return policy.applies_from or BEGINNING
