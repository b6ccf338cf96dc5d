"""The context of a request travels with its facts, to every consumer's span."""

import subprocess
import sys
from collections.abc import Iterator
from typing import cast

import pytest
from confluent_kafka import Consumer, Message
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Engine

from kit.consumers.observed import observed
from kit.database import connect
from kit.eventstore.history import History
from kit.eventstore.records import Recorded
from kit.eventstore.streams import PostgresStreams
from kit.process import prepare
from kit.relay.leadership import Leadership
from kit.relay.outbox import Outbox
from kit.relay.publisher import Publisher
from kit.serving import build
from services.orders.app import BLUEPRINT
from services.orders.handlers import to_request
from tests.kit.consumers.records import ARecord
from tests.kit.test_streams import PLACE, new_id
from tests.orders.test_api import PLACE as A_PLACING
from tests.samples import FRIDAY
from tests.tokens import asking, settings


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def engine(fresh_database: str) -> Iterator[Engine]:
    engine = connect(fresh_database)
    prepare(engine, BLUEPRINT)
    yield engine
    engine.dispose()


def record_in_a_span(engine: Engine) -> int:
    """Place an order while a request is served, and return the trace it is part of."""
    streams = PostgresStreams(History(engine), [], new_id, lambda: FRIDAY)
    with trace.get_tracer("test").start_as_current_span("a request") as request:
        streams.submit([to_request(PLACE)])
    return request.get_span_context().trace_id


async def publish(engine: Engine, kafka: str, topic: str) -> None:
    with Leadership(engine) as leadership:
        assert leadership.claim()
        outbox = Outbox(engine, leadership.epoch)
        outbox.sequence(10)
        async with Publisher(kafka, topic, "orders") as publisher:
            await publisher.publish(outbox.fetch(0, 10))


def read_one(kafka: str, topic: str) -> Message:
    consumer = Consumer(
        {"bootstrap.servers": kafka, "group.id": topic, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    try:
        found = consumer.poll(30)
        assert found is not None
        assert found.error() is None
        return found
    finally:
        consumer.close()


async def test_a_consumers_span_links_to_the_request_that_led_to_the_fact(
    engine: Engine, kafka: str, new_topic: str, spans: InMemorySpanExporter
) -> None:
    request = record_in_a_span(engine)
    await publish(engine, kafka, new_topic)
    message = read_one(kafka, new_topic)
    arrived = ARecord(0, message.value(), message.headers() or [])

    with observed("performance", [arrived]):
        pass

    (applied,) = [s for s in spans.get_finished_spans() if s.name == "orders.v1 process"]
    assert [link.context.trace_id for link in applied.links] == [request]


@pytest.mark.usefixtures("spans")
def test_the_trace_of_an_http_request_is_the_one_that_its_facts_carry(
    fresh_database: str,
) -> None:
    caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"Idempotency-Key": "k-1", "traceparent": caller}
    with asking(build(BLUEPRINT, settings(fresh_database))) as http:
        http.post("/orders", json=A_PLACING, headers=headers)
        (stored,) = History(http.app.state.engine).events.get("order-o-1")  # type: ignore[attr-defined]  # FastAPI's own

    assert (
        cast("Recorded", stored).meta["traceparent"].split("-")[1] == caller.split("-")[1]
    )


@pytest.mark.parametrize("collector", [None, "http://127.0.0.1:1"])
def test_what_sends_to_a_collector_is_loaded_where_there_is_one(
    collector: str | None,
) -> None:
    code = (
        "import sys; import services.orders.app; "
        "from kit.telemetry import start_telemetry; "
        f"start_telemetry('orders', {collector!r}); "
        "print('opentelemetry.exporter.otlp' in sys.modules, flush=True); "
        "import os; os._exit(0)"  # sends nothing
    )

    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == str(collector is not None)
