"""What `market replay` shows of an answer, and when it fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.market.answering import Service, answering

ASKED = ("replay", "acceptance.timely", "--as-of", "2026-04-01T00:00:00Z")
CARD = {"window_days": 30, "due": 20, "kept": 19, "rate": 0.95, "level": "warn"}


def answer(*differences: dict[str, Any], sellers: int = 2) -> dict[str, Any]:
    counted = {"sellers": sellers, "due": 20 * sellers, "kept": 19 * sellers}
    return {
        "metric": "acceptance.timely",
        "policy": "2026-01",
        "ends": {"orders.v1": {"0": 12, "2": 7}},
        "replayed": counted,
        "live": counted,
        "differ": len(differences),
        "differences": differences,
    }


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("MARKET_HOME", str(tmp_path))
    with answering(tmp_path) as found:
        yield found


def test_both_ways_of_counting_are_shown_and_how_far_was_read(service: Service) -> None:
    service.answer = answer()

    lines = service.lines(*ASKED)

    assert [line for line in lines if "│ t" in line] == [
        "│ topics │       2 │  40 │   38 │ 95.00% │",
        "│ tables │       2 │  40 │   38 │ 95.00% │",
    ]
    assert lines[-2:] == [
        "orders.v1: partition 0 read up to offset 12",
        "orders.v1: partition 2 read up to offset 7",
    ]


def test_a_seller_of_whom_they_differ_is_shown_and_fails(service: Service) -> None:
    service.answer = answer({"seller_id": "s-1", "replayed": CARD, "live": None})

    found = service.shown(*ASKED)

    assert found.exit_code == 1
    assert (
        "│ s-1       │ topics │          30 │  20 │   19 │ 95.00% │ warn  │" in found.stdout
    )
    assert "of 1 seller the tables don't say what the topics say" in found.stderr


def test_of_a_time_before_anything_was_due_it_is_said(service: Service) -> None:
    service.answer = answer(sellers=0)

    found = service.shown(*ASKED)

    assert (found.exit_code, "nothing of acceptance.timely was due" in found.stderr) == (
        0,
        True,
    )


def test_no_id_is_taken_for_a_command_by_a_terminal(service: Service) -> None:
    odd = {"seller_id": "s-1\x1b[2J", "replayed": CARD, "live": CARD}
    service.answer = answer(odd)

    found = service.shown(*ASKED)

    assert "\x1b" not in found.stdout
    assert "s-1\N{REPLACEMENT CHARACTER}[2J" in found.stdout
