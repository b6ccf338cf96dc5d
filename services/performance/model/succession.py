"""By which policies a seller is judged in days to come: today's, until another begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.performance.model.policy import Policy, official, policy_at, start_of
from services.performance.model.refusals import PolicyNotToCome


@dataclass(frozen=True, slots=True)
class Succession:
    """A policy that applies at a moment, and those that follow it, each from its day on.

    Shape: `to_come`, the oldest first, each with the `applies_from` that it begins at;
        none, where one policy is to judge all that lies ahead.
    """

    now: Policy
    to_come: Sequence[Policy] = ()

    def at(self, moment: datetime) -> Policy:
        """Return the policy by which is judged at a moment ahead."""
        begun = [each for each in self.to_come if start_of(each) <= moment]
        return begun[-1] if begun else self.now

    @property
    def policies(self) -> Sequence[Policy]:
        """All of them, in their order."""
        return [self.now, *self.to_come]

    @property
    def longest(self) -> timedelta:
        """How far the longest window of all reaches."""
        return timedelta(days=max(each.long_window_days for each in self.policies))

    def days_of_each(
        self, as_of: datetime, days: int
    ) -> Iterator[tuple[Policy, Sequence[int]]]:
        """Yield each policy with the days after `as_of`, of so many, that it judges."""
        judging = {n: self.at(as_of + timedelta(days=n)) for n in range(1, days + 1)}
        for policy in self.policies:
            mine = [n for n, each in judging.items() if each is policy]
            if mine:
                yield policy, mine


def succession_of(
    as_of: datetime, policies: Sequence[Policy], at_least: timedelta
) -> Succession:
    """Return what applies at `as_of`, and what is known to follow while that matters.

    That is: within `at_least`, or the longest window of those that do.
    """
    found = Succession(policy_at(as_of, policies))
    for policy in _beginning_after(as_of, policies):
        if start_of(policy) <= as_of + max(at_least, found.longest):
            found = Succession(found.now, [*found.to_come, policy])
    return found


def chosen_succession(
    now: Policy, to_come: Sequence[str], policies: Sequence[Policy], as_of: datetime
) -> Succession:
    """Return `now` and, each from its day on, the policies of those versions.

    Raises:
        PolicyNotToCome: One of them is a shadow, unknown, or begins by `as_of`.
    """
    ahead = {each.version: each for each in _beginning_after(as_of, policies)}
    for version in to_come:
        if version not in ahead:
            raise PolicyNotToCome(version, as_of, ahead)
    return Succession(now, [each for name, each in ahead.items() if name in to_come])


def _beginning_after(moment: datetime, policies: Sequence[Policy]) -> Sequence[Policy]:
    return [policy for policy in official(policies) if start_of(policy) > moment]
