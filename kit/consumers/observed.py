"""What consuming shows to those who run it: a span per batch, and figures."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from opentelemetry import metrics, propagate, trace
from opentelemetry.trace import Span, SpanKind

from kit.consumers.inbox import Applied
from kit.consumers.records import Record

_CONTEXT: Final = "traceparent"

_tracer: Final = trace.get_tracer(__name__)
_meter: Final = metrics.get_meter(__name__)
_seconds: Final = _meter.create_histogram(
    "consumer.batch.duration", "s", "Time to apply one batch of one partition"
)
_applied: Final = _meter.create_counter(
    "consumer.records.applied", "{record}", "Facts given to a handler and committed"
)
_repeated: Final = _meter.create_counter(
    "consumer.records.repeated", "{record}", "Records dropped because they were known"
)
_parked: Final = _meter.create_counter(
    "consumer.records.parked", "{record}", "Events parked, and those queued behind them"
)
_dead: Final = _meter.create_counter(
    "consumer.records.dead", "{record}", "Records that are no event"
)
_fenced: Final = _meter.create_counter(
    "consumer.batches.fenced", "{batch}", "Batches of an owner that was not one any more"
)
_retried: Final = _meter.create_counter(
    "consumer.batches.retried", "{batch}", "Batches put off because something was away"
)
_lag: Final = _meter.create_gauge(
    "consumer.lag", "{record}", "Records of a partition that are not applied yet"
)


@contextmanager
def observed(group: str, batch: Sequence[Record]) -> Iterator[None]:
    """Apply `batch` inside a span that links what caused each record, and time it."""
    first = batch[0]
    about = _about(group, first.topic, first.partition)
    began = perf_counter()
    with _tracer.start_as_current_span(
        f"{first.topic} process", kind=SpanKind.CONSUMER, attributes=about
    ) as span:
        if span.is_recording():
            link_causes(span, batch)
        yield
    _seconds.record(perf_counter() - began, about)


def count(group: str, topic: str, partition: int, applied: Applied) -> None:
    """Count what became of a batch."""
    about = _about(group, topic, partition)
    for counter, number in (
        (_applied, applied.applied),
        (_repeated, applied.repeated),
        (_parked, applied.parked),
        (_dead, applied.dead),
    ):
        if number:
            counter.add(number, about)


def count_fenced(group: str, topic: str, partition: int) -> None:
    """Count a batch that was rolled back because its owner was stale."""
    _fenced.add(1, _about(group, topic, partition))


def count_retried(group: str, topic: str, partition: int) -> None:
    """Count a batch that will be tried again after a pause."""
    _retried.add(1, _about(group, topic, partition))


def show_lag(group: str, topic: str, partition: int, records: int) -> None:
    """Set how many records of the partition are not applied yet."""
    _lag.set(records, _about(group, topic, partition))


def _about(group: str, topic: str, partition: int) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.consumer.group.name": group,
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
    }


def link_causes(span: Span, batch: Sequence[Record]) -> None:
    """Link every context that led to a record of `batch`, each once."""
    span.set_attribute("messaging.batch.message_count", len(batch))
    contexts = {
        value: None for each in batch for name, value in each.headers if name == _CONTEXT
    }
    for context in contexts:
        carrier = {_CONTEXT: (context or b"").decode("latin-1")}
        cause = trace.get_current_span(propagate.extract(carrier)).get_span_context()
        if cause.is_valid:
            span.add_link(cause)
