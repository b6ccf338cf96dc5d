"""One transaction's worth of deciding: its streams as they stand while it goes on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
from kit.eventstore.requests import Answer, AnyRequest
from kit.eventstore.snapshots import AnyDecider, Snapshot, SnapshotRecorder


@dataclass(slots=True)
class Work:
    """The streams that some requests are about, and the facts decided for them so far.

    Units: `at` is the moment of recording.
    Shape: `meta` travels beside each fact, with who asked for it; `recorded` in the order
        of deciding, `stored` the same as bytes.
    """

    history: History
    new_id: Callable[[], UUID]
    at: datetime
    meta: Mapping[str, str]
    recorded: list[Recorded] = field(default_factory=list)
    stored: list[StoredFact] = field(default_factory=list)
    _deciders: dict[str, AnyDecider] = field(default_factory=dict)
    _stands: dict[str, Snapshot] = field(default_factory=dict)
    _snapped: dict[str, int] = field(default_factory=dict)

    def load(self, requests: Iterable[AnyRequest], db: Connection) -> None:
        """Bring each request's stream to what is recorded of it by now."""
        self._deciders = {request.stream_id: request.decider for request in requests}
        self._stands = {
            stream_id: Snapshot(0, decider.initial)
            for stream_id, decider in self._deciders.items()
        }
        self._load_snapshots(db)
        self._snapped = {name: stand.version for name, stand in self._stands.items()}
        for stream_id, facts in self.history.facts_of(self._snapped, db).items():
            evolve = self._deciders[stream_id].evolve
            state = self._stands[stream_id].state
            for recorded in facts:
                state = evolve(state, recorded.fact)
            self._stands[stream_id] = Snapshot(facts[-1].version, state)

    def decide(self, request: AnyRequest) -> Answer:
        """Decide `request` on what stands now, what was decided before it included."""
        stand = self._stands[request.stream_id]
        try:
            facts = request.decider.decide(request.command, stand.state)
            recorded = self._placed(request, stand.version, facts)
            stored = [self.history.as_stored(one) for one in recorded]
        except Refused as why:
            return Answer(stand.version, 0, why)
        self.recorded += recorded
        self.stored += stored
        state = reduce(request.decider.evolve, facts, stand.state)
        version = stand.version + len(recorded)
        self._stands[request.stream_id] = Snapshot(version, state)
        return Answer(version, len(recorded))

    def keep_snapshots(self, db: Connection) -> None:
        """Keep the state of each stream that has grown long since its last snapshot."""
        due = [
            snapshots.to_stored(stream_id, stand, self._deciders[stream_id])
            for stream_id, stand in self._stands.items()
            if self._deciders[stream_id].states
            and stand.version - self._snapped[stream_id] >= snapshots.EVERY
        ]
        if due:
            SnapshotRecorder(self.history.engine).insert_events(due, connection=db)

    def _placed(
        self, request: AnyRequest, version: int, facts: Iterable[Fact]
    ) -> list[Recorded]:
        """Return `facts` with who asked, and their places in the stream after `version`."""
        meta = self.meta
        if request.actor is not None:
            meta = {**meta, ACTOR: request.actor}
        return [
            Recorded(request.stream_id, place, self.new_id(), fact, self.at, meta)
            for place, fact in enumerate(facts, version + 1)
        ]

    def _load_snapshots(self, db: Connection) -> None:
        long = {name: d for name, d in self._deciders.items() if d.states}
        for stored in snapshots.select([*long], db) if long else ():
            stream_id = str(stored.originator_id)
            if snapshot := snapshots.from_stored(stored, long[stream_id]):
                self._stands[stream_id] = snapshot
