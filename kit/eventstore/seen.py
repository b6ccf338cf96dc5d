"""What a caller had seen of a stream, and whether what happened since matters to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.envelope import ACTOR
from contracts.fact import Fact
from contracts.registry import NAMES
from kit.domain import Refused, Taken, Unknown
from kit.eventstore.records import Recorded
from kit.eventstore.requests import AnyRequest, Request


class Changed(Refused):
    """The stream went on since its caller looked, in a way that matters to them."""

    code = "changed"

    def __init__(self, seen: int, since: Sequence[Recorded]) -> None:
        super().__init__(_told(seen, seen + len(since)))
        self.since = since

    @property
    def facts(self) -> Sequence[Fact]:
        """What changed since."""
        return [recorded.fact for recorded in self.since]

    @property
    def more(self) -> Mapping[str, Any]:
        """The version now, and the facts since: who did what, when."""
        changed = [
            {
                "version": recorded.version,
                "event_id": str(recorded.event_id),
                "type": NAMES[type(recorded.fact)],
                "who": recorded.meta.get(ACTOR),
                "at": recorded.fact.model_dump(mode="json")[recorded.fact.moment],
                "fields": recorded.fact.model_dump(mode="json"),
            }
            for recorded in self.since
        ]
        return {"version": self.since[-1].version, "changed": changed}


class Moved(Refused):
    """The stream is at another version than the one that the request was made for."""

    code = "moved"

    def __init__(self, expected: int, version: int) -> None:
        super().__init__(
            f"version: {expected} was expected, it is at {version}; look again"
        )


class NotSeen(Refused):
    """A change by somebody who does not say what they saw before."""

    code = "if-match-required"

    def __init__(self) -> None:
        super().__init__("If-Match: give the ETag of what you saw, so that nothing is lost")


class NeverSeen(Refused):
    """A version that the stream has not reached: nobody can have seen it."""

    code = Changed.code

    def __init__(self, seen: int, version: int) -> None:
        super().__init__(
            f"If-Match: there is no version {seen}, the newest is {version}; read it again"
        )


def decided(
    request: AnyRequest, state: object, version: int, since: Sequence[Recorded]
) -> tuple[Sequence[Fact], Sequence[AnyRequest]]:
    """Return the facts that `request` leads to on `state`, and what it asks elsewhere.

    Shape: `version` is that of the stream, `since` are those of its facts that the caller
        had not seen.

    Raises:
        Moved: The request was made for another version; nobody looked at what it asks.
        Unknown: There is no such thing for them, nor are its changes, nor its version.
        Taken: The id is another's, and so are those.
        Changed: They had to see what changed first.
        NeverSeen: They say that they saw more than there is.
        Refused: The state does not allow it.
    """
    if request.expected not in {None, version}:
        raise Moved(request.expected or 0, version)
    decider, command = request.decider, request.command
    changed = _changed(request, version, since)
    try:
        facts: Sequence[Fact] = decider.decide(command, state)
    except (Unknown, Taken):
        raise
    except Refused as why:
        raise (why if changed is None else changed) from None
    if changed is not None:
        raise changed
    further: list[AnyRequest] = [
        Request(stream_id=one.stream_id, decider=one.decider, command=one.command)
        for one in decider.elsewhere(command, state)
    ]
    return facts, further + list(request.follows(facts) if request.follows else ())


def _changed(
    request: AnyRequest, version: int, since: Sequence[Recorded]
) -> Changed | NeverSeen | None:
    seen = request.since
    if seen is not None and seen > version:
        return NeverSeen(seen, version)
    if seen is None or not since:
        return None
    facts = [recorded.fact for recorded in since]
    overlaps = request.decider.overlaps(request.command, facts)
    return Changed(seen, since) if overlaps else None


def _told(seen: int, version: int) -> str:
    return (
        f"If-Match: you saw version {seen}, it is at {version} now; look at what changed, "
        "then ask again with the new version"
    )
