"""Where partitions end, whatever is committed of them yet."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition


class Ends:
    """A reader that only asks for ends, started by the first question.

    The group's own consumer reads what is committed, and a transaction's commit reaches a
    partition a moment after its writer was told. To it, the end would be before records
    that are surely coming; here they count.
    """

    def __init__(self, bootstrap_servers: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._reader: AIOKafkaConsumer | None = None
        self._starting = asyncio.Lock()

    async def of(
        self, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, int]:
        """Return the offset that the next record of each of `partitions` will get.

        Raises:
            KafkaError: The brokers don't say.
        """
        reader = await self._started()
        found: Mapping[TopicPartition, int] = await reader.end_offsets(list(partitions))
        return found

    async def close(self) -> None:
        """Stop the reader, if anybody ever asked."""
        async with self._starting:
            if self._reader is not None:
                await self._reader.stop()
                self._reader = None

    async def _started(self) -> AIOKafkaConsumer:
        async with self._starting:
            if self._reader is None:
                reader = AIOKafkaConsumer(bootstrap_servers=self._bootstrap_servers)
                try:
                    await reader.start()
                except BaseException:
                    await reader.stop()
                    raise
                self._reader = reader
            return self._reader
