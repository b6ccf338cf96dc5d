"""Ids that paths of URLs will name, whoever chooses them."""

import re
from typing import Final

PATTERN: Final = r"^(?!\.{1,2}$)[^/?#%\\\x00-\x1f\x7f]+$"
"""Such ids, as the description of an API says it."""

REMEDY: Final = (
    "does not fit into the path of a URL; leave out / ? # % \\ and what is not printed"
)

_FITS: Final = re.compile(PATTERN.removeprefix("^").removesuffix("$"))


def fits_a_path(name: str) -> bool:
    """Return whether a path can name it as one of its parts, and find it again."""
    return _FITS.fullmatch(name) is not None
