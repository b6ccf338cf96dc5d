"""Names on the wire and in the store, and the class of each. Never a class path."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final, TypeAlias

from pydantic_core import from_json, to_json

from contracts import billing, buyers, catalog, orders, performance
from contracts.fact import Fact

Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class UnknownTypeError(LookupError):
    """A type name, or a version of it, that this code does not know."""

    def __init__(self, type_name: str) -> None:
        super().__init__(f"unknown event type {type_name!r}: upgrade this reader")
        self.type_name = type_name


@dataclass(frozen=True)
class Registry:
    """What each type name means: the class of its newest version, and the way up to it.

    Shape: `upcasters` by the older type name: the next newer name, and how its data is
        made of the older; chains end at a name of `classes`.
    """

    classes: Mapping[str, type[Fact]]
    upcasters: Mapping[str, tuple[str, Upcaster]] = field(default_factory=dict)

    @cached_property
    def names(self) -> Mapping[type[Fact], str]:
        """The type name under which each class is written."""
        return {kind: name for name, kind in self.classes.items()}

    def encode(self, fact: Fact) -> tuple[str, bytes]:
        """Return the type name of `fact` and the bytes that are stored and published."""
        return self.names[type(fact)], fact.__pydantic_serializer__.to_json(fact)

    def decode(self, type_name: str, data: bytes | str) -> Fact:
        """Return the fact that `encode` wrote, in this version of the code or an older one.

        Raises:
            UnknownTypeError: Never a guess: a newer writer, or a foreign message.
            ValidationError: `data` is not a fact of that type.
        """
        kind = self.classes.get(type_name)
        if kind is None:
            name, data = self._upcast(type_name, data)
            kind = self.classes[name]
        fact: Fact = kind.__pydantic_validator__.validate_json(data)
        return fact

    def written_as(self, kinds: Collection[type[Fact]]) -> Collection[str]:
        """Return the type names under which facts of `kinds` are written, or ever were."""
        names = (*self.classes, *self.upcasters)
        return {name for name in names if self.classes[self._newest(name)] in kinds}

    def _newest(self, type_name: str) -> str:
        while type_name in self.upcasters:
            type_name, _ = self.upcasters[type_name]
        return type_name

    def _upcast(self, type_name: str, data: bytes | str) -> tuple[str, bytes]:
        if type_name not in self.upcasters:
            raise UnknownTypeError(type_name)
        fields = from_json(data)
        while type_name in self.upcasters:
            type_name, upcast = self.upcasters[type_name]
            fields = upcast(fields)
        return type_name, to_json(fields)


REGISTRY: Final = Registry(
    {
        **orders.TYPES,
        **catalog.TYPES,
        **billing.TYPES,
        **buyers.TYPES,
        **performance.TYPES,
    }
)
CLASSES: Final = REGISTRY.classes
NAMES: Final = REGISTRY.names
encode: Final = REGISTRY.encode
decode: Final = REGISTRY.decode
written_as: Final = REGISTRY.written_as


@cache
def schema_version(type_name: str) -> int:
    """Return the version in `type_name`: 1 for `orders.order-placed.v1`.

    Raises:
        UnknownTypeError: The name does not end in a version.
    """
    _, _, version = type_name.rpartition(".v")
    if not version.isdigit():
        raise UnknownTypeError(type_name)
    return int(version)
