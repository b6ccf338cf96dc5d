from dataclasses import replace

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import format_trace_id

from kit.consumers.observed import link_causes
from tests.kit.consumers.records import ARecord, record
from tests.samples import PLACED

ONE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def caused_by(context: bytes | None, offset: int) -> ARecord:
    plain = record(PLACED, offset)
    return replace(plain, headers=[*plain.headers, ("traceparent", context or b"")])


def test_a_batch_links_each_request_that_led_to_it_once() -> None:
    batch = [caused_by(ONE, 0), caused_by(ONE, 1), caused_by(OTHER, 2)]

    with TracerProvider().get_tracer("test").start_as_current_span("batch") as span:
        link_causes(span, batch)

    assert isinstance(span, ReadableSpan)
    assert [format_trace_id(link.context.trace_id) for link in span.links] == [
        "0af7651916cd43dd8448eb211c80319c",
        "4bf92f3577b34da6a3ce929d0e0e4736",
    ]
    assert dict(span.attributes or {})["messaging.batch.message_count"] == 3


def test_a_context_that_says_nothing_is_passed_over() -> None:
    batch = [caused_by(b"\xff", 0), caused_by(None, 1), record(PLACED, 2)]

    with TracerProvider().get_tracer("test").start_as_current_span("batch") as span:
        link_causes(span, batch)

    assert isinstance(span, ReadableSpan)
    assert list(span.links) == []
