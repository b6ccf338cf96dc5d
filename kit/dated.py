"""What an operator decides, as data: each of it holds from a day on, until newer does."""

import tomllib
from collections.abc import Sequence
from datetime import date, datetime
from importlib.resources import files
from typing import Annotated, Final, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

CLOSED: Final = ConfigDict(frozen=True, strict=True, extra="forbid")


class FromADay(BaseModel):
    """Rules that hold from a day on, until newer ones do.

    Units: UTC days.
    """

    model_config = CLOSED

    holds_from: date


R = TypeVar("R", bound=FromADay)
M = TypeVar("M", bound=BaseModel)


class Dated(BaseModel, Generic[R]):
    """All rules of a kind there ever were. The first of them hold before their day too."""

    model_config = CLOSED

    rules: Annotated[Sequence[R], Field(min_length=1)]

    @model_validator(mode="after")
    def _follow_each_other(self) -> Self:
        days = [one.holds_from for one in self.rules]
        if days != sorted(set(days)):
            raise ValueError("rules must be in order of holds_from, no two the same")
        return self

    def at(self, moment: datetime) -> R:
        """Return the rules that hold at `moment`."""
        held = [one for one in self.rules if one.holds_from <= moment.date()]
        return held[-1] if held else self.rules[0]


def shipped(package: str, name: str, kind: type[M]) -> M:
    """Return what ships with `package` in its TOML file `name`.

    Raises:
        ValidationError: It is no `kind`; the message names the field.
    """
    text = files(package).joinpath(name).read_text("utf-8")
    return kind.model_validate(tomllib.loads(text))
