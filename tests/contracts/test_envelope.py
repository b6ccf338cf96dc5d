import pytest
from pydantic import ValidationError

from contracts.envelope import Envelope
from tests.samples import PLACED, received

ENVELOPE = received(PLACED, pos=7).envelope


def test_an_envelope_is_what_its_headers_say() -> None:
    headers = {**ENVELOPE.headers(), "traceparent": "not ours"}

    assert Envelope.parse(headers) == ENVELOPE


def test_an_envelope_is_read_from_the_bytes_of_a_record() -> None:
    headers = [(name, value.encode()) for name, value in ENVELOPE.headers().items()]

    assert Envelope.read(headers) == ENVELOPE


def test_headers_are_those_of_a_cloud_event() -> None:
    assert ENVELOPE.headers() == {
        "ce_specversion": "1.0",
        "ce_id": "00000000-0000-0000-0000-000000000007",
        "ce_type": "orders.order-placed.v1",
        "ce_source": "orders",
        "ce_time": "2026-03-06T18:00:00Z",
        "ce_recordedtime": "2026-03-06T18:00:00Z",
        "ce_subject": "order-o-1",
        "ce_sequence": "7",
        "ce_pos": "7",
        "ce_partitionkey": "s-1",
        "content-type": "application/json",
    }


def test_who_asked_for_a_fact_is_among_its_headers() -> None:
    asked = ENVELOPE.model_copy(update={"actor": "seller:s-1"})

    assert asked.headers() == ENVELOPE.headers() | {"ce_actor": "seller:s-1"}
    assert Envelope.parse(asked.headers()) == asked


@pytest.mark.parametrize("name", [name for name in ENVELOPE.headers() if name[:3] == "ce_"])
def test_a_missing_header_is_refused_by_name(name: str) -> None:
    headers = ENVELOPE.headers()
    del headers[name]
    if name == "ce_specversion":
        assert Envelope.parse(headers) == ENVELOPE  # there is only one
        return

    with pytest.raises(ValidationError, match=name.removeprefix("ce_")):
        Envelope.parse(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", "0.3"),
        ("ce_id", "seven"),
        ("ce_time", "2026-03-06T18:00:00"),
        ("ce_pos", "seven"),
        ("ce_sequence", "1.5"),
    ],
)
def test_a_header_that_is_not_what_it_should_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name.removeprefix("ce_")):
        Envelope.parse({**ENVELOPE.headers(), name: value})
