"""Which policy and which metric a question names."""

from collections.abc import Sequence
from datetime import datetime

from services.performance.model.metrics import NAMES, OVERALL
from services.performance.model.policy import Policy, policy_at, policy_of
from services.performance.model.refusals import MetricUnknown


def chosen_policy(
    version: str | None, as_of: datetime, policies: Sequence[Policy]
) -> Policy:
    """Return the policy of that version; without one, the one that applies at `as_of`.

    Raises:
        PolicyUnknown: None of `policies` is of that version; it names those there are.
    """
    return policy_at(as_of, policies) if version is None else policy_of(version, policies)


def chosen_metrics(name: str | None) -> Sequence[str]:
    """Return the metric of that name; without one, all of them.

    Raises:
        MetricUnknown: There is none; it names those there are.
    """
    if name is not None and name not in NAMES:
        raise MetricUnknown(name, NAMES)
    return NAMES if name is None else (name,)


def chosen_of_trend(name: str) -> str:
    """Return the metric of that name, or all together.

    Raises:
        MetricUnknown: There is none; it names those there are.
    """
    known = (OVERALL, *NAMES)
    if name not in known:
        raise MetricUnknown(name, known)
    return name
