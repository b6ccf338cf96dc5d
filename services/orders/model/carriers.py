"""Tracking numbers of known carriers: what they look like, and their check digits. Data."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import cycle
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_CLOSED: Final = ConfigDict(frozen=True, strict=True, extra="forbid")
_IGNORED: Final = re.compile(r"[\s-]")
_K: Final = ord("A") - 2
"""A letter stands for the digit ten places on: A and K are 2."""


class Check(BaseModel):
    """How the last digit of a number follows from those before it."""

    model_config = _CLOSED

    weights: Annotated[Sequence[int], Field(min_length=1)]
    modulo: Annotated[int, Field(ge=2)]
    lacking: bool = False
    instead: Mapping[Annotated[int, Field(strict=False)], int] = {}

    def of(self, serial: str) -> int:
        """Return the check digit of `serial`."""
        digits = [int(c) if c.isdigit() else (ord(c) - _K) % 10 for c in serial]
        products = zip(reversed(digits), cycle(self.weights), strict=False)
        rest = sum(digit * weight for digit, weight in products) % self.modulo
        check = self.modulo - rest if self.lacking else rest
        return self.instead.get(check, check)


class Format(BaseModel):
    """One kind of number. A format without a check is held against its pattern alone."""

    model_config = _CLOSED

    pattern: str
    check: str | None = None
    before: str = ""


class Carrier(BaseModel):
    """Who carries parcels, by any of their names, and what their numbers look like."""

    model_config = _CLOSED

    names: Annotated[Sequence[str], Field(min_length=1)]
    example: str
    formats: Annotated[Sequence[Format], Field(min_length=1)]


class Carriers(BaseModel):
    """All carriers that are known."""

    model_config = _CLOSED

    checks: Mapping[str, Check]
    carriers: Sequence[Carrier]

    @model_validator(mode="after")
    def _hold_their_own_examples(self) -> Self:
        for carrier in self.carriers:
            if not self.takes(carrier, carrier.example):
                raise ValueError(
                    f"{carrier.names[0]}: {carrier.example} is no number of it"
                )
        return self

    def named(self, name: str) -> Carrier | None:
        """Return the carrier of that name, in any case, or None if it is not known."""
        wanted = name.strip().casefold()
        for carrier in self.carriers:
            if wanted in {one.casefold() for one in carrier.names}:
                return carrier
        return None

    def takes(self, carrier: Carrier, number: str) -> bool:
        """Say whether `number` is one of the carrier's: its form, and its check digit."""
        plain = _IGNORED.sub("", number).upper()
        return any(self._fits(one, plain) for one in carrier.formats)

    def _fits(self, one: Format, plain: str) -> bool:
        found = re.fullmatch(one.pattern, plain, re.ASCII)
        if found is None or one.check is None:
            return found is not None
        serial = one.before + found["serial"]
        return self.checks[one.check].of(serial) == int(found["check"])


@cache
def known_carriers() -> Carriers:
    """Return the carriers that ship with the service.

    Raises:
        ValidationError: They break a rule of theirs; the message names the field.
    """
    text = files("services.orders").joinpath("carriers.toml").read_text("utf-8")
    return Carriers.model_validate(tomllib.loads(text))
