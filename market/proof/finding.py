"""What a proof says: one thing, its figure, and the first difference if there is one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing proved, or the first difference found.

    Shape: `wrong` is None where all is well, else says what differs and where.
    """

    what: str
    figure: str
    wrong: str | None = None
