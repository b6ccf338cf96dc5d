"""The ground that faults happen on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.processes import Child, Nursery, nursery


@contextmanager
def prepared(ground: Ground) -> Iterator[Ground]:
    ground.prepare()
    yield ground
    ground.engine.dispose()


@pytest.fixture
def ground(
    kafka: str, fresh_database: str, new_topics: Callable[..., list[str]]
) -> Iterator[Ground]:
    """A history without facts, a topic without records, a consumer without rows."""
    topic, _ = new_topics("v1", "v1.dlt")
    with prepared(Ground(fresh_database, kafka, topic)) as ground:
        yield ground


@pytest.fixture
def narrow_ground(
    kafka: str, fresh_database: str, new_topics: Callable[..., list[str]]
) -> Iterator[Ground]:
    """As `ground`, with one partition: a process has one batch in hand at a time."""
    [topic] = new_topics("v1", partitions=1)
    with prepared(Ground(fresh_database, kafka, topic)) as ground:
        yield ground


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Nursery]:
    with nursery(tmp_path) as found:
        yield found


@pytest.fixture
def start_relay(children: Nursery, ground: Ground) -> Callable[..., Child]:
    """Start a relay that meets its fate at a step: see `tests.faults.doomed_relay`."""

    def start(*fate: object, **environment: str) -> Child:
        where = (ground.url, ground.kafka, ground.topic)
        return children.start("tests.faults.doomed_relay", *where, *fate, **environment)

    return start


@pytest.fixture
def start_consumer(children: Nursery, ground: Ground) -> Callable[..., Child]:
    """Start a consumer, with a fate or without: see `tests.faults.doomed_consumer`."""

    def start(*fate: object) -> Child:
        where = (ground.url, ground.kafka, ground.topic)
        return children.start("tests.faults.doomed_consumer", *where, *fate)

    return start
