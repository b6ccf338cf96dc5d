"""Topics as contracts/topics.py wants them: created where missing, compared where not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from contracts.topics import Topic
from market.errors import StartError
from market.waiting import PAUSE_S

T = TypeVar("T")


def broker_answers(bootstrap_servers: str) -> bool:
    """Return whether a broker there says who it is."""
    host, _, port = bootstrap_servers.partition(",")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
        brokers = _ask(bootstrap_servers, lambda admin: admin.describe_cluster())
    except (OSError, KafkaError):
        return False
    return bool(brokers["brokers"])


_MOST_REPLICAS: Final = 3


def create_topics(bootstrap_servers: str, topics: Sequence[Topic]) -> list[str]:
    """Create those of `topics` that are missing; say how the others are not as they should.

    Safe to repeat.

    Raises:
        StartError: The broker cannot be reached, or refused one.
    """
    try:
        return _ask(bootstrap_servers, lambda admin: _bring_about(admin, topics))
    except KafkaError as why:
        raise StartError(
            f"the topics could not be created at {bootstrap_servers} ({why}): see whether "
            "KAFKA_BOOTSTRAP_SERVERS names a broker that runs and lets us in"
        ) from why


async def _bring_about(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[str]:
    brokers = (await admin.describe_cluster())["brokers"]
    replicas = min(_MOST_REPLICAS, len(brokers))
    wanted = [
        NewTopic(t.name, t.partitions, replicas, topic_configs=dict(t.settings))
        for t in topics
    ]
    answer = await admin.create_topics(wanted)
    failed = {
        name: for_code(code)(f"{name}: {said}")
        for name, code, said in answer.topic_errors
        if code
    }
    for why in failed.values():
        if not isinstance(why, TopicAlreadyExistsError):
            raise why
    partitions = await _led(admin, [topic.name for topic in topics])
    others = [topic for topic in topics if topic.name in failed]
    counts = [d for t in others for d in _partitions(t, partitions[t.name])]
    return counts + [d for t in others for d in await _settings(admin, t)]


async def _led(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """Return how many partitions each has, once every one of them has its leader."""
    while True:
        found = await admin.describe_topics(list(names))
        parts = [part for topic in found for part in topic["partitions"]]
        if all(t["partitions"] for t in found) and all(p["leader"] >= 0 for p in parts):
            return {topic["topic"]: len(topic["partitions"]) for topic in found}
        await asyncio.sleep(PAUSE_S)


def _partitions(topic: Topic, there: int) -> list[str]:
    if there == topic.partitions:
        return []
    return [f"{topic.name} has {there} partitions, not {topic.partitions}"]


async def _settings(admin: AIOKafkaAdminClient, topic: Topic) -> list[str]:
    asked = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    [answer] = await admin.describe_configs([asked])
    there = {name: value for name, value, *_ in answer.resources[0][4]}
    return [
        f"{topic.name} has {name}={there.get(name)}, not {value}"
        for name, value in topic.settings.items()
        if there.get(name) != value
    ]


@asynccontextmanager
async def _admin(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap_servers, request_timeout_ms=20_000
    )
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


def _ask(
    bootstrap_servers: str, question: Callable[[AIOKafkaAdminClient], Awaitable[T]]
) -> T:
    """Put `question` in an event loop of its own, whether or not one runs here."""

    async def put() -> T:
        async with _admin(bootstrap_servers) as admin:
            return await question(admin)

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(put())).result()
