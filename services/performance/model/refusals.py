"""What can't be asked of performance, and why: each names the field and the remedy."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from kit.domain import Refused


def written(moment: datetime) -> str:
    """Return `moment` as people read it."""
    return moment.isoformat().replace("+00:00", "Z")


_PROJECT: Final = (
    "how things would stand then is a projection: ask /sellers/{seller_id}/projection"
)
_FIRST: Final = "the seller's first order, access request, message or listing"
_WHEN: Final = "an as_of (for a trend, until) and a known_at"
_LEAVE_OUT: Final = "leave it out for all that is known now"


class NotYetCome(Refused):
    """A moment that lies ahead: nobody knows what will be true, or known, by then."""

    code = "moment-to-come"

    def __init__(self, field: str, moment: datetime, now: datetime) -> None:
        remedy = _LEAVE_OUT if field == "known_at" else _PROJECT
        super().__init__(
            f"{field}: {written(moment)} has not come, it is {written(now)}; {remedy}"
        )


def have_come(now: datetime, **moments: datetime | None) -> None:
    """Let pass what is asked of `moments`, by the fields that name them.

    Raises:
        NotYetCome: One of them lies ahead.
    """
    for field, moment in moments.items():
        if moment is not None and moment > now:
            raise NotYetCome(field, moment, now)


class SellerNotKnown(Refused):
    """No fact of the seller that was true by then was known by then.

    Shape: `known_at` none is all that is known now, where no moment can be asked of.
    """

    code = "seller-unknown"

    def __init__(self, seller_id: str, as_of: datetime, known_at: datetime | None) -> None:
        if known_at is None:
            known, remedy = "is known now", f"ask again after {_FIRST}"
        else:
            known = f"known by {written(known_at)}"
            remedy = f"give {_WHEN} after {_FIRST}"
        super().__init__(
            f"seller_id: there is no seller {seller_id!r} of whom anything was true by "
            f"{written(as_of)} and {known}; correct seller_id or, if it is right, {remedy}"
        )


class PolicyUnknown(Refused):
    """A version that no policy has."""

    code = "policy-unknown"

    def __init__(self, version: str, known: Iterable[str]) -> None:
        super().__init__(
            f"policy: there is none of version {version!r}; there are: {', '.join(known)}"
        )


class PolicyNotToCome(Refused):
    """A version of no policy that begins after the moment asked for."""

    code = "policy-not-to-come"

    def __init__(self, version: str, as_of: datetime, known: Iterable[str]) -> None:
        there = ", ".join(known) or "there is none: leave it out"
        super().__init__(
            f"to_come: no policy of version {version!r} begins after {written(as_of)};"
            f" of those that do, name what is to count: {there}"
        )


class MetricUnknown(Refused):
    """A name that no metric has."""

    code = "metric-unknown"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"metric: there is none named {name!r}; there are: {', '.join(known)}"
        )


class ClaimsRefused(Refused):
    """Claims that could not be facts of the seller's: each is named by its index."""

    code = "claims-refused"

    def __init__(self, wrong: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in wrong))
        self.wrong = wrong

    @property
    def more(self) -> Mapping[str, Any]:
        """Each field that is wrong, and why."""
        return {"errors": [{"field": f, "reason": reason} for f, reason in self.wrong]}


class TooLongToReplay(Refused):
    """A history that is too long to be held in memory."""

    code = "too-long-to-replay"

    def __init__(self, offsets: int, most: int) -> None:
        super().__init__(
            f"metric: its topics go over {offsets:,} offsets, and a replay over {most:,} at"
            " most: ask /scorecards for its numbers; POST /read-models/verify proves the"
            " tables, however long the history is"
        )
