"""Load, decide, append: the only way a stream grows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, ParamSpec, Protocol, TypeAlias, TypeVar
from uuid import UUID

from eventsourcing.persistence import RecordConflictError
from opentelemetry import metrics, propagate
from psycopg.errors import DiskFull
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from tenacity import (
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from kit.database import driver, passing
from kit.eventstore.history import History
from kit.eventstore.premises import Untold, hold, unmet
from kit.eventstore.records import Recorded
from kit.eventstore.requests import (
    Answer,
    AnyRequest,
    Preview,
    answer_again,
    find_answers,
    keep_answers,
)
from kit.eventstore.work import Work

P = ParamSpec("P")
T = TypeVar("T")

Projection: TypeAlias = Callable[[Sequence[Recorded], Connection], None]

TRIES: Final = 3
"""How often a request is decided before it gives way to other writers."""

_meter = metrics.get_meter(__name__)
_appended = _meter.create_counter("eventstore.appended", "{fact}", "Facts appended")
_conflicts = _meter.create_counter(
    "eventstore.conflicts", "{try}", "Lost to another writer"
)


class StreamConflict(Exception):  # noqa: N818 - see kit.domain.Refused
    """Another writer appended first, three times in a row. Nothing was recorded."""


class StoreUnavailable(Exception):  # noqa: N818 - see kit.domain.Refused
    """The database did not answer for long. Ask again with the same idempotency key."""


class Streams(Protocol):
    """The event streams of one service: memory in tests, PostgreSQL in production.

    An implementation belongs in `tests/kit/test_streams.py`, beside the others.
    """

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        """Decide each request on what its stream holds by then, and append what follows.

        Blocks until the transaction has committed: when this returns, the facts are kept
        and will be published. Call it from a thread, never on an event loop.

        Shape: answers in the order of `requests`; those on one stream see each other.

        Raises:
            StreamConflict: Three other writers won; nothing is recorded, ask again later.
            StoreUnavailable: The database is away; nothing is known to be recorded.

        Emits: What the deciders return, in that order. One transaction holds the facts,
            their place in the outbox, the answers and the read models, or nothing.
            A refused request records nothing and hinders no other; one of which a fact
            would be larger than topics take is refused (FactTooLarge), and so is one that
            overlaps with what its caller had not seen (Changed).
        Safe to repeat: With a key, yes: the first answer is given again.
        Source: docs/architecture.md 3.
        """
        ...

    def preview(self, request: AnyRequest) -> Preview:
        """Return what `request` would do to what stands now. Nothing of it is kept.

        Raises:
            StoreUnavailable: The database is away.
        """
        ...

    def answered(self, request: AnyRequest) -> Answer | None:
        """Return what was answered under the key of `request`, or None if nothing was.

        Raises:
            StoreUnavailable: The database is away.
        """
        ...


def transact(streams: Streams, request: AnyRequest) -> Answer:
    """Submit one request.

    Raises:
        Refused: The state does not allow the command; nothing is recorded.
        StreamConflict: As `Streams.submit`; StoreUnavailable too.
    """
    (answer,) = streams.submit([request])
    if answer.refused is not None:
        raise answer.refused
    return answer


@dataclass(frozen=True, slots=True)
class PostgresStreams:
    """`Streams` on the service's own database.

    `new_id` makes time-ordered ids and `now` tells the moment of recording; both are given
    by the edge. `projections` are folded in the transaction that appends. `actor` asks
    where a request does not say who does: what others' facts, or the clock, make due.
    """

    history: History
    projections: Sequence[Projection]
    new_id: Callable[[], UUID]
    now: Callable[[], datetime]
    patience_s: float = 10.0
    actor: str | None = None

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        """Decide and append.

        Raises:
            StreamConflict: As `Streams.submit`.
            StoreUnavailable: As `Streams.submit`, after `patience_s`.
        """
        return self._available(self._decide_again, requests)

    def join(self, requests: Sequence[AnyRequest], db: Connection) -> Sequence[Answer]:
        """Decide and append in the transaction of `db`, with what else is done there.

        Nothing is kept, or seen by others, before that one commits. What an answer says is
        true only then.

        Raises:
            StreamConflict: As `Streams.submit`; the transaction may go on, without any of
                `requests`.
        """
        return self._contended(self._in_savepoint, requests, db)

    def within(self, db: Connection) -> Streams:
        """Return these streams in the transaction of `db`: to submit there is to `join`."""
        return _Within(self, db)

    def together(self, work: Callable[[Connection, Streams], T]) -> T:
        """Do `work` in one transaction: all that it submits is kept, or with an error none.

        `work` is done again while the database is away, and when nobody knows whether it
        was kept: it must be safe to repeat.

        Raises:
            StreamConflict: As `Streams.submit`.
            StoreUnavailable: As `submit`.
        """

        def once() -> T:
            with self.history.engine.begin() as db:
                return work(db, self.within(db))

        return self._available(once)

    def preview(self, request: AnyRequest) -> Preview:
        """Decide, and keep nothing.

        Raises:
            StoreUnavailable: As `Streams.preview`, after `patience_s`.
        """
        return self._available(self._look_ahead, request)

    def answered(self, request: AnyRequest) -> Answer | None:
        """Look up what was answered before.

        Raises:
            StoreUnavailable: As `Streams.answered`, after `patience_s`.
        """
        return self._available(self._look_back, request)

    def _in_savepoint(
        self, requests: Sequence[AnyRequest], db: Connection
    ) -> Sequence[Answer]:
        with db.begin_nested():
            answers, recorded = self._in_transaction(requests, db)
        _appended.add(len(recorded))
        return answers

    def look_ahead(self, request: AnyRequest, db: Connection) -> Preview:
        """Decide on what `db` sees, and keep nothing."""
        work = Work(self.history, db, self.new_id, self.now())
        work.load([request])
        return work.preview(request)

    def _look_ahead(self, request: AnyRequest) -> Preview:
        with self.history.engine.connect() as db:
            return self.look_ahead(request, db)

    def _look_back(self, request: AnyRequest) -> Answer | None:
        with self.history.engine.connect() as db:
            return answer_again(request, find_answers([request], db))

    def _decide_again(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        return self._contended(self._once, requests)

    @staticmethod
    def _contended(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work`, again if another writer appended first.

        Raises:
            StreamConflict: That happened `TRIES` times.
        """
        again = Retrying(
            retry=retry_if_exception_type(RecordConflictError),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(0.005, max=0.1),
            before_sleep=lambda _: _conflicts.add(1),
            reraise=True,
        )
        try:
            return again(work, *args, **kwargs)
        except RecordConflictError as lost:
            raise StreamConflict(f"other writers won {TRIES} times: ask again") from lost

    def _once(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        with self.history.engine.connect() as db:
            transaction = db.begin()
            answers, recorded = self._in_transaction(requests, db)
            try:
                transaction.commit()
            except Exception as lost:
                if not (passing(lost) and recorded and self._was_kept(recorded[0])):
                    raise  # to be done again: what was answered is found by its key
        _appended.add(len(recorded))
        return answers

    def _in_transaction(
        self, requests: Sequence[AnyRequest], db: Connection
    ) -> tuple[list[Answer], list[Recorded]]:
        hold(requests, db)
        given = find_answers(requests, db)
        work = Work(self.history, db, self.new_id, self.now(), self.actor, trace())
        work.load([r for r in requests if r.key not in given])
        answers, fresh, untold = [], [], Untold()
        for request in requests:
            answer = answer_again(request, given)
            if answer is None:
                if untold.matters_to(request):
                    self._keep(work, db)
                    untold.clear()
                answer = unmet(request, db) or work.decide(request)
                untold.note(request, work.last(answer.recorded))
                fresh.append((request, answer))
                if request.key is not None:
                    given[request.key] = request.digest, answer
            answers.append(answer)
        self._keep(work, db)
        work.keep_snapshots()
        if twins := find_answers([one for one, it in fresh if it.refused is not None], db):
            # Refused perhaps for what their own repeat, kept since, did: told as that was.
            told = zip(requests, answers, strict=True)
            answers = [answer_again(one, twins) or answer for one, answer in told]
            fresh = [(one, answer) for one, answer in fresh if one.key not in twins]
        keep_answers(fresh, work.at, db)
        return answers, work.recorded

    def _keep(self, work: Work, db: Connection) -> None:
        """Append and project what was recorded since this was last done."""
        if fresh := work.recorded[work.kept :]:
            self.history.append(work.stored[work.kept :], db)
            for project in self.projections:
                project(fresh, db)
        work.kept = len(work.recorded)

    def _was_kept(self, first: Recorded) -> bool:
        """Look up, after a commit of unknown outcome, whether it happened."""
        return self._patiently(_is_kept, self.history.engine, first.event_id)

    def _available(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` on a database that may be away for a moment.

        Raises:
            StoreUnavailable: It was for longer than patience lasts.
        """
        try:
            return self._patiently(work, *args, **kwargs)
        except Exception as error:
            if passing(error):
                raise StoreUnavailable(_remedy(error)) from error
            raise

    def _patiently(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work`, again for as long as the database is away and patience lasts."""
        again = Retrying(
            retry=retry_if_exception(passing),
            stop=stop_after_delay(self.patience_s),
            wait=wait_random_exponential(0.05, max=1),
            reraise=True,
        )
        return again(work, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class _Within:
    """`Streams` whose facts are kept, or undone, with somebody else's transaction."""

    streams: PostgresStreams
    db: Connection

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        """Decide and append; nothing is kept before the transaction commits.

        Raises:
            StreamConflict: As `Streams.submit`; the transaction may go on.
        """
        return self.streams.join(requests, self.db)

    def preview(self, request: AnyRequest) -> Preview:
        """Decide on what stands in the transaction, and keep nothing."""
        return self.streams.look_ahead(request, self.db)

    def answered(self, request: AnyRequest) -> Answer | None:
        """Look up what was answered before, in this transaction too."""
        return answer_again(request, find_answers([request], self.db))


def _remedy(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, DiskFull):
        return "the database has no space left: make room on its disk, then ask again"
    return "the database does not answer: ask again with the same idempotency key"


def _is_kept(engine: Engine, event_id: UUID) -> bool:
    with engine.connect() as db:
        sql = "SELECT 1 FROM events WHERE event_id = %s"
        return driver(db).execute(sql, (event_id,)).fetchone() is not None


def trace() -> Mapping[str, str]:
    """Return the context of the request that is being served, as it will travel."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier
