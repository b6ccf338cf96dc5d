"""Who takes part in the day, and the ids of what they place and write."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Names:
    """Ids, as they are on a platform that has seen nothing yet.

    Shape: sellers, buyers, then orders in the order in which they come up; a letter at
        the end is a part that was split off.
    """

    pottery: str = "pottery"
    glassworks: str = "glassworks"

    cafe: str = "cafe"
    hotel: str = "hotel"
    museum: str = "museum"

    breakfast: str = "o-1"
    later: str = "o-1a"
    later_still: str = "o-1b"
    rooms: str = "o-2"
    rooms_upstairs: str = "o-2a"
    abroad: str = "o-3"
    depleted: str = "o-4"
    last_week: str = "o-5"
    lamps: str = "o-6"
    more_lamps: str = "o-7"
    windows: str = "o-8"

    access: str = "r-1"
    talk: str = "v-1"
    question: str = "m-1"
    answer: str = "m-2"

    def tagged(self, tag: str) -> "Names":
        """Return other ids, so that a platform may see the day again."""
        return Names(**{name: f"{said}{tag}" for name, said in asdict(self).items()})
