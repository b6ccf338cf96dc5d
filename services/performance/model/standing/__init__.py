"""A seller's standing: the ladder, what is said to it, and what lifts it."""

from collections.abc import Sequence
from typing import Final

from contracts.performance import StandingEvent
from kit.domain import Decider
from services.performance.commands import LiftStep, ReviewSeller, StandingCommand
from services.performance.model.standing.ladder import lift, review
from services.performance.model.standing.pleading import plead
from services.performance.model.standing.state import Standing, evolve


def decide(command: StandingCommand, standing: Standing) -> Sequence[StandingEvent]:
    """Return what `command` makes true; nothing, if it is true already.

    Raises:
        Refused: As the function of each command.
    """
    match command:
        case ReviewSeller():
            return review(command, standing)
        case LiftStep():
            return lift(command, standing)
        case _:
            return plead(command, standing)


STANDING: Final[Decider[Standing, StandingCommand, StandingEvent]] = Decider(
    Standing(), decide, evolve, (Standing,)
)
