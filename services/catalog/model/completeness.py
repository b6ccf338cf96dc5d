"""How complete a listing is, of 100 points, and what would make it more so.

Source: domain.md 3, "Product completeness".
"""

from dataclasses import dataclass
from typing import Final

from services.catalog.model.listing import Description

IMAGES: Final = 3
DESCRIPTION_CHARS: Final = 300
_IMAGES, _DESCRIPTION, _WEIGHT, _SIZES = 30, 25, 20, 25


@dataclass(frozen=True, slots=True)
class Missing:
    """What a listing lacks, and how many points that would add.

    Shape: `fields` are those to fill in; `what` says how far.
    """

    fields: tuple[str, ...]
    what: str
    points: float


@dataclass(frozen=True, slots=True)
class Completeness:
    """Points of 100, and what the others are missing for, those worth most first."""

    points: float
    missing: tuple[Missing, ...]


def completeness(said: Description) -> Completeness:
    """Return how complete `said` is.

    Units: points, to a hundredth.
    """
    parts = (_images(said), _text(said), _weight(said), _sizes(said))
    missing = sorted((one for one in parts if one), key=lambda one: -one.points)
    points = 100 - sum(one.points for one in missing)
    return Completeness(round(points, 2), tuple(missing))


def _images(said: Description) -> Missing | None:
    lacking = IMAGES - min(said.image_count, IMAGES)
    if not lacking:
        return None
    points = _IMAGES * lacking / IMAGES
    return Missing(("images",), f"{lacking} more of {IMAGES} images", points)


def _text(said: Description) -> Missing | None:
    lacking = DESCRIPTION_CHARS - min(said.description_chars, DESCRIPTION_CHARS)
    if not lacking:
        return None
    points = _DESCRIPTION * lacking / DESCRIPTION_CHARS
    what = f"{lacking} more of {DESCRIPTION_CHARS} characters of description"
    return Missing(("description",), what, round(points, 2))


def _weight(said: Description) -> Missing | None:
    return None if said.weight_g else Missing(("weight_g",), "its weight", _WEIGHT)


def _sizes(said: Description) -> Missing | None:
    names = ("length_mm", "width_mm", "height_mm")
    lacking = tuple(name for name in names if not getattr(said, name))
    if not lacking:
        return None
    words = ", ".join(name.removesuffix("_mm") for name in lacking)
    return Missing(lacking, f"its {words}: sizes count when all three are given", _SIZES)
