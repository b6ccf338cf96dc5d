"""The history of one service: the library's application, on our recorder and mapper."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from eventsourcing.application import Application
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    Mapper,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, strtobool
from sqlalchemy import Connection, Engine

from kit.eventstore.recorder import PostgresRecorder, select_streams
from kit.eventstore.records import FactMapper, Recorded, StoredFact, refuse_too_large
from kit.eventstore.snapshots import SnapshotRecorder

_DB_FUNCTIONS: Final = "POSTGRES_ENABLE_DB_FUNCTIONS"


class UnsafeSetting(RuntimeError):  # noqa: N818 - reads as English where raised
    """A setting under which facts could be lost. The service does not start."""


class PostgresFactory(InfrastructureFactory[TrackingRecorder]):
    """Our recorders for the library, all on one engine."""

    def __init__(self, env: Environment, engine: Engine) -> None:
        super().__init__(env)
        self.engine = engine

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Return the recorder of snapshots, or else of facts."""
        if purpose == "snapshots":
            return SnapshotRecorder(self.engine)
        return PostgresRecorder(self.engine)

    def application_recorder(self) -> ApplicationRecorder:
        """Return the recorder of facts."""
        return PostgresRecorder(self.engine)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """Refuse: what a consumer has seen is kept by `kit.consumers`.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("positions of consumers are kept by kit.consumers")

    def process_recorder(self) -> ProcessRecorder:
        """Refuse, for the same reason.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError("positions of consumers are kept by kit.consumers")


class History(Application[str]):
    """All facts of one service, by stream.

    `PERSISTENCE_MODULE=eventsourcing.postgres` in `env` selects the library's own
    table-locking recorder, with its own tables: the oracle that ours is tested against.
    """

    def __init__(self, engine: Engine, env: Mapping[str, str] | None = None) -> None:
        self.engine = engine
        super().__init__(dict(env or {}))

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Return our factory, or the library's if the environment names it.

        Raises:
            UnsafeSetting: The library's database functions are on: they drop the lock that
                keeps its notifications in order, and the tracking record.
        """
        if strtobool(env.get(_DB_FUNCTIONS) or "no"):
            raise UnsafeSetting(f"unset {_DB_FUNCTIONS}: with it, facts can be missed")
        if env.get(InfrastructureFactory.PERSISTENCE_MODULE):
            return super().construct_factory(env)
        return PostgresFactory(env, self.engine)

    def construct_mapper(self) -> Mapper[str]:
        """Return the mapper between facts and their published bytes."""
        return FactMapper(self.construct_transcoder())

    def as_stored(self, recorded: Recorded) -> StoredFact:
        """Return `recorded` as it will be stored and published.

        Raises:
            FactTooLarge: No topic would take it.
        """
        stored = cast("StoredFact", self.mapper.to_stored_event(recorded))
        refuse_too_large(stored)
        return stored

    def append(self, stored: Sequence[StoredFact], db: Connection) -> None:
        """Append `stored` in the transaction of `db`.

        Raises:
            RecordConflictError: Another writer took a version; the transaction is lost.
        """
        self.recorder.insert_events(stored, connection=db)

    def facts_of(
        self, after: Mapping[str, int], db: Connection
    ) -> Mapping[str, Sequence[Recorded]]:
        """Return the facts of many streams, each after a version of its own.

        Shape: streams that have none are left out; each by version.

        Raises:
            UnknownTypeError: A stored type or version is not known to this code.
        """
        found: dict[str, list[Recorded]] = defaultdict(list)
        if isinstance(self.recorder, PostgresRecorder):
            for stored in select_streams(after, db):
                fact = cast("Recorded", self.mapper.to_domain_event(stored))
                found[fact.stream_id].append(fact)
        else:
            for stream_id, version in after.items():
                facts = self.events.get(stream_id, gt=version)
                found[stream_id].extend(cast("Recorded", fact) for fact in facts)
        return {stream_id: facts for stream_id, facts in found.items() if facts}
