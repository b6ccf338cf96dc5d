"""Traces and metrics: OpenTelemetry, exported where a collector is named, quiet otherwise.

The context of a request is stored beside the facts it led to (`traceparent`), travels in
their Kafka headers, and every consumer's span links back to it.
"""

from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from sqlalchemy import Engine

from kit.relay.outbox import log_state

_EVERY_MS: Final = 15_000
MOST_LINKS: Final = 10_000
"""A consumer's span links what led to each record of its batch."""


def start_telemetry(service: str, collector: str | None) -> None:
    """Set up tracing and metrics for this process, once, before anything is measured.

    Shape: `collector` is an OTLP/HTTP address such as `http://host:4318`; without one
        metrics are answered at `/metrics` alone and spans are only passed on.
    """
    resource = Resource.create({"service.name": service})
    tracing = TracerProvider(
        resource=resource,
        sampler=DEFAULT_ON if collector else ALWAYS_OFF,  # off, the context travels on
        span_limits=SpanLimits(max_links=MOST_LINKS),
    )
    readers: list[MetricReader] = [PrometheusMetricReader()]
    if collector:
        spans, measured = _exporters(collector.rstrip("/"))
        tracing.add_span_processor(BatchSpanProcessor(spans))
        readers.append(
            PeriodicExportingMetricReader(measured, export_interval_millis=_EVERY_MS)
        )
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider(readers, resource=resource))


def _exporters(collector: str) -> tuple[SpanExporter, MetricExporter]:
    """Return what sends to `collector`; its library is loaded only where there is one."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415 - see above
        OTLPMetricExporter,
    )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - see above
        OTLPSpanExporter,
    )

    return (
        OTLPSpanExporter(endpoint=f"{collector}/v1/traces"),
        OTLPMetricExporter(endpoint=f"{collector}/v1/metrics"),
    )


def stop_telemetry() -> None:
    """Send what is still held back."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        if isinstance(provider, TracerProvider | MeterProvider):
            provider.shutdown()


def observe_history(engine: Engine) -> None:
    """Measure, whenever metrics are read, what waits for a position and for Kafka."""
    meter = metrics.get_meter(__name__)

    def unnumbered(_: CallbackOptions) -> list[Observation]:
        return [Observation(log_state(engine).pending)]

    def unpublished(_: CallbackOptions) -> list[Observation]:
        state = log_state(engine)
        return [Observation(state.head - state.published)]

    meter.create_observable_gauge(
        "relay.unnumbered", [unnumbered], "{fact}", "Facts committed that have no pos yet"
    )
    meter.create_observable_gauge(
        "relay.unpublished", [unpublished], "{fact}", "Facts with a pos, not yet in Kafka"
    )
