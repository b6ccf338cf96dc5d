"""What is asked of others before a request is recorded: at the last moment, once judged.

What is asked there is kept even if the request is not, in the end: another writer may come
between, or this process die. So it must be safe to repeat, and do no harm in vain.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from kit.domain import Refused
from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.streams import Streams

Before: TypeAlias = Callable[[Preview], None]
"""Asks others for what a request needs that would record something; raises a refusal."""


def submit_after(
    before: Before | None, requests: Sequence[AnyRequest], streams: Streams
) -> Sequence[Answer]:
    """Submit `requests`, each once `before` has let it pass, in their order.

    Not asked about are those that were answered before, or that would record nothing as
    things stand: they are answered without it.

    Raises:
        StreamConflict: As `Streams.submit`; StoreUnavailable too.
        PeerAway: Who had to be asked did not answer; nothing is recorded of any of them.
    """
    if before is None:
        return streams.submit(requests)
    stopped = [_stopped(before, request, streams) for request in requests]
    passed = [request for request, no in zip(requests, stopped, strict=True) if no is None]
    answers = iter(streams.submit(passed) if passed else ())
    return [next(answers) if no is None else no for no in stopped]


def transact_after(before: Before | None, request: AnyRequest, streams: Streams) -> Answer:
    """Submit one request, likewise.

    Raises:
        Refused: The state does not allow it, or others don't; nothing is recorded.
        StreamConflict: As `submit_after`; StoreUnavailable and PeerAway too.
    """
    (answer,) = submit_after(before, [request], streams)
    if answer.refused is not None:
        raise answer.refused
    return answer


def _stopped(before: Before, request: AnyRequest, streams: Streams) -> Answer | None:
    """Return the refusal that `before` has for a request, or None if it passes."""
    if streams.answered(request) is not None:
        return None
    seen = streams.preview(request)
    if seen.refused is not None or not seen.facts:
        return None
    try:
        before(seen)
    except Refused as why:
        return Answer(seen.version, 0, why)
    return None
