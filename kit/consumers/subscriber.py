"""The one way in from Kafka that a service needs: `consume`."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from faststream import AckPolicy
from faststream.kafka import KafkaBroker, annotations
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.kafka.schemas import Topic

from kit.consumers.consumption import Consumption
from kit.consumers.inbox import Inbox
from kit.consumers.records import Handler

_log: Final = logging.getLogger(__name__)

MAX_RECORDS: Final = 8_000
"""What one poll hands over, of all partitions: the most that one transaction applies."""
PARTITION_BYTES: Final = 2**20
"""What one fetch brings of a partition: with it memory is bounded, whatever the backlog."""


async def raw(message: tuple[Any, ...]) -> KafkaMessage:
    """Leave the records alone: what can't be read is the inbox's to keep, not to lose.

    FastStream's own parser loses a batch that has a header which is not UTF-8, and answers
    records that ask for a reply.
    """
    return KafkaMessage(raw_message=message, body=b"", consumer=FAKE_CONSUMER)


async def undecoded(message: KafkaMessage) -> Any:  # noqa: ANN401 - FastStream's own type
    """Leave the bytes alone, too."""
    return message.body


def consume(
    bootstrap_servers: str, inbox: Inbox, handlers: Mapping[str, Handler]
) -> Consumption:
    """Return what feeds `inbox` from the topics of `handlers`, not started.

    Shape: `handlers` by topic. The facts of one partition come in order, those of several
        at the same time, each to a call and a transaction of its own.
    """
    broker = KafkaBroker(bootstrap_servers, logger=_log, log_level=logging.DEBUG)
    consumption = Consumption(bootstrap_servers, inbox, handlers)
    # MANUAL, and never an `ack`: the other policies commit past a batch that raised or
    # repeat a bad one for ever, and `ack` commits every partition. The place that counts
    # is the inbox's. Topics are their owner's to declare, with settings that keep history.
    subscriber = broker.subscriber(
        *(Topic(name, declare=False) for name in handlers),
        group_id=inbox.group,
        batch=True,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        listener=consumption,
        parser=raw,
        decoder=undecoded,
        no_reply=True,
        max_records=MAX_RECORDS,
        max_partition_fetch_bytes=PARTITION_BYTES,
        heartbeat_interval_ms=1_000,
    )

    @subscriber
    async def on_batch(message: annotations.KafkaMessage) -> None:
        await consumption.take(message.raw_message)

    consumption.attach(broker, subscriber)
    return consumption
