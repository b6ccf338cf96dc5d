"""What a cell of a file says: exact amounts, whole numbers, moments, days, words.

Every reader is given the trimmed text of the cell, None for an empty one, and either
returns its meaning or raises a ValueError that says what would have been right.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import BeforeValidator

from contracts.fact import MAX_CENTS

V = TypeVar("V")

ID_LENGTH: Final = 200
LARGEST_COUNT: Final = 2**31 - 1

_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SWITCH: Final = {"on": True, "off": False}


def read_id(cell: str | None) -> str:
    """Return the id in `cell`.

    Raises:
        ValueError: It is empty, or longer than an id may be.
    """
    if cell is None:
        raise ValueError("is empty; it must name something")
    if len(cell) > ID_LENGTH:
        raise ValueError(f"has {len(cell)} characters; an id has {ID_LENGTH} at most")
    return cell


def read_seller_id(cell: str | None) -> str:
    """Return the seller's id in `cell`.

    Raises:
        ValueError: It is no id, or has a colon, where names of streams would end it.
    """
    seller_id = read_id(cell)
    if ":" in seller_id:
        raise ValueError(f"{seller_id!r} has a colon; the id of a seller has none")
    return seller_id


def read_cents(cell: str | None) -> int:
    """Return an amount such as 109.9 in cents (10990), exactly.

    Raises:
        ValueError: It is no decimal number, negative, too large, or not whole cents.
    """
    return _scaled(cell, 100, MAX_CENTS, "an amount in whole cents such as 109.90")


def read_millimetres(cell: str | None) -> int:
    """Return a length in centimetres such as 16 in millimetres (160), exactly.

    Raises:
        ValueError: It is no decimal number, negative, too large, or not whole millimetres.
    """
    return _scaled(cell, 10, LARGEST_COUNT, "centimetres in whole millimetres such as 16.5")


def read_count(cell: str | None) -> int:
    """Return a whole number, 0 or more; 3.0 is one, 3.5 is not.

    Raises:
        ValueError: It is no whole number, negative or too large.
    """
    return _scaled(cell, 1, LARGEST_COUNT, "a whole number such as 3")


def read_units(cell: str | None) -> int:
    """Return a number of units, 1 or more.

    Raises:
        ValueError: It is no whole number, below 1 or too large.
    """
    units = read_count(cell)
    if units == 0:
        raise ValueError("is 0; what moves is 1 unit or more")
    return units


def read_parts(cell: str | None) -> tuple[tuple[str, int], ...]:
    """Return the (line id, units) that `1:2;3:1` names: two of line 1, one of line 3.

    Raises:
        ValueError: It is no such list.
    """
    wanted = "lines and their units such as 1:2;3:1 (two of line 1, one of line 3)"
    parts = [part.rpartition(":") for part in (cell or "").split(";")]
    try:
        return tuple(
            (read_id(name.strip() or None), read_units(units.strip()))
            for name, _, units in parts
        )
    except ValueError as error:
        raise ValueError(f"{cell or ''!r} is not {wanted}: {error}") from error


def read_switch(cell: str | None) -> bool:
    """Return whether `cell` says on.

    Raises:
        ValueError: It says neither on nor off.
    """
    if cell not in _SWITCH:
        raise ValueError(f"{cell or ''!r} is neither on nor off")
    return _SWITCH[cell]


def read_text(cell: str | None) -> str:
    """Return the words in `cell`.

    Raises:
        ValueError: There are none.
    """
    if cell is None:
        raise ValueError("is empty; it must say something")
    return cell


def read_moment(cell: str | None) -> datetime:
    """Return a moment as aware UTC; one without an offset is UTC already.

    Raises:
        ValueError: It is no ISO 8601 date with a time.
    """
    if cell is None:
        raise ValueError("is empty; it must say when, such as 2018-03-01 17:00:00")
    if _MOMENT.fullmatch(cell) is None:
        raise ValueError(
            f"{cell!r} is not a time such as 2018-03-01 17:00:00 (read as UTC)"
        )
    try:
        moment = datetime.fromisoformat(cell)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{cell!r} is not a time that exists ({error})") from error


def read_day(cell: str | None) -> date:
    """Return a calendar day.

    Raises:
        ValueError: It is no ISO 8601 date.
    """
    if cell is None or _DAY.fullmatch(cell) is None:
        raise ValueError(f"{cell or ''!r} is not a day such as 2018-03-01")
    try:
        return date.fromisoformat(cell)
    except ValueError as error:
        raise ValueError(f"{cell!r} is not a day that exists ({error})") from error


def _or_none(read: Callable[[str | None], V]) -> Callable[[str | None], V | None]:
    def read_given(cell: str | None) -> V | None:
        return None if cell is None else read(cell)

    return read_given


def _scaled(cell: str | None, scale: int, largest: int, wanted: str) -> int:
    if cell is None or _DECIMAL.fullmatch(cell) is None:
        raise ValueError(f"{cell or ''!r} is not {wanted}")
    exact = Decimal(cell) * scale
    if exact < 0:
        raise ValueError(f"{cell!r} is negative")
    if exact > largest:
        raise ValueError(f"{cell!r} is too large")
    if exact != int(exact):
        raise ValueError(f"{cell!r} is not {wanted}")
    return int(exact)


IdCell: TypeAlias = Annotated[str, BeforeValidator(read_id)]
SellerIdCell: TypeAlias = Annotated[str, BeforeValidator(read_seller_id)]
CentsCell: TypeAlias = Annotated[int, BeforeValidator(read_cents)]
CountCell: TypeAlias = Annotated[int, BeforeValidator(read_count)]
PartsCell: TypeAlias = Annotated[tuple[tuple[str, int], ...], BeforeValidator(read_parts)]
SwitchCell: TypeAlias = Annotated[bool, BeforeValidator(read_switch)]
TextCell: TypeAlias = Annotated[str, BeforeValidator(read_text)]
MomentCell: TypeAlias = Annotated[datetime, BeforeValidator(read_moment)]

IdIfGiven: TypeAlias = Annotated[str | None, BeforeValidator(_or_none(read_id))]
CountIfGiven: TypeAlias = Annotated[int | None, BeforeValidator(_or_none(read_count))]
MillimetresIfGiven: TypeAlias = Annotated[
    int | None, BeforeValidator(_or_none(read_millimetres))
]
MomentIfGiven: TypeAlias = Annotated[
    datetime | None, BeforeValidator(_or_none(read_moment))
]
DayIfGiven: TypeAlias = Annotated[date | None, BeforeValidator(_or_none(read_day))]
