"""Performance's real parts on a database: rows of facts, streams, runs over them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine
from uuid_utils.compat import uuid7

from contracts.fact import Fact
from contracts.performance import StandingEvent
from kit.consumers.records import Received
from kit.database import connect, driver
from kit.eventstore.history import History
from kit.eventstore.requests import Answer
from kit.eventstore.streams import PostgresStreams, transact
from kit.process import prepare
from services.performance.adapters.appeals import checked_request
from services.performance.app import BLUEPRINT
from services.performance.commands import Appealing, Planning
from services.performance.consumers import OBLIGATIONS
from services.performance.model.policy import Policy, load_policies
from services.performance.runs import DayReviewed, Platform, review_until
from tests.performance.facts import accepted, placed, shipped
from tests.performance.world import AS_OF, DAY, HOUR, recorded


def new_id() -> UUID:
    return uuid7()


@dataclass
class Performance:
    """Facts go in as from Kafka; what it recorded can be looked at."""

    engine: Engine
    streams: PostgresStreams
    heard: int = 0

    def hear(
        self, facts: Iterable[Fact], *, late: timedelta = timedelta()
    ) -> Sequence[Received]:
        """Take facts that were recorded so much later than they happened."""
        return self.take(self.told_by(facts, late=late))

    def told_by(
        self, facts: Iterable[Fact], *, late: timedelta = timedelta()
    ) -> Sequence[Received]:
        """Facts as they come, each at the next place of its source's history."""
        told = [
            replace(
                one,
                envelope=one.envelope.model_copy(
                    update={"id": UUID(int=self.heard + place), "pos": self.heard + place}
                ),
            )
            for place, one in enumerate(recorded((fact, late) for fact in facts), 1)
        ]
        self.heard += len(told)
        return told

    def take(self, told: Sequence[Received]) -> Sequence[Received]:
        """Let facts be applied, as when they come from Kafka."""
        with self.engine.begin() as db:
            OBLIGATIONS.handler(told, db)
        return told

    def review(
        self,
        as_of: datetime,
        known_at: datetime | None = None,
        policies: Sequence[Policy] | None = None,
    ) -> list[DayReviewed]:
        platform = Platform(self.engine, self.streams, policies or load_policies())
        return [*review_until(as_of.date(), as_of, platform, known_at)]

    def ask(self, command: Planning | Appealing) -> Answer:
        return transact(self.streams, checked_request(command))

    def told(self, seller_id: str = "s-1") -> list[StandingEvent]:
        """All facts of a seller's standing, in order."""
        return [fact for _, fact in self.told_with_ids(seller_id)]

    def told_with_ids(self, seller_id: str = "s-1") -> list[tuple[str, StandingEvent]]:
        name = f"standing-{seller_id}"
        with self.engine.connect() as db:
            found = self.streams.history.facts_of({name: 0}, db).get(name, ())
        return [(str(one.event_id), one.fact) for one in found]  # type: ignore[misc]  # its own

    def count(self) -> int:
        with self.engine.connect() as db:
            found = driver(db).execute("SELECT count(*) FROM events").fetchone()
        return found[0] if found else 0


@contextmanager
def performance_on(database: str) -> Iterator[Performance]:
    """Performance on `database`, prepared as its process does it."""
    engine = connect(database)
    prepare(engine, BLUEPRINT)
    streams = PostgresStreams(History(engine), BLUEPRINT.projections, new_id, lambda: AS_OF)
    yield Performance(engine, streams)
    engine.dispose()


def orders(
    count: int = 20, late: int = 8, seller_id: str = "s-1", day: int = 0
) -> list[Fact]:
    """So many orders, accepted in time; the first of them are shipped too late."""
    told = list[Fact]()
    for n in range(count):
        order, at = f"o-{n}", AS_OF + day * DAY - 12 * DAY + n * HOUR
        left = at + (6 if n < late else 2) * DAY
        shipment = shipped(left, tracking_number="1Z9").model_copy(
            update={"order_id": order}
        )
        told += [placed(order, at), accepted(at + HOUR, order), shipment]
    return [fact.model_copy(update={"seller_id": seller_id}) for fact in told]
