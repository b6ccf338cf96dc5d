"""What a policy says: the standards of every metric, and how they are counted."""

import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Final, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from contracts.fact import GivenDate, GivenMoment
from services.performance.model.metrics import METRICS, NAMES, STOCK_CONFIRMED
from services.performance.model.policy_faults import in_our_words

MAX_DAYS: Final = 3_660
MAX_HOURS: Final = 8_784
MAX_HOLIDAYS: Final = 5_000

Rate: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Days: TypeAlias = Annotated[int, Field(gt=0, le=MAX_DAYS)]
Hours: TypeAlias = Annotated[int, Field(gt=0, le=MAX_HOURS)]
Holiday: TypeAlias = Annotated[GivenDate, Field(strict=False)]
Version: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)
]
Named: TypeAlias = Annotated[str, Field(json_schema_extra={"enum": [*NAMES]})]
"""A metric by its name; that it is one is said in words of our own."""

CLOSED: Final = ConfigDict(frozen=True, strict=True, extra="forbid")


class Standard(BaseModel):
    """The levels of one metric, and how long a seller may take.

    Units: rates of kept / due; `weekday_hours` as in domain.md, "Weekday hours"; `days`
        back from the moment asked for, where something must have happened lately.
    """

    model_config = CLOSED

    star: Rate | None = None
    warn: Rate
    limit: Rate
    weekday_hours: Hours | None = None
    days: Days | None = None

    @model_validator(mode="after")
    def _levels_descend(self) -> Self:
        star = 1.0 if self.star is None else self.star
        if star < self.warn:
            raise _wrong("star ({}) lies under warn ({}): {}", star, self.warn, _DESCEND)
        if self.warn < self.limit:
            raise _wrong(
                "warn ({}) lies under limit ({}): {}", self.warn, self.limit, _DESCEND
            )
        return self


class Ladder(BaseModel):
    """When a seller steps up or down, and when at once to the top.

    Units: days; `very_poor` is a rate, of `very_poor_due` obligations or more, of one of
        the metrics `very_poor_metrics`.
    """

    model_config = CLOSED

    days_to_cure: Days
    very_poor: Rate
    very_poor_due: Annotated[int, Field(gt=0, le=1_000_000)]
    very_poor_metrics: Annotated[tuple[Named, ...], Field(strict=False)]
    star_days: Days

    @field_validator("very_poor_metrics")
    @classmethod
    def _are_metrics(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(given) - set(NAMES)):
            raise _wrong("{} unknown; metrics are: {}", _named(unknown), ", ".join(NAMES))
        return given

    @property
    def time_to_cure(self) -> timedelta:
        """How long a step lasts before the next one up."""
        return timedelta(days=self.days_to_cure)


class Policy(BaseModel):
    """All standards of one version. An argument of every query: what-if is another one.

    Units: `enough_due` obligations (units, where a metric counts units); `z` is the
        one-sided normal quantile of the Wilson guard.
    Shape: without `applies_from` it applies from the beginning of time; a `shadow` is
        judged beside the one that applies, and never is that one.
    """

    model_config = CLOSED

    version: Version
    applies_from: Annotated[GivenMoment, Field(strict=False)] | None = None
    shadow: bool = False
    holidays: Annotated[
        frozenset[Holiday], Field(strict=False, max_length=MAX_HOLIDAYS)
    ] = frozenset()
    window_days: Days
    long_window_days: Days
    enough_due: Annotated[int, Field(gt=0, le=1_000_000)]
    z: Annotated[float, Field(gt=0, le=10)]
    standards: Annotated[
        Mapping[Named, Standard], Field(description="One for each metric.")
    ]
    standing: Ladder

    @model_validator(mode="wrap")
    @classmethod
    def _says_what_to_do(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401 - of any kind
        try:
            return read(given)
        except ValidationError as why:
            raise in_our_words(why) from None

    @field_validator("long_window_days")
    @classmethod
    def _is_no_shorter(cls, days: int, said: ValidationInfo) -> int:
        window = said.data.get("window_days", days)
        if window > days:
            raise _wrong("window_days ({}) is longer: swap the two", window)
        return days

    @field_validator("standards")
    @classmethod
    def _covers_every_metric(cls, given: Mapping[str, Standard]) -> Mapping[str, Standard]:
        if unknown := sorted(set(given) - set(NAMES)):
            raise _wrong("{} unknown; metrics are: {}", _named(unknown), ", ".join(NAMES))
        if missing := sorted(set(NAMES) - set(given)):
            raise _wrong("{} missing: give each its standard", _named(missing))
        for metric in METRICS:
            standard = given[metric.name]
            _is_placed(
                metric.name,
                "weekday_hours",
                standard.weekday_hours,
                wanted=metric.hours_allowed,
            )
            _is_placed(
                metric.name, "days", standard.days, wanted=metric.name == STOCK_CONFIRMED
            )
        return given

    @property
    def confirmed_within(self) -> timedelta:
        """How lately a stock must have moved, or been counted, to be confirmed."""
        return timedelta(days=self.standards[STOCK_CONFIRMED].days or 0)

    @property
    def content(self) -> Mapping[str, Any]:
        """All that it says, as JSON: equal policies have equal content."""
        said = self.model_dump(mode="json")
        return {**said, "holidays": sorted(said["holidays"])}

    @property
    def digest(self) -> str:
        """What names its content: SHA-256, in hex, of it as JSON with its keys sorted.

        What is as it is by default is left out: a field that policies gain changes nothing.
        """
        said = self.model_dump(mode="json", exclude_defaults=True)
        said |= {"holidays": sorted(said.get("holidays", ()))}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()


_DESCEND: Final = "let star >= warn >= limit"


def _is_placed(metric: str, field: str, value: int | None, *, wanted: bool) -> None:
    if wanted and value is None:
        raise _wrong("{}: {} is missing: give it", metric, field)
    if not wanted and value is not None:
        raise _wrong("{}: {} is without meaning there: leave it out", metric, field)


def _named(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _wrong(what: str, *values: object) -> PydanticCustomError:
    """Return the error, without words of pydantic's own before it."""
    text = what.format(*values)
    return PydanticCustomError("policy", "{said}", {"said": text})
