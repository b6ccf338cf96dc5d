"""Waiting until what was recorded has reached every consumer.

Each service says what it has recorded, what of it is published, and how far its consumers
are. All have caught up when no service has anything left to publish, every consumer is at
the end of its topics and has seen the last position published on them: asked twice, since
an answer may be as old as the last look at the broker, and equal both times.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.topics import BUYERS, CATALOG, ORDERS, PERFORMANCE
from market.errors import MarketError
from market.imports.client import Progress

STAGE: Final = "consumers"
READ_BY: Final = {
    "orders": (BUYERS, PERFORMANCE),
    "catalog": (ORDERS, CATALOG, BUYERS, PERFORMANCE),
    "performance": (ORDERS, CATALOG, BUYERS, PERFORMANCE),
    "billing": (CATALOG,),
    "buyers": (ORDERS,),
}
"""Topics that a service reads, known before it has found their partitions."""

PAUSE_S: Final = 0.25
STALLED_AFTER_S: Final = 120.0


class CatchUpError(MarketError):
    """Consumers stopped getting closer to the end. What was recorded stays recorded."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ConsumerStatus(_Said):
    """The last position that a service has read in one partition of a topic."""

    topic: str
    partition: int
    offset: int
    pos: int


class RelayStatus(_Said):
    """How far a service has published what it recorded."""

    published: int


class Status(_Said):
    """What a service says of itself. `lag` counts events, to publish and to read."""

    service: str
    lag: int
    consumers: tuple[ConsumerStatus, ...] = ()
    relay: RelayStatus | None = None


def missing(statuses: Sequence[Status]) -> int:
    """Return how many events are still on their way; 0 when all have caught up.

    Units: events. Shape: an estimate on the way there; a consumer counts as short of one at
        least until it has seen the last position of each topic that it reads.
    """
    published = {
        f"{status.service}.v1": status.relay.published
        for status in statuses
        if status.relay is not None
    }
    return sum(_missing_here(status, published) for status in statuses)


def _missing_here(status: Status, published: Mapping[str, int]) -> int:
    seen = dict.fromkeys(READ_BY.get(status.service, ()), 0)
    for part in status.consumers:
        seen[part.topic] = max(seen.get(part.topic, 0), part.pos)
    unseen = sum(published.get(topic, 0) > pos for topic, pos in seen.items())
    return max(status.lag, unseen)


def wait_until_caught_up(
    service_urls: Mapping[str, str],
    progress: Progress,
    stalled_after_s: float = STALLED_AFTER_S,
    *,
    auth: httpx2.Auth | None = None,
) -> None:
    """Return once every consumer has read all that was recorded before the call.

    Raises:
        CatchUpError: Nothing moved for `stalled_after_s`, or a service stayed silent.
    """
    most, before, moved_at = 0, list[Status](), time.monotonic()
    with httpx2.Client(auth=auth, timeout=5) as http:
        while True:
            statuses, silent = _ask(http, service_urls)
            left = missing(statuses)
            most = max(most, left)
            progress(STAGE, most - left, most)
            if statuses != before:
                moved_at = time.monotonic()
            elif left == 0 and not silent:
                return
            elif time.monotonic() - moved_at > stalled_after_s:
                raise CatchUpError(_behind(statuses, silent, stalled_after_s))
            before = statuses
            time.sleep(PAUSE_S)


def _ask(
    http: httpx2.Client, service_urls: Mapping[str, str]
) -> tuple[list[Status], list[str]]:
    """Return what the services say, and those that can't be asked just now."""
    statuses: list[Status] = []
    silent: list[str] = []
    for service, url in service_urls.items():
        try:
            answer = http.get(f"{url}/status").raise_for_status()
            statuses.append(Status.model_validate_json(answer.content))
        except (httpx2.HTTPError, ValidationError):
            silent.append(service)
    return statuses, silent


def _behind(statuses: Sequence[Status], silent: Sequence[str], for_s: float) -> str:
    lags = [f"{status.service} lags by {status.lag} events" for status in statuses]
    away = [f"{service} does not answer" for service in silent]
    return (
        f"nothing moved for {for_s:.0f} s: {', '.join([*away, *lags])}. What was imported "
        "stays recorded; see `market status` and the log of the one that is behind"
    )
