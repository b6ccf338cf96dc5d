"""One transaction's worth of deciding: its streams as they stand while it goes on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from uuid import UUID

from sqlalchemy import Connection

from contracts.envelope import ACTOR
from contracts.fact import Fact
from kit.domain import Refused
from kit.eventstore import snapshots
from kit.eventstore.history import History
from kit.eventstore.records import Recorded, StoredFact
from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.seen import decided
from kit.eventstore.snapshots import AnyDecider, Snapshot, SnapshotRecorder


@dataclass(slots=True)
class Work:
    """The streams that some requests are about, and the facts decided for them so far.

    Units: `at` is the moment of recording.
    Shape: `actor` and `trace` of requests that name none: they travel beside each fact;
        `recorded` in the order of deciding, `stored` the same as bytes; the first `kept`
        of them are appended and in the read models.
    """

    history: History
    db: Connection
    new_id: Callable[[], UUID]
    at: datetime
    actor: str | None = None
    trace: Mapping[str, str] = field(default_factory=dict)
    recorded: list[Recorded] = field(default_factory=list)
    stored: list[StoredFact] = field(default_factory=list)
    kept: int = 0
    _deciders: dict[str, AnyDecider] = field(default_factory=dict)
    _stands: dict[str, Snapshot] = field(default_factory=dict)
    _snapped: dict[str, int] = field(default_factory=dict)

    def load(self, requests: Iterable[AnyRequest]) -> None:
        """Bring each request's stream to what is recorded of it by now."""
        deciders = {request.stream_id: request.decider for request in requests}
        stands = {name: Snapshot(0, each.initial) for name, each in deciders.items()}
        stands |= self._kept_snapshots(deciders)
        snapped = {name: stand.version for name, stand in stands.items()}
        for stream_id, facts in self.history.facts_of(snapped, self.db).items():
            evolve, state = deciders[stream_id].evolve, stands[stream_id].state
            for recorded in facts:
                state = evolve(state, recorded.fact)
            stands[stream_id] = Snapshot(facts[-1].version, state)
        self._deciders |= deciders
        self._stands |= stands
        self._snapped |= snapped

    def decide(self, request: AnyRequest) -> Answer:
        """Decide `request` on what stands now, what was decided before it included.

        With it is decided what it asks of other streams: all of it, or none.
        """
        begun, stood = len(self.recorded), dict[str, Snapshot]()
        try:
            self._carry_out(request, stood)
        except Refused as why:
            self._stands |= stood
            del self.recorded[begun:], self.stored[begun:]
            return Answer(self._stands[request.stream_id].version, 0, why)
        version = self._stands[request.stream_id].version
        return Answer(version, len(self.recorded) - begun)

    def last(self, count: int) -> Sequence[Fact]:
        """Return the facts that were decided last."""
        return [one.fact for one in self.recorded[len(self.recorded) - count :]]

    def preview(self, request: AnyRequest) -> Preview:
        """Decide `request` likewise, and return what it would do."""
        before, begun = self._stands[request.stream_id], len(self.recorded)
        answer = self.decide(request)
        after = self._stands[request.stream_id].state
        facts = tuple(recorded.fact for recorded in self.recorded[begun:])
        return Preview(before.version, before.state, after, facts, answer.refused)

    def _carry_out(self, request: AnyRequest, stood: dict[str, Snapshot]) -> None:
        """Decide `request` and all that follows; note in `stood` how its streams were."""
        stream_id = request.stream_id
        if stream_id not in self._stands:
            self.load([request])
        stand = self._stands[stream_id]
        stood.setdefault(stream_id, stand)
        unseen = self._unseen(request, stand.version)
        facts, further = decided(request, stand.state, stand.version, unseen)
        recorded = self._placed(request, stand.version, facts)
        self.stored += [self.history.as_stored(one) for one in recorded]
        self.recorded += recorded
        state = reduce(request.decider.evolve, facts, stand.state)
        self._stands[stream_id] = Snapshot(stand.version + len(facts), state)
        for other in further:
            self._carry_out(_of(request, other), stood)

    def _unseen(self, request: AnyRequest, version: int) -> list[Recorded]:
        """Return the facts of the stream that the caller has not seen."""
        name, seen = request.stream_id, request.since
        if seen is None or seen >= version:
            return []
        mine = [one for one in self.recorded if one.stream_id == name]
        loaded = version - len(mine)
        kept = self.history.facts_of({name: seen}, self.db).get(name, ())
        before = [one for one in kept if one.version <= loaded]
        return [one for one in (*before, *mine) if one.version > seen]

    def keep_snapshots(self) -> None:
        """Keep the state of each stream that has grown long since its last snapshot."""
        due = [
            snapshots.to_stored(stream_id, stand, self._deciders[stream_id])
            for stream_id, stand in self._stands.items()
            if self._deciders[stream_id].states
            and stand.version - self._snapped[stream_id] >= snapshots.EVERY
        ]
        if due:
            SnapshotRecorder(self.history.engine).insert_events(due, connection=self.db)

    def _placed(
        self, request: AnyRequest, version: int, facts: Iterable[Fact]
    ) -> list[Recorded]:
        """Return `facts` with who asked, and their places in the stream after `version`."""
        meta = dict(self.trace if request.trace is None else request.trace)
        if actor := request.actor or self.actor:
            meta[ACTOR] = actor
        return [
            Recorded(request.stream_id, place, self.new_id(), fact, self.at, meta)
            for place, fact in enumerate(facts, version + 1)
        ]

    def _kept_snapshots(self, deciders: Mapping[str, AnyDecider]) -> dict[str, Snapshot]:
        long = {name: decider for name, decider in deciders.items() if decider.states}
        kept = {
            str(stored.originator_id): snapshots.from_stored(
                stored, long[str(stored.originator_id)]
            )
            for stored in (snapshots.select([*long], self.db) if long else ())
        }
        return {name: snapshot for name, snapshot in kept.items() if snapshot is not None}


def _of(request: AnyRequest, other: AnyRequest) -> AnyRequest:
    """Return `other`, asked by who asked `request`, which it follows from."""
    return replace(
        other, actor=other.actor or request.actor, trace=other.trace or request.trace
    )
