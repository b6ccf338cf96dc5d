"""Which partition of a topic holds what is of one key."""

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=100_000)
def partition_of(key: str, partitions: int) -> int:
    """Return which of so many the default of Java's client and of aiokafka gives to `key`.

    librdkafka gives the same where its `partitioner` is `murmur2_random`.
    """
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)
