"""What services answer, as far as `market` shows it: what else they say is let be."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from market.errors import MarketError

Answer = TypeVar("Answer", bound="Shown")


class StrangeAnswerError(MarketError):
    """A service answered what is not understood here."""


class Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class Paged(Shown):
    """A page of something longer; if it goes on, `next` is given as `after`."""

    next: str | None


class Card(Shown):
    """How a seller stood on one metric. Units: `rate` from 0 to 1."""

    seller_id: str
    metric: str
    window_days: int
    due: int
    kept: int | None
    rate: float | None
    level: str


class Overall(Shown):
    """How a seller stood, all metrics together."""

    seller_id: str
    metric: str
    level: str


class Saying(Shown):
    """What a fact says of an obligation."""

    says: str
    at: str
    amount: int | None
    event_id: str


class Part(Shown):
    """What a listing has of one part of a description."""

    part: str
    given: int
    enough: int
    points: float
    of: int


class Obligation(Shown):
    """Something that a number counts, or a listing with the points of its parts."""

    seller_id: str
    metric: str
    subject_id: str
    window_days: int
    due_at: str | None
    kept_at: str | None
    due: int
    kept: int | None
    rate: float | None
    facts: Sequence[Saying] | None
    points: Sequence[Part] | None


class Scorecards(Paged):
    """What performance answers of sellers. Given as `after`, `again` gives this page."""

    again: str | None
    policy: str
    cards: Sequence[Card]
    overall: Sequence[Overall]
    evidence: Sequence[Obligation] | None


class CardOfOne(Shown):
    """How the one seller that was asked about stands on a metric."""

    metric: str
    due: int
    rate: float
    level: str


class Coming(CardOfOne):
    """How that seller will stand on one metric. Units: `days` from now."""

    days: int
    case: str


class ComingOverall(Shown):
    """How a seller will stand, all metrics together, by the policy that applies then."""

    days: int
    case: str
    policy: str
    level: str


class WayOut(Shown):
    """What leads a metric out of a level. Units: obligations more, or days."""

    metric: str
    level: str
    leave: str
    more: int | None
    wait: int | None


class Projection(Shown):
    """Where performance says that a seller is heading."""

    as_of: str
    policy: str
    level: str
    now: Sequence[CardOfOne]
    then: Sequence[Coming]
    overall: Sequence[ComingOverall]
    ways_out: Sequence[WayOut]


class DueAhead(Paged):
    """A page of what a seller owes soon."""

    as_of: str
    items: Sequence[object]


class Evidence(Shown):
    """A bundle that proves a scorecard, as far as it is counted here."""

    seller_id: str
    sayings: Sequence[Mapping[str, object]]
    listings: Sequence[Mapping[str, object]]


class DatedPolicy(Shown):
    """A policy, and the time in which it applies."""

    version: str
    digest: str
    applies_from: str | None
    until: str | None
    state: str


class DatedPolicies(Shown):
    """The policies that performance knows."""

    policies: Sequence[DatedPolicy]


class Standard(Shown):
    """What a policy asks on one metric. Units: rates; weekday hours; days."""

    star: float | None
    warn: float
    limit: float
    weekday_hours: int | None
    days: int | None


class Ladder(Shown):
    """When sellers step up or down. Units: days; `very_poor` is a rate."""

    days_to_cure: int
    very_poor: float
    very_poor_due: int
    very_poor_metrics: Sequence[str]
    star_days: int


class PolicyTerms(Shown):
    """All that a policy says."""

    version: str
    applies_from: str | None
    shadow: bool
    holidays: Sequence[str]
    window_days: int
    long_window_days: int
    enough_due: int
    z: float
    standards: dict[str, Standard]
    standing: Ladder


class WholePolicy(Shown):
    """A policy with the digest that names its content."""

    digest: str
    policy: PolicyTerms


class NamedPolicy(Shown):
    version: str
    digest: str


class Figures(Shown):
    """A card's figures by one policy."""

    window_days: int
    due: int
    kept: int | None
    rate: float | None
    level: str


class MetricChange(Shown):
    """A metric that two policies judge differently."""

    metric: str
    changes: str
    official: Figures | None
    proposed: Figures | None


class SellerChange(Shown):
    """How a seller stands, and would stand."""

    seller_id: str
    official: str
    proposed: str
    changes: str
    metrics: Sequence[MetricChange]


class MetricCounts(Shown):
    """How many sellers would be judged otherwise on a metric."""

    metric: str
    better: int
    worse: int
    other: int
    same: int


class Comparison(Paged):
    """What a policy would change. Shape: `by_metric` only with the first page."""

    as_of: str
    official: NamedPolicy
    proposed: NamedPolicy
    by_metric: Sequence[MetricCounts] | None
    sellers: Sequence[SellerChange]


class TrendPoint(Shown):
    """How a seller stood at the end of a day or week. Units: rates from 0 to 1."""

    as_of: datetime
    policy: str
    due: int | None
    kept: int | None
    rate: float | None
    level: str
    star: float | None
    warn: float | None
    limit: float | None


class Trend(Shown):
    """A metric of a seller, or the level of all together, over time.

    Shape: `again` is the path that gives the same answer; null where none can.
    """

    seller_id: str
    metric: str
    by: str
    again: str | None
    points: Sequence[TrendPoint]


class DayReviewed(Shown):
    """A day of which performance reviewed all sellers.

    Shape: `passed_over` are those of whom the review of a later day knew: not judged.
    """

    day: str
    policy: str
    sellers: int
    passed_over: int
    recorded: int
    failed: dict[str, str]


class Reviewed(Shown):
    """The days that a run reviewed, in order, and those of sellers it tried again."""

    days: Sequence[DayReviewed]
    again: Sequence[DayReviewed]


class Counted(Shown):
    """How much of a metric was counted in all. Units: as of the metric."""

    sellers: int
    due: int
    kept: int | None


class Difference(Shown):
    """A seller of whom topics and tables don't say the same."""

    seller_id: str
    replayed: Mapping[str, Any] | None
    live: Mapping[str, Any] | None


class Replay(Shown):
    """A metric made again from the topics, and as the tables have it."""

    metric: str
    policy: str
    ends: Mapping[str, Mapping[int, int]]
    replayed: Counted
    live: Counted
    differ: int
    differences: Sequence[Difference]


def understood(shape: type[Answer], service: str, answer: object) -> Answer:
    """Return `answer` of `service`, read as `shape`.

    Raises:
        StrangeAnswerError: It is not of that shape; the first field that isn't is named.
    """
    try:
        return shape.model_validate(answer)
    except ValidationError as why:
        first = why.errors()[0]
        field = ".".join(map(str, first["loc"])) or "it"
        raise StrangeAnswerError(
            f"{service} answers what this `market` does not understand ({field}: "
            f"{first['msg']}); they may be of different versions: `market down`, then "
            "`market up`, starts the services as they are here"
        ) from None
