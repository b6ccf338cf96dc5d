"""A relay of real parts that is killed or frozen at one step of its third batch.

`python -m tests.faults.doomed_relay DATABASE_URL KAFKA TOPIC [STEP SIGNAL]`
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest

from kit.relay import relay
from kit.relay.leadership import Leadership
from kit.relay.outbox import Outbox, Outgoing
from kit.relay.publisher import Publisher
from tests.faults.doom import Doom
from tests.faults.ground import Ground

STEPS = (
    "before numbering",
    "after numbering, before fetching",
    "after fetching, before sending",
    "in the Kafka transaction, before its commit",
    "after Kafka's commit, before the cursor moves",
    "after the cursor moved",
)


def doomed_outbox(doom: Doom) -> type[Outbox]:
    class DoomedOutbox(Outbox):
        def sequence(self, limit: int) -> int:
            doom.at("before numbering")
            numbered = super().sequence(limit)
            if numbered:
                doom.at("after numbering, before fetching")
            return numbered

        def advance(self, published: int, to: int) -> None:
            super().advance(published, to)
            doom.at("after the cursor moved")

    return DoomedOutbox


class TalkingLeadership(Leadership):
    def claim(self) -> bool:
        led = super().claim()
        logging.getLogger(__name__).info("asked to lead: %s", led)
        return led


class DoomedPublisher(Publisher):
    doom: Doom

    async def start(self) -> None:
        await super().start()
        producer = self._producer
        if producer is not None:
            commit = producer.commit_transaction

            async def commit_transaction() -> None:
                self.doom.at("in the Kafka transaction, before its commit")
                await commit()

            producer.commit_transaction = commit_transaction

    async def publish(self, batch: Sequence[Outgoing]) -> None:
        self.doom.at("after fetching, before sending")
        await super().publish(batch)
        self.doom.at("after Kafka's commit, before the cursor moves")


async def main(url: str, kafka: str, topic: str, step: str, fate: str) -> None:
    logging.basicConfig(level=logging.INFO)
    doom = Doom(step, signal.Signals[fate])
    pytest.MonkeyPatch().setattr(relay, "Outbox", doomed_outbox(doom))
    pytest.MonkeyPatch().setattr(relay, "Leadership", TalkingLeadership)
    publisher = DoomedPublisher(kafka, topic, "faults")
    publisher.doom = doom
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await replace(Ground(url, kafka, topic).relay(), publisher=publisher).run(stop)


if __name__ == "__main__":
    url, kafka, topic, *fate = sys.argv[1:]
    step, how = fate or ("never", "SIGKILL")
    asyncio.run(main(url, kafka, topic, step, how))
