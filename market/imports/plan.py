"""What an import is going to send: commands with the rows that they come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Final, Literal, TypeAlias

from market.imports.tables import Place, RowReport

Json: TypeAlias = (
    "str | int | float | bool | Mapping[str, Json] | Sequence[Mapping[str, Json]] | None"
)
LONGEST_KEY: Final = 200

Service: TypeAlias = Literal["buyers", "catalog", "orders"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a service's API, and the row that says so.

    Shape: `key` is the request's idempotency key: the same for the same row of any file.
        `fields` are the command's own, ready to be sent.
    """

    place: Place
    key: str
    name: str
    fields: Mapping[str, Json]

    def body(self) -> dict[str, Json]:
        """Return the command as one of many in a bulk request."""
        return {"key": self.key, "command": self.name, **self.fields}


@dataclass(frozen=True, slots=True)
class Stage:
    """Commands for one service. Those of one aggregate stand in the order to be kept."""

    title: str
    service: Service
    commands: Sequence[Command]


@dataclass(frozen=True, slots=True)
class Plan:
    """An import before it is sent: its stages, and what could be said of rows by then.

    Shape: `rejected` rows are not sent; `noted` rows are sent, and say something odd.
    """

    stages: Sequence[Stage]
    rejected: Sequence[RowReport] = ()
    noted: Sequence[RowReport] = ()

    def commands(self) -> Iterator[Command]:
        """Yield every command, stage by stage."""
        return chain.from_iterable(stage.commands for stage in self.stages)

    def then(self, other: "Plan") -> "Plan":
        """Return the plan of sending all of this, then all of `other`."""
        return Plan(
            (*self.stages, *other.stages),
            (*self.rejected, *other.rejected),
            (*self.noted, *other.noted),
        )


def apart(part: str) -> str:
    """Return `part` of a key so that nothing of it can be taken for its neighbour's."""
    return part.replace("%", "%25").replace(":", "%3A")


def key(*parts: str) -> str:
    """Return the idempotency key of what `parts` name: the parts, or their hash if long."""
    name = ":".join(parts)
    return name if len(name) <= LONGEST_KEY else sha256(name.encode()).hexdigest()
