"""The shipped history into the real services: what they take, what they refuse, and why."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit.serving import build
from market import samples
from market.imports.access import ACCESS_REQUESTS
from market.imports.client import Report, send_plan
from market.imports.customers import CUSTOMERS
from market.imports.directory import plan_history
from market.imports.inventory import MOVEMENTS
from market.imports.messages import MESSAGES
from market.imports.plan import Plan
from market.imports.rows import plan_file
from services.buyers.app import BLUEPRINT as BUYERS
from services.catalog.app import BLUEPRINT as CATALOG
from services.orders.app import BLUEPRINT as ORDERS
from tests.market.imports.bulk import serving_app
from tests.market.imports.files import (
    ANSWER,
    ASSOCIATED,
    CUSTOMER,
    MESSAGE,
    REQUEST,
    write_csv,
)
from tests.tokens import AsAnOperator, settings


@pytest.fixture
def service_urls(fresh_databases: Callable[[], str]) -> Iterator[Mapping[str, str]]:
    with ExitStack() as stack:
        yield {
            blueprint.name: stack.enter_context(
                serving_app(build(blueprint, settings(fresh_databases())))
            )
            for blueprint in (ORDERS, CATALOG, BUYERS)
        }


def send(plan: Plan, service_urls: Mapping[str, str]) -> Report:
    return send_plan(plan, service_urls, lambda *_: None, auth=AsAnOperator())


def test_the_services_take_the_history_once(service_urls: Mapping[str, str]) -> None:
    plan = plan_history(samples.HISTORY)
    first = send(plan, service_urls)
    again = send(plan, service_urls)

    assert first.recorded + first.refused == first.sent == len(list(plan.commands()))
    assert (again.recorded, again.unchanged) == (0, first.recorded)
    assert again.rejected == first.rejected


def test_what_contradicts_the_rules_is_refused_by_line(
    service_urls: Mapping[str, str],
) -> None:
    report = send(plan_history(samples.HISTORY), service_urls)

    refused = [
        (row.place.file, *row.reason.removesuffix(")").rpartition(" (")[::2])
        for row in report.rejected
        if "(" in row.reason
    ]
    assert [(file, reason.partition(":")[0], code) for file, reason, code in refused] == [
        ("access_requests.csv", "request-access", "access-requested"),
        ("olist_orders_dataset.csv", "save-shipment", "order-open"),
        ("olist_orders_dataset.csv", "mark-delivered", "shipment-unknown"),
        ("olist_orders_dataset.csv", "mark-delivered", "shipment-unknown"),
        ("inventory_movements.csv", "deduct-inventory", "insufficient-stock"),
        ("inventory_movements.csv", "deduct-inventory", "insufficient-stock"),
        ("shipments.csv", "add-tracking", "tracking-malformed"),
    ]
    assert refused[1][1].endswith("is not accepted; accept it first")


def test_a_buyer_asks_anew_and_another_becomes_a_customer_that_was_just_created(
    service_urls: Mapping[str, str], tmp_path: Path
) -> None:
    declined = {**REQUEST, "outcome": "declined"}
    anew = {**REQUEST, "request_id": "r-2", "requested_at": "2018-03-09T10:00:00Z"}
    anew["outcome_at"] = "2018-03-10T10:00:00Z"
    requests = write_csv(tmp_path / "requests.csv", [anew, declined])
    customers = write_csv(tmp_path / "customers.csv", [CUSTOMER, ASSOCIATED])
    plan = plan_file(ACCESS_REQUESTS, requests).then(plan_file(CUSTOMERS, customers))
    report = send(plan, service_urls)

    assert report.rejected == []
    assert (report.recorded, report.sent) == (6, 6)


def test_messages_are_answered_as_the_rules_say(
    service_urls: Mapping[str, str], tmp_path: Path
) -> None:
    stray = {**ANSWER, "message_id": "w-3", "answers": "w-2"}
    file = write_csv(tmp_path / "messages.csv", [MESSAGE, ANSWER, stray])
    report = send(plan_file(MESSAGES, file), service_urls)

    [refused] = report.rejected
    assert refused.place.line == 4
    assert refused.reason.endswith("(message-unknown)")


def test_what_is_not_there_is_not_sold(service_urls: Mapping[str, str]) -> None:
    plan = plan_file(MOVEMENTS, samples.HISTORY / MOVEMENTS.file_name)
    first = send(plan, service_urls)
    again = send(plan, service_urls)

    assert [row.reason.split(":")[0] for row in first.rejected] == ["deduct-inventory"] * 2
    assert again.unchanged == first.recorded
