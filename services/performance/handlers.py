"""The service's front door: the stream and the rules that a command goes to."""

from typing import Final

from contracts.performance import StandingEvent
from kit.asker import Asker
from kit.eventstore.requests import Request
from services.performance.commands import StandingCommand
from services.performance.model.standing import STANDING
from services.performance.model.standing.state import Standing

STREAM: Final = "standing-"
"""What the streams of standings are called, before their seller's id."""


def to_request(
    command: StandingCommand, asker: Asker | None = None
) -> Request[Standing, StandingCommand, StandingEvent]:
    """Return `command` as what is asked of its seller's stream."""
    return Request(
        stream_id=f"{STREAM}{command.seller_id}",
        decider=STANDING,
        command=command,
        actor=None if asker is None else str(asker),
    )
