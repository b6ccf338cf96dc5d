"""What may be asked of a seller's standing: imperative, with the moment passed in.

Whoever reads one from outside validates it by these types: unknown fields, naive times
and values that had to be converted are refused there, by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, NamedTuple, TypeAlias

from pydantic import ConfigDict, Field

from contracts.fact import GivenMoment, Id, SellerId
from contracts.performance import (
    MOST_CLAIMS,
    MOST_FACTS,
    Claim,
    Ground,
    Heard,
    Level,
    Restated,
    Step,
    Words,
)

CLOSED: Final = ConfigDict(extra="forbid")
GivenFlag: TypeAlias = Annotated[bool, Field(strict=True)]

_ONE_AT_LEAST: Final = Field(json_schema_extra={"minItems": 1})
"""As it is described; the refusal of none has words of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a policy says of the ladder.

    Units: `to_cure` until the next step up, `window` that must be clean, `star_for` until
        visibility is boosted; a rate under `very_poor`, of so many due, suspends at once.
    """

    policy: str
    to_cure: timedelta
    window: timedelta
    star_for: timedelta
    very_poor: float
    very_poor_due: int


class Counted(NamedTuple):
    """When an obligation that counts fell due, and what was due and kept of it."""

    due_at: datetime
    due: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSeller:
    """A day's review: how the seller stood at `as_of`, as was known at `known_at`.

    Shape: `cards` are rows of the scorecard; `limits` are the metrics at limit, and
        `very_poor` those so bad that nothing is waited for, each with its evidence, and
        of each of these `counted` is all that it counts; `measured` says whether a
        window showed anything: listings and stock are of none; `heard` is what had come
        of the seller's facts.
    """

    seller_id: str
    as_of: datetime
    known_at: datetime
    terms: Terms
    level: Level
    measured: bool
    cards: Sequence[Mapping[str, Any]] = ()
    limits: tuple[Ground, ...] = ()
    very_poor: tuple[Ground, ...] = ()
    counted: Mapping[str, Sequence[Counted]] = field(default_factory=dict)
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftStep:
    """What the step taken at `stepped_at` stood on turned out not to be so.

    Shape: `because` are facts that made the difference, `changed` in all.
    """

    seller_id: str
    step: Step
    stepped_at: datetime
    because: tuple[str, ...]
    changed: int
    metrics: tuple[Restated, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPlan:
    """A sanctioned seller says what they will do about it."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    plan_id: Id
    statement: Words
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptPlan:
    """The marketplace takes the seller at their word: they are reinstated."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    plan_id: Id
    note: Words | None = None
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclinePlan:
    """The marketplace does not; the note says why, and what a better plan needs."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    plan_id: Id
    note: Words
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAppeal:
    """The seller appeals against a fact of their standing, by its id.

    Shape: `contests` are ids of facts that they dispute; `claims`, one at least, are the
        facts that happened instead: they alone change anything.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    appeal_id: Id
    against: Id
    contests: Annotated[tuple[Id, ...], Field(max_length=MOST_FACTS)] = ()
    claims: Annotated[tuple[Claim, ...], Field(max_length=MOST_CLAIMS), _ONE_AT_LEAST]
    statement: Words
    at: GivenMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAppeal:
    """The marketplace upholds an appeal, so that its claims count, or does not."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    seller_id: SellerId
    appeal_id: Id
    upheld: GivenFlag
    note: Words
    at: GivenMoment


Planning: TypeAlias = SubmitPlan | AcceptPlan | DeclinePlan
Appealing: TypeAlias = FileAppeal | DecideAppeal
StandingCommand: TypeAlias = ReviewSeller | LiftStep | Planning | Appealing
