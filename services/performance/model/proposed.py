"""Facts that somebody proposes: what would be so if they had happened. None is recorded.

A claim has the form in which a fact is published. With ids that follow from what they say,
claims become rows like those of facts, and lie over the stored ones for the same questions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from pydantic import ValidationError
from pydantic_core import to_json

from contracts.fact import Fact
from contracts.performance import Claim
from contracts.registry import NAMES, UnknownTypeError, decode
from services.performance.model.refusals import ClaimsRefused, written

CLAIMED: Final = UUID("5d1c9a3e-6f0b-5c57-9d6a-0a4b2f6f3c11")
"""The namespace of the ids of claims."""
LATEST: Final = 2**62
"""Versions of claims begin here: of two facts of one moment, a claim is the later."""


class Stated(NamedTuple):
    """A fact and what was kept beside it: what rows of obligations are made from."""

    fact: Fact
    event_id: UUID
    recorded_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claims of a seller as facts, in their order."""

    facts: Sequence[Fact]

    @property
    def ids(self) -> Sequence[UUID]:
        """Their ids, in the same order."""
        return [id_of(fact) for fact in self.facts]

    def stated(self, recorded_at: datetime) -> Sequence[Stated]:
        """Return them as if recorded then: the same claims always have the same ids."""
        return [
            Stated(fact, id_of(fact), recorded_at, LATEST + place)
            for place, fact in enumerate(self.facts)
        ]


def claimed(claims: Sequence[Claim]) -> Claimed:
    """Return claims that were checked before, as `parsed` did, as facts."""
    return Claimed([decode(claim.type, to_json(claim.data)) for claim in claims])


def id_of(claim: Fact) -> UUID:
    """Return the id of a claim: it follows from what is claimed.

    No fact that was recorded has it: `AppealDecided` is the one that tells of the claim.
    """
    return uuid5(CLAIMED, f"{NAMES[type(claim)]} {to_json(claim).decode()}")


def parsed(
    claims: Sequence[Claim],
    seller_id: str,
    by: datetime,
    meant: Mapping[type[Fact], Collection[str]],
) -> Claimed:
    """Return the claims of a seller as facts that had happened by then.

    Shape: `meant` are the types that say anything of obligations or listings, each with
        the fields that say when something happened.

    Raises:
        ClaimsRefused: Some are none: each wrong field is named, with the claim's index.
    """
    facts, wrong = list[Fact](), list[tuple[str, str]]()
    for place, claim in enumerate(claims):
        at = f"claims.{place}"
        try:
            fact = _fact(claim, seller_id, at, meant)
        except ClaimsRefused as why:
            wrong += why.wrong
            continue
        late = (
            f"it lies after {written(by)}, the moment that is asked about; "
            "claim what had happened by then"
        )
        wrong += [
            (f"{at}.data.{name}", late)
            for name in sorted(meant[type(fact)])
            if (moment := getattr(fact, name)) is not None and moment > by
        ]
        facts.append(fact)
    if wrong:
        raise ClaimsRefused(wrong)
    return Claimed(facts)


def require_grounds(
    facts: Sequence[Fact], judged_at: datetime, meant: Mapping[type[Fact], Collection[str]]
) -> None:
    """Let pass claims that say anything of what was true when it was judged.

    A parcel that left before and was saved later does; so `meant`, as for `parsed`.

    Raises:
        ClaimsRefused: Some say only of what happened later, which was no ground.
    """
    late = (
        f"it lies after {written(judged_at)}, when what is appealed against was judged: it "
        "can't have changed that; claim what had happened by then"
    )
    wrong = list[tuple[str, str]]()
    for place, fact in enumerate(facts):
        moments = [getattr(fact, name) for name in meant[type(fact)]]
        if all(moment > judged_at for moment in moments if moment is not None):
            wrong.append((f"claims.{place}.data.{fact.moment}", late))
    if wrong:
        raise ClaimsRefused(wrong)


def _fact(claim: Claim, seller_id: str, at: str, meant: Collection[type[Fact]]) -> Fact:
    names = sorted(NAMES[kind] for kind in meant)
    data = {"seller_id": seller_id, **claim.data}
    if data["seller_id"] != seller_id:
        others = f"claims are about the seller who is asked about, {seller_id!r}"
        raise ClaimsRefused([(f"{at}.data.seller_id", others)])
    try:
        fact = decode(claim.type, to_json(data))
    except UnknownTypeError:
        known = f"there is no type {claim.type!r}; these count: {', '.join(names)}"
        raise ClaimsRefused([(f"{at}.type", known)]) from None
    except ValidationError as why:
        raise ClaimsRefused([*_misfits(why, at)]) from None
    if type(fact) not in meant:
        nothing = f"{claim.type!r} says nothing of obligations; those do: "
        raise ClaimsRefused([(f"{at}.type", nothing + ", ".join(names))])
    if odd := sorted(data.keys() - type(fact).model_fields.keys()):
        reason = f"{claim.type} has no such field"
        raise ClaimsRefused([(f"{at}.data.{name}", reason) for name in odd])
    return fact


def _misfits(why: ValidationError, at: str) -> Iterable[tuple[str, str]]:
    for error in why.errors():
        path = ".".join(map(str, error["loc"]))
        yield f"{at}.data.{path}".rstrip("."), error["msg"]
