"""What is asked of others before a request is recorded: at the last moment, once judged.

What is asked there is kept even if the request is not, in the end: another writer may come
between, or this process die. So it must be safe to repeat, and do no harm in vain.

It is asked for what a request would do as its stream stands, so it is recorded on no other
version: if another writer came between, it is judged, and others are asked, anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Final, TypeAlias

from kit.domain import Refused
from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.seen import Moved
from kit.eventstore.streams import TRIES, StreamConflict, Streams
from kit.peers import PeerAway

Before: TypeAlias = Callable[[Preview], None]
"""Asks others for what a request needs that would record something; raises a refusal."""

HasTime: TypeAlias = Callable[[], bool]
"""Says whether there is time to ask others for one request more."""

BUDGET_S: Final = 15.0
"""How long one HTTP request may ask others for its items; clients wait longer than that."""


class AskAgain(Refused):
    """It can't be said now, neither yes nor no; asked again with its key, perhaps.

    Shape: `cause` is what a request that is asked alone fails with.
    """

    def __init__(self, code: str, cause: Exception) -> None:
        super().__init__(str(cause))
        self.code = code  # type: ignore[misc]  # its cause's, not its class's
        self.cause = cause

    @property
    def more(self) -> dict[str, Any]:
        """After how many seconds to ask again."""
        return {"retry_after": 1}


def within(seconds: float, clock: Callable[[], float] = monotonic) -> HasTime:
    """Return what says whether `seconds` from now are over."""
    until = clock() + seconds
    return lambda: clock() < until


def submit_after(
    before: Before | None,
    requests: Sequence[AnyRequest],
    streams: Streams,
    has_time: HasTime = lambda: True,
) -> Sequence[Answer]:
    """Submit `requests`, each once `before` has let it pass, in their order.

    Not asked about are those that were answered before, or that would record nothing as
    things stand: they are answered without it. What `before` stops hinders no other: it is
    its own refusal, or AskAgain if who had to be asked was away, if there was no time to
    ask, or if others came between each time.

    Raises:
        StreamConflict: As `Streams.submit`; StoreUnavailable too.
    """
    if before is None:
        return streams.submit(requests)
    asking = _Asking(before, streams, has_time)
    answers, left = dict[int, Answer](), dict(enumerate(requests))
    for _ in range(TRIES):
        judged = {place: asking.judge(request) for place, request in left.items()}
        answers |= {n: one for n, one in judged.items() if isinstance(one, Answer)}
        passed = {n: one for n, one in judged.items() if not isinstance(one, Answer)}
        given = streams.submit([*passed.values()]) if passed else ()
        answers |= zip(passed, given, strict=True)
        left = {n: requests[n] for n in passed if isinstance(answers[n].refused, Moved)}
    answers |= {place: _overtaken(answers[place]) for place in left}
    return [answers[place] for place in range(len(requests))]


def transact_after(before: Before | None, request: AnyRequest, streams: Streams) -> Answer:
    """Submit one request, likewise.

    Raises:
        Refused: The state does not allow it, or others don't; nothing is recorded.
        StreamConflict: As `submit_after`, or others came between each time.
        PeerAway: Who had to be asked did not answer; StoreUnavailable too.
    """
    (answer,) = submit_after(before, [request], streams)
    if isinstance(answer.refused, AskAgain):
        raise answer.refused.cause
    if answer.refused is not None:
        raise answer.refused
    return answer


@dataclass(frozen=True, slots=True)
class _Asking:
    before: Before
    streams: Streams
    has_time: HasTime

    def judge(self, request: AnyRequest) -> AnyRequest | Answer:
        """Return `request` for the version on which it passes, or what stops it."""
        if self.streams.answered(request) is not None:
            return request
        seen = self.streams.preview(request)
        if seen.refused is None and seen.facts:
            try:
                self._ask(seen)
            except Refused as why:
                return Answer(seen.version, 0, why)
        return replace(request, expected=seen.version)

    def _ask(self, seen: Preview) -> None:
        if not self.has_time():
            raise AskAgain("no-time-left", TimeoutError(_NO_TIME))
        try:
            self.before(seen)
        except PeerAway as away:
            raise AskAgain("peer-unavailable", away) from away


_NO_TIME: Final = "all the time went by for those before it: ask again with the same key"


def _overtaken(answer: Answer) -> Answer:
    lost = StreamConflict(f"other writers won {TRIES} times: ask again")
    return Answer(answer.version, 0, AskAgain("stream-conflict", lost))
