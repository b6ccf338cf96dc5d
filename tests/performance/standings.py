"""Short ways to say how reviews find a seller, for tests of standing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from contracts.performance import Ground, Level, StandingEvent, WayOut
from services.performance.commands import ReviewSeller, StandingCommand
from services.performance.model.standing import STANDING
from services.performance.model.standing.findings import terms_of
from services.performance.model.standing.state import Standing
from tests.performance.world import AS_OF, DAY, POLICY

TERMS = terms_of(POLICY)
CURE = timedelta(days=14)
METRIC = "shipping.on_time"


def ground(metric: str = METRIC, *, rate: float = 0.7, very_poor: bool = False) -> Ground:
    return Ground(
        metric=metric,
        rule="very_poor" if very_poor else "limit",
        window_days=30,
        due=20,
        kept=round(20 * rate),
        rate=rate,
        threshold=0.5 if very_poor else 0.9,
        broken=20 - round(20 * rate),
        obligations=(),
        way_out=WayOut(rate=0.92, good_in_a_row=55, days=24),
    )


def found(level: Level, day: int = 0, *, very_poor: bool = False) -> ReviewSeller:
    """What the review of some day finds; nothing of what is very poor fell due lately."""
    as_of = AS_OF + day * DAY
    return ReviewSeller(
        seller_id="s-1",
        as_of=as_of,
        known_at=as_of,
        terms=TERMS,
        level="limit" if very_poor else level,
        measured=level != "not_enough_data",
        limits=(ground(),) if level == "limit" or very_poor else (),
        very_poor=(ground(rate=0.3, very_poor=True),) if very_poor else (),
        counted={METRIC: ()} if very_poor else {},
    )


def after(*commands: StandingCommand) -> tuple[Standing, list[StandingEvent]]:
    """How the seller stands after commands, and all facts of it."""
    standing, facts = STANDING.initial, list[StandingEvent]()
    for command in commands:
        new = STANDING.decide(command, standing)
        facts += new
        for fact in new:
            standing = STANDING.evolve(standing, fact)
    return standing, facts


def kinds(facts: Iterable[StandingEvent]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


def told(*commands: StandingCommand) -> list[str]:
    """The kinds of the facts that the last of `commands` makes true."""
    *before, last = commands
    standing, _ = after(*before)
    return kinds(STANDING.decide(last, standing))


def up_to(day: int) -> Sequence[ReviewSeller]:
    """Daily reviews, all of which find the seller at limit, to the one before `day`."""
    return [found("limit", n) for n in range(day)]


def at(command: ReviewSeller, moment: datetime) -> ReviewSeller:
    return replace(command, as_of=moment, known_at=moment)
