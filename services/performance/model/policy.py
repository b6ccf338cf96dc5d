"""A policy: what is asked of sellers, from some day on. Data in `standards/`, not code."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Annotated, Final, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.fact import Moment
from services.performance.model.metrics import METRICS, NAMES, STOCK_CONFIRMED

Rate: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Positive: TypeAlias = Annotated[int, Field(gt=0)]

CLOSED: Final = ConfigDict(frozen=True, strict=True, extra="forbid")
_MISPLACED: Final = {True: "missing", False: "without meaning"}
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


class Standard(BaseModel):
    """The levels of one metric, and how long a seller may take.

    Units: rates of kept / due; `weekday_hours` as in domain.md, "Weekday hours"; `days`
        back from the moment asked for, where something must have happened lately.
    """

    model_config = CLOSED

    star: Rate | None = None
    warn: Rate
    limit: Rate
    weekday_hours: Positive | None = None
    days: Positive | None = None

    @model_validator(mode="after")
    def _levels_descend(self) -> Self:
        star = 1.0 if self.star is None else self.star
        if not star >= self.warn >= self.limit:
            raise ValueError("star must not lie under warn, nor warn under limit")
        return self


class Ladder(BaseModel):
    """When a seller steps up or down, and when at once to the top.

    Units: days; `very_poor` is a rate, of `very_poor_due` obligations or more, of one of
        the metrics `very_poor_metrics`.
    """

    model_config = CLOSED

    days_to_cure: Positive
    very_poor: Rate
    very_poor_due: Positive
    very_poor_metrics: Annotated[tuple[str, ...], Field(strict=False)]
    star_days: Positive

    @model_validator(mode="after")
    def _names_metrics(self) -> Self:
        if odd := set(self.very_poor_metrics) - set(NAMES):
            raise ValueError(f"very_poor_metrics: unknown: {sorted(odd)}")
        return self

    @property
    def time_to_cure(self) -> timedelta:
        """How long a step lasts before the next one up."""
        return timedelta(days=self.days_to_cure)


class Policy(BaseModel):
    """All standards of one version. An argument of every query: what-if is another one.

    Units: `enough_due` obligations (units, where a metric counts units); `z` is the
        one-sided normal quantile of the Wilson guard.
    """

    model_config = CLOSED

    version: Annotated[str, Field(min_length=1)]
    applies_from: Moment | None = None
    holidays: Annotated[frozenset[date], Field(strict=False)] = frozenset()
    window_days: Positive
    long_window_days: Positive
    enough_due: Positive
    z: Annotated[float, Field(gt=0)]
    standards: Mapping[str, Standard]
    standing: Ladder

    @model_validator(mode="after")
    def _covers_every_metric(self) -> Self:
        if self.window_days > self.long_window_days:
            raise ValueError("window_days must not exceed long_window_days")
        if odd := set(NAMES) ^ set(self.standards):
            raise ValueError(f"missing or unknown metrics: {sorted(odd)}")
        for metric in METRICS:
            hours = self.standards[metric.name].weekday_hours
            if metric.hours_allowed != (hours is not None):
                wrong = "missing" if metric.hours_allowed else "without meaning"
                raise ValueError(f"{metric.name}: weekday_hours is {wrong}")
        for name, standard in self.standards.items():
            if (name == STOCK_CONFIRMED) != (standard.days is not None):
                raise ValueError(f"{name}: days are {_MISPLACED[standard.days is None]}")
        return self

    @property
    def confirmed_within(self) -> timedelta:
        """How lately a stock must have moved, or been counted, to be confirmed."""
        return timedelta(days=self.standards[STOCK_CONFIRMED].days or 0)


@cache
def load_policies() -> Sequence[Policy]:
    """Return the policies that ship with the service, the oldest first.

    Raises:
        ValidationError: A file is not a policy; it names the field.
    """
    folder = files(__package__) / "standards"
    texts = [f.read_text() for f in folder.iterdir() if f.name.endswith(".toml")]
    return tuple(sorted((Policy.model_validate(loads(t)) for t in texts), key=_start))


def policy_at(moment: datetime, policies: Sequence[Policy] | None = None) -> Policy:
    """Return the policy that applies at `moment`.

    Raises:
        LookupError: None of `policies` applied yet.
    """
    known = load_policies() if policies is None else policies
    begun = [policy for policy in known if _start(policy) <= moment]
    if not begun:
        raise LookupError(f"no policy applies at {moment.isoformat()}")
    return max(begun, key=_start)


def _start(policy: Policy) -> datetime:
    return policy.applies_from or BEGINNING
