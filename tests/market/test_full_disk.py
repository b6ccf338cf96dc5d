"""A disk without room: said at once, in words that name the remedy."""

from pathlib import Path

import pytest

from market.embedded.failures import ensure_space, explain
from market.errors import StartError


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"no space left .* MARKET_HOME"):
        ensure_space(tmp_path, megabytes=10**9)
    ensure_space(tmp_path, megabytes=0)


def test_a_disk_that_runs_full_meanwhile_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as full:
        Path("/dev/full").write_text("x" * 10_000)
    said = explain("Kafka could not be set up", full.value, tmp_path)
    assert said.startswith("Kafka could not be set up: no space left")
    assert "MARKET_HOME" in said
