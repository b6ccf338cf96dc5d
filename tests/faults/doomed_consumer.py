"""A consumer of real parts that is killed or frozen at one step of its n-th batch.

`python -m tests.faults.doomed_consumer DATABASE_URL KAFKA TOPIC [STEP SIGNAL N]`; with
DAWDLES for a signal it rests there every n-th time, and no rebalance waits for it.
"""

import asyncio
import functools
import logging
import signal
import sys
from collections.abc import Sequence

import pytest
from faststream.kafka import KafkaBroker
from sqlalchemy import Connection, text

from kit.consumers import consumption, subscriber
from kit.consumers.failures import Fenced
from kit.consumers.inbox import Applied, Inbox
from kit.consumers.letters import Bury
from kit.consumers.records import Handler, Received, Record
from kit.database import driver
from tests.faults.arrivals import arrive
from tests.faults.doom import Dawdling, Doom
from tests.faults.ground import Ground

BEFORE = "with a batch in hand, before its transaction"
COPYING = "in the middle of a COPY"
INSIDE = "after the handler, before the database's commit"
AFTER = "after the database's commit, before Kafka's"

DAWDLES = "dawdles"
LATE = "the late write was fenced"

SHORT_SESSION = {"session_timeout_ms": 2_000, "heartbeat_interval_ms": 200}
SMALL_BATCH = 10


class DoomedInbox(Inbox):
    doom: Doom

    def __init__(self, ground: Ground, doom: Doom) -> None:
        super().__init__(ground.engine, ground.group)
        object.__setattr__(self, "doom", doom)

    def apply(
        self, batch: Sequence[Record], handler: Handler, believed: int, bury: Bury
    ) -> Applied:
        self.doom.at(BEFORE)
        try:
            done = super().apply(batch, handler, believed, bury)
        except Fenced:
            logging.getLogger(__name__).warning(LATE)
            raise
        self.doom.at(AFTER)
        return done


def copy_in_part(db: Connection, doom: Doom) -> None:
    """Copy a row to where nobody looks, with a rest in the middle."""
    db.execute(text("CREATE TEMP TABLE copied (word text) ON COMMIT DROP"))
    with driver(db).cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
        copy.write_row(["half"])
        doom.at(COPYING)


async def main(ground: Ground, doom: Doom) -> None:
    logging.basicConfig(level=logging.INFO)
    short = functools.partialmethod(KafkaBroker.subscriber, **SHORT_SESSION)
    patch = pytest.MonkeyPatch()
    patch.setattr(KafkaBroker, "subscriber", short)
    patch.setattr(subscriber, "MAX_RECORDS", SMALL_BATCH)
    if isinstance(doom, Dawdling):
        patch.setattr(consumption, "DRAIN_S", 0)

    def handler(batch: Sequence[Received], db: Connection) -> None:
        copy_in_part(db, doom)
        arrive(batch, db)
        doom.at(INSIDE)

    inbox = DoomedInbox(ground, doom)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with subscriber.consume(ground.kafka, inbox, {ground.topic: handler}):
        await stop.wait()


if __name__ == "__main__":
    url, kafka, topic, *fate = sys.argv[1:]
    step, how, times = fate or ("never", "SIGKILL", "1")
    met = Doom(step, signal.SIGKILL, int(times))
    if how == DAWDLES:
        met = Dawdling(step, signal.SIGKILL, int(times))
    else:
        met.signal = signal.Signals[how]
    asyncio.run(main(Ground(url, kafka, topic), met))
