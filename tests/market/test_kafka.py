from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from contracts.topics import TOPICS, Topic
from market.embedded.instance import Instance
from market.embedded.kafka import Kafka
from market.embedded.topics import create_topics


async def test_a_killed_broker_comes_back_with_all_that_it_acknowledged(
    own_kafka: Callable[[], Instance[Kafka]],
) -> None:
    kafka = own_kafka()
    create_topics(kafka.server.address, [Topic("orders.v1", partitions=1)])
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.server.address, acks="all", compression_type="zstd"
    ) as producer:
        await producer.send_and_wait("orders.v1", b"placed")

    kafka.kill()
    kafka.start()

    async with AIOKafkaConsumer(bootstrap_servers=kafka.server.address) as consumer:
        consumer.assign([TopicPartition("orders.v1", 0)])
        await consumer.seek_to_beginning()
        record = await consumer.getone()
    assert record.value == b"placed"


def test_topics_are_created_as_the_contracts_say_and_only_once(kafka: str) -> None:
    create_topics(kafka, TOPICS)
    assert create_topics(kafka, TOPICS) == []


def test_a_topic_that_would_lose_history_is_reported(kafka: str, new_topic: str) -> None:
    wanted = Topic(new_topic, partitions=8, settings={"retention.ms": "60000"})
    assert create_topics(kafka, [wanted]) == [
        f"{new_topic} has 4 partitions, not 8",
        f"{new_topic} has retention.ms=-1, not 60000",
    ]
