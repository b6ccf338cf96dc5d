"""Who is asking: a role, and an id in it. Plain data, which rules may decide by."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Role: TypeAlias = Literal["seller", "buyer", "operator", "service"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody whose token was good. Written out, `seller:s-1`."""

    role: Role
    id: str

    def __str__(self) -> str:
        return f"{self.role}:{self.id}"

    @property
    def acts_for_all(self) -> bool:
        """Whether it may name whom it means: it is the marketplace itself."""
        return self.role in {"operator", "service"}
