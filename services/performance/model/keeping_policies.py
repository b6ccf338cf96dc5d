"""What was judged stays as it was judged: policies are kept as they were first seen.

A version is its content, once and for all; a policy that applies is known before it does.
So the policy of any moment is the same whenever it is asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.performance.model.policy_terms import Policy


class PastRewritten(ValueError):  # noqa: N818 - reads as English where raised
    """Policies by which the past would be judged anew. The service does not start."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy as it was first seen.

    Shape: `content` as JSON, whatever code reads it later; `withdrawn` before it applied.
    """

    version: str
    digest: str
    content: Mapping[str, Any]
    withdrawn: bool = False

    @classmethod
    def of(cls, policy: Policy) -> "Kept":
        """Return what is kept of `policy`."""
        return cls(policy.version, policy.digest, policy.content)

    @property
    def stands(self) -> bool:
        """Whether somebody may be, or have been, judged by it."""
        return not (self.content["shadow"] or self.withdrawn)

    @property
    def applies_from(self) -> datetime | None:
        """As `Policy.applies_from`."""
        said = self.content["applies_from"]
        return None if said is None else datetime.fromisoformat(said)


def keep(kept: Iterable[Kept], given: Sequence[Policy], now: datetime) -> Sequence[Kept]:
    """Return what is to be kept from now on: of what was kept, what changes; what is new.

    A policy that has not begun may be withdrawn, and may come again before it begins; a
    shadow comes and goes. The very first policies may apply from any time.

    Raises:
        PastRewritten: A version has other content than before, a policy begins in the
            past, or one is gone by which sellers were judged.
    """
    known = {each.version: each for each in kept}
    for policy in given:
        _says_the_same(policy, known)
    first = not any(each.stands for each in known.values())
    new = [policy for policy in given if _is_new(policy, known)]
    for policy in new:
        if not (first or policy.shadow or _is_to_come(policy.applies_from, now)):
            raise PastRewritten(_too_late(policy, now))
    present = {policy.version for policy in given}
    standing = [each for each in known.values() if each.stands]
    gone = [each for each in standing if each.version not in present]
    for each in gone:
        if not _is_to_come(each.applies_from, now):
            raise PastRewritten(
                f"policy {each.version!r} is gone, by which sellers were judged: put "
                "its file back (its content is kept in the table policy_versions), and let "
                "a newer policy follow it"
            )
    withdrawn = [replace(each, withdrawn=True) for each in gone]
    return [*withdrawn, *(Kept.of(policy) for policy in new)]


def _says_the_same(policy: Policy, known: Mapping[str, Kept]) -> None:
    before = known.get(policy.version)
    if before is not None and before.digest != policy.digest:
        now = policy.content
        changed = ", ".join(name for name in now if now[name] != before.content.get(name))
        raise PastRewritten(
            f"policy {policy.version!r} says something else than before ({changed}): put "
            "it back as it was, and make a new version of what it says now, with an "
            "applies_from to come"
        )


def _is_new(policy: Policy, known: Mapping[str, Kept]) -> bool:
    before = known.get(policy.version)
    return before is None or before.withdrawn


def _is_to_come(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now


def _too_late(policy: Policy, now: datetime) -> str:
    since = policy.applies_from
    when = "the beginning of time" if since is None else since.isoformat()
    return (
        f"policy {policy.version!r} applies from {when} and is first seen at "
        f"{now.isoformat()}: what was judged since would be judged anew; let applies_from "
        "be a moment to come"
    )
