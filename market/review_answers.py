"""What performance answers of reviews that were done: who failed, what shadows found."""

from collections.abc import Sequence

from market.answers import MetricCounts, Paged, Shown


class ReviewFailure(Shown):
    """A seller who could not be reviewed of a day, and what became of it."""

    seller_id: str
    why: str
    state: str


class DayNoted(Shown):
    """A day that was reviewed before. Shape: `failures` are some, those who wait first."""

    day: str
    policy: str
    sellers: int
    failed: int
    waiting: int
    failures: Sequence[ReviewFailure]


class DaysNoted(Paged):
    """Days that were reviewed, the newest first."""

    days: Sequence[DayNoted]


class LevelMove(Shown):
    """How many sellers stood at one level, and would at another."""

    official: str
    shadow: str
    sellers: int


class MetricMoves(MetricCounts):
    """The same, from which level to which."""

    moves: Sequence[LevelMove]


class ShadowDay(Shown):
    """What a shadow would have found in the review of a day."""

    day: str
    policy: str
    sellers: int
    by_metric: Sequence[MetricMoves]


class ShadowDays(Paged):
    """Days that a shadow judged too, the newest first."""

    version: str
    days: Sequence[ShadowDay]
