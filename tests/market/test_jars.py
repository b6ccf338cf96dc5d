"""Kafka's jars come whole or not at all. No network is needed: none of these may use it."""

import shutil
from pathlib import Path

import pytest

from market.embedded.jars import KAFKA, kafka_jars
from market.errors import StartError


@pytest.fixture
def jars() -> list[Path]:
    """Those that this user has; fetched now, if this is the first time."""
    return kafka_jars()


@pytest.fixture
def empty_cache(jars: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it, on a machine without a network."""
    assert jars
    monkeypatch.setenv("MARKET_CACHE", str(tmp_path))
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")
    return tmp_path / f"kafka-{KAFKA}"


def test_what_is_cached_needs_no_network(jars: list[Path], empty_cache: Path) -> None:
    copy(jars, empty_cache)
    assert [jar.name for jar in kafka_jars()] == [jar.name for jar in jars]


def test_a_download_that_fails_says_what_to_do_and_leaves_nothing(
    empty_cache: Path,
) -> None:
    with pytest.raises(
        StartError, match=r"(?s)could not be fetched.*KAFKA_BOOTSTRAP_SERVERS"
    ):
        kafka_jars()
    assert [left.name for left in empty_cache.parent.iterdir()] == [f"kafka-{KAFKA}.lock"]


def test_a_damaged_jar_is_not_run(jars: list[Path], empty_cache: Path) -> None:
    copy(jars, empty_cache)
    (empty_cache / jars[0].name).write_bytes(b"half of a j")
    with pytest.raises(StartError, match="could not be fetched"):
        kafka_jars()


def copy(jars: list[Path], folder: Path) -> None:
    folder.mkdir()
    for jar in jars:
        shutil.copyfile(jar, folder / jar.name)
