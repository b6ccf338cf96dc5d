"""The jars of Apache Kafka: fetched once per user, checked against known sums, shared."""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import Final

from filelock import FileLock

from market.embedded.failures import no_space_left
from market.errors import StartError

KAFKA: Final = "4.3.1"
_LOG4J: Final = "2.25.4"
_BROKER: Final = ("org.apache.kafka", "kafka_2.13", KAFKA)
_LOGGING: Final = ("org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J)
_SUMS: Final = Path(__file__).with_name("kafka-jars.sha256")


def cache_folder() -> Path:
    """Return where downloads are kept for all homes of this user: MARKET_CACHE, if set."""
    if given := os.environ.get("MARKET_CACHE"):
        return Path(given).expanduser().resolve()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "juniper-market"
    users = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(users) / "juniper-market"


def kafka_jars() -> list[Path]:
    """Return the jars that the broker runs from; the first call of a user downloads them.

    Safe to repeat: also by several programs at once, one downloads and the others wait.

    Raises:
        StartError: They could not be had, or are not what was published.
    """
    folder = cache_folder() / f"kafka-{KAFKA}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if _differing(folder):
                _fetch(folder)
    except OSError as why:
        raise StartError(_unfetched(folder, why)) from why
    return sorted(folder / name for name in known_sums())


def present() -> bool:
    """Return whether no download is needed."""
    folder = cache_folder() / f"kafka-{KAFKA}"
    return all((folder / name).exists() for name in known_sums())


def known_sums() -> Mapping[str, str]:
    """Return the SHA-256 of every jar, by file name, as they were when we chose them."""
    lines = (line.split() for line in _SUMS.read_text().splitlines())
    return {name: digest for digest, name in lines}


def _fetch(folder: Path) -> None:
    """Fill `folder` by one rename, so that it is there as a whole or not at all.

    Raises:
        StartError: As `kafka_jars`.
    """
    coming = folder.with_name(f"{folder.name}.coming")
    for old in (coming, folder):
        shutil.rmtree(old, ignore_errors=True)
    try:
        _download(coming, folder)
        if wrong := _differing(coming / "jars"):
            raise StartError(
                f"these jars of Kafka are not what was published: {', '.join(wrong)}; try "
                "again, or set KAFKA_BOOTSTRAP_SERVERS to a broker that runs"
            )
        (coming / "jars").rename(folder)
    finally:
        shutil.rmtree(coming, ignore_errors=True)


def _download(coming: Path, folder: Path) -> None:
    from jgo.env import EnvironmentBuilder  # noqa: PLC0415 - slow, and seldom needed
    from jgo.maven import MavenContext  # noqa: PLC0415 - likewise

    maven = MavenContext(repo_cache=coming / "repository")
    builder = EnvironmentBuilder(context=maven, cache_dir=coming / "jgo")
    try:
        broker = builder.from_endpoint(":".join(_BROKER)).all_jars
        # Apart: resolved together, its versions of Kafka's own jars would win.
        logging = maven.project(*_LOGGING[:2]).at_version(_LOG4J).artifact().resolve()
    except Exception as why:  # what goes wrong on the way is of many libraries
        raise StartError(_unfetched(folder, why)) from why
    (coming / "jars").mkdir()
    for jar in (*broker, logging):
        shutil.copyfile(jar, coming / "jars" / jar.name)


def _unfetched(folder: Path, why: Exception) -> str:
    if no_space_left(why):
        return (
            f"no space left for Kafka's jars in {folder}: free 200 MB, or set MARKET_CACHE "
            "to a folder on another disk"
        )
    return (
        f"Kafka's jars could not be fetched from Maven Central into {folder} ("
        f"{shorten(str(why), 160)}): try "
        "again when the network is there, or set KAFKA_BOOTSTRAP_SERVERS to a broker"
    )


def _differing(folder: Path) -> list[str]:
    return [name for name, digest in known_sums().items() if _sum(folder / name) != digest]


def _sum(file: Path) -> str | None:
    if not file.exists():
        return None
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
