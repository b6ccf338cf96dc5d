"""An import is over when every consumer has read what it recorded."""

from importlib import import_module

import pytest

from kit.blueprint import Blueprint
from market.imports.catch_up import (
    READ_BY,
    CatchUpError,
    Status,
    missing,
    wait_until_caught_up,
)
from market.launch import SERVICES
from tests.market.imports.bulk import Service, serving


def orders(head: int, published: int) -> dict[str, object]:
    left = head - published
    relay = {"head": head, "published": published, "pending": left}
    return {"service": "orders", "lag": left, "consumers": [], "relay": relay}


def performance(offset: int, end: int, pos: int) -> dict[str, object]:
    read = {"topic": "orders.v1", "partition": 0, "offset": offset, "end": end, "pos": pos}
    lag = end - offset
    return {"service": "performance", "lag": lag, "consumers": [read], "relay": None}


def wait(*services: Service, stalled_after_s: float = 5) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    urls = {f"service {number}": service.url for number, service in enumerate(services)}
    wait_until_caught_up(
        urls, lambda _, done, total: told.append((done, total)), stalled_after_s
    )
    return told


def test_it_waits_for_the_relay_and_then_for_the_consumer() -> None:
    writer = Service(statuses=[orders(9, 0), orders(9, 9)])
    reader = Service(statuses=[performance(0, 0, 0), performance(4, 9, 4)])
    reader.statuses.append(performance(9, 9, 9))
    with serving(writer), serving(reader):
        told = wait(writer, reader)

    assert told == [(0, 9), (4, 9), (9, 9), (9, 9)]


def test_a_consumer_that_has_not_looked_at_the_end_yet_has_not_caught_up() -> None:
    writer = Service(statuses=[orders(9, 9)])
    reader = Service(statuses=[performance(4, 4, 4)] * 3)
    reader.statuses.append(performance(9, 9, 9))
    with serving(writer), serving(reader):
        told = wait(writer, reader)

    assert told[-1] == (1, 1)
    assert len(told) == 5


def test_a_consumer_that_has_not_found_its_topics_yet_has_not_caught_up() -> None:
    nothing_yet = {"service": "performance", "lag": 0, "consumers": [], "relay": None}
    statuses = [Status.model_validate(said) for said in (orders(9, 9), nothing_yet)]

    assert missing(statuses) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_what_services_read_is_known_before_they_have_found_it(service: str) -> None:
    blueprint: Blueprint = import_module(f"services.{service}.app").BLUEPRINT

    assert sorted(READ_BY.get(service, ())) == sorted(blueprint.reads)


def test_consumers_that_stop_getting_closer_are_named() -> None:
    writer = Service(statuses=[orders(9, 9)])
    reader = Service(statuses=[performance(4, 9, 4)])
    with (
        serving(writer),
        serving(reader),
        pytest.raises(CatchUpError, match="performance lags by 5 events"),
    ):
        wait(writer, reader, stalled_after_s=0.3)


def test_a_service_that_does_not_answer_is_named() -> None:
    writer = Service(statuses=[orders(0, 0)])
    gone = Service(url="http://127.0.0.1:9")
    with (
        serving(writer),
        pytest.raises(CatchUpError, match="service 1 does not answer"),
    ):
        wait(writer, gone, stalled_after_s=0.3)
