"""Commands are sent in bulk, over a real connection, and each counts once."""

from collections.abc import Iterator
from itertools import chain

import pytest

from market.imports.client import Report, ServiceUnavailableError, send_plan
from market.imports.plan import Command, Plan, Stage
from market.imports.tables import Place, RowReport
from tests.market.imports.bulk import Service, serving

Told = list[tuple[str, int, int]]


@pytest.fixture
def catalog() -> Iterator[Service]:
    with serving(Service()) as service:
        yield service


def movements(count: int, *, wrong: int | None = None) -> Plan:
    commands = [
        Command(
            Place("stock.csv", number + 2),
            f"inventory:m-{number}",
            "deduct-inventory",
            {"units": 0 if number == wrong else 1},
        )
        for number in range(count)
    ]
    return Plan((Stage("movements", "catalog", commands),))


def send(
    plan: Plan, service: Service, told: Told | None = None, retry_for_s: float = 10
) -> Report:
    def progress(stage: str, done: int, total: int) -> None:
        if told is not None:
            told.append((stage, done, total))

    urls = {"catalog": service.url}
    return send_plan(plan, urls, progress, batch=4, retry_for_s=retry_for_s)


def test_commands_are_sent_in_order_and_in_batches(catalog: Service) -> None:
    told: Told = []
    report = send(movements(10), catalog, told)

    assert [len(keys) for keys in catalog.requests] == [4, 4, 2]
    assert [*chain(*catalog.requests)] == [f"inventory:m-{n}" for n in range(10)]
    assert (report.sent, report.recorded, report.unchanged) == (10, 10, 0)
    assert [done for _, done, _ in told] == [0, 4, 8, 10]


def test_sending_again_changes_nothing(catalog: Service) -> None:
    send(movements(6), catalog)
    report = send(movements(6), catalog)

    assert (report.sent, report.recorded, report.unchanged) == (6, 0, 6)
    assert len(catalog.recorded) == 6


def test_what_the_rules_refuse_is_reported_by_line(catalog: Service) -> None:
    catalog.refuses["inventory:m-3"] = "units: 1 are more than the 0 on hand"
    report = send(movements(5), catalog)

    assert (report.recorded, report.refused) == (4, 1)
    assert report.rejected == [
        RowReport(
            Place("stock.csv", 5),
            "deduct-inventory: units: 1 are more than the 0 on hand (insufficient-stock)",
        )
    ]


def test_a_command_that_cannot_be_read_does_not_stop_the_others(catalog: Service) -> None:
    report = send(movements(10, wrong=6), catalog)

    assert (report.sent, report.recorded, report.refused) == (10, 9, 1)
    [rejected] = report.rejected
    assert rejected.place.line == 8
    assert "inventory:m-6" not in catalog.recorded
    assert [*catalog.recorded] == [f"inventory:m-{n}" for n in range(10) if n != 6]


def test_a_service_that_is_away_for_a_moment_gets_its_commands(catalog: Service) -> None:
    catalog.away_for = 2
    report = send(movements(5), catalog)

    assert report.recorded == 5


def test_a_lost_answer_has_no_effect_twice(catalog: Service) -> None:
    catalog.loses_answers = 1
    report = send(movements(3), catalog)

    assert len(catalog.requests) == 2
    assert (report.recorded, report.unchanged) == (0, 3)
    assert len(catalog.recorded) == 3


def test_a_service_that_stays_away_is_named_with_what_to_do(catalog: Service) -> None:
    catalog.away_for = 1_000

    with pytest.raises(ServiceUnavailableError, match=r"catalog at http.*import again"):
        send(movements(3), catalog, retry_for_s=0.2)


def test_a_service_that_nobody_started_is_named_too() -> None:
    nowhere = Service(url="http://127.0.0.1:9")

    with pytest.raises(ServiceUnavailableError, match="catalog at http://127"):
        send(movements(1), nowhere, retry_for_s=0.2)


def test_an_address_of_something_else_is_an_error(catalog: Service) -> None:
    elsewhere = f"{catalog.url}/elsewhere"

    with pytest.raises(ServiceUnavailableError, match="answered 404"):
        send_plan(movements(1), {"catalog": elsewhere}, lambda *_: None)
