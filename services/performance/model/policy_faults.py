"""What is wrong in a policy, in words for the person who wrote it: each says what to do."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

_BY_FIELD: Final = {
    "applies_from": (
        "it is no moment: write one with its offset, such as 2026-05-01T00:00:00Z"
    ),
    "holidays": "it is no day: write one such as 2026-12-25",
}
"""Of what has dates, whatever is wrong with one."""

_BY_TYPE: Final = {
    "missing": "it is missing: give it",
    "extra_forbidden": "there is no such field: leave it out, or correct its name",
    "string_type": "it is no text: write it in quotes",
    "string_pattern_mismatch": (
        "it is no version: use letters, digits, dots, dashes and underscores, and begin "
        "with a letter or a digit, such as 2026-05"
    ),
    "string_too_long": "it is too long: give {max_length} characters at most",
    "int_type": "it is no whole number: give one, without quotes",
    "float_type": "it is no number: give one, without quotes",
    "bool_type": "it is neither true nor false: give one of them, without quotes",
    "greater_than": "it is out of range: give more than {gt}",
    "greater_than_equal": "it is out of range: give {ge} or more",
    "less_than_equal": "it is out of range: give {le} or less",
    "too_long": "there are too many: give {max_length} at most",
    "frozen_set_type": "it is no list: write its entries in [ ]",
    "tuple_type": "it is no list: write its entries in [ ]",
}
_OURS: Final = ("policy", "timezone_aware")
"""What is said in words of our own already."""
_NO_TABLE: Final = "it is no table of fields: give each of its fields by name"


def in_our_words(why: ValidationError) -> ValidationError:
    """Return the same error, each fault where it was, with what to do."""
    faults = [
        InitErrorDetails(
            type=PydanticCustomError("policy", "{said}", {"said": _said(each)}),
            loc=each["loc"],
            input=each["input"],
        )
        for each in why.errors()
    ]
    return ValidationError.from_exception_data(why.title, faults)


def _said(fault: ErrorDetails) -> str:
    kind, field = fault["type"], [*fault["loc"], ""][0]
    if kind in _OURS:
        return fault["msg"]
    if kind in _BY_TYPE:
        return _BY_TYPE[kind].format_map(_shortly(fault.get("ctx", {})))
    return _BY_FIELD.get(str(field), _NO_TABLE)


def _shortly(bounds: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return 1 for 1.0, as people write it."""
    whole = {name: int(n) for name, n in bounds.items() if isinstance(n, float)}
    return {**bounds, **whole}
