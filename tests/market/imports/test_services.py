"""The shipped history into the real services: what they take, what they refuse, and why."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from kit.serving import build
from market import samples
from market.imports.client import Report, send_plan
from market.imports.inventory import plan_inventory
from market.imports.olist import plan_olist
from market.imports.plan import Plan
from services.catalog.app import BLUEPRINT as CATALOG
from services.orders.app import BLUEPRINT as ORDERS
from tests.market.imports.bulk import serving_app
from tests.tokens import AsAnOperator, settings


@pytest.fixture
def service_urls(fresh_databases: Callable[[], str]) -> Iterator[Mapping[str, str]]:
    with ExitStack() as stack:
        yield {
            blueprint.name: stack.enter_context(
                serving_app(build(blueprint, settings(fresh_databases())))
            )
            for blueprint in (ORDERS, CATALOG)
        }


def send(plan: Plan, service_urls: Mapping[str, str]) -> Report:
    return send_plan(plan, service_urls, lambda *_: None, auth=AsAnOperator())


def test_the_services_take_the_history_once(service_urls: Mapping[str, str]) -> None:
    plan = plan_olist(samples.OLIST)
    first = send(plan, service_urls)
    again = send(plan, service_urls)

    assert first.recorded + first.refused == first.sent == len(list(plan.commands()))
    assert again.recorded == 0
    assert (again.recorded, again.unchanged) == (0, first.recorded)
    assert again.rejected == first.rejected
    assert again.rejected == first.rejected


def test_what_contradicts_the_rules_is_refused_by_line(
    service_urls: Mapping[str, str],
) -> None:
    report = send(plan_olist(samples.OLIST), service_urls)

    refused = [row.reason for row in report.rejected if "(" in row.reason]
    assert [reason.partition(":")[0] for reason in refused] == [
        "save-shipment",
        "mark-delivered",
        "mark-delivered",
    ]
    assert refused[0].endswith("is not accepted; accept it first (order-open)")
    lines = {row.place.line for row in report.rejected if "(" in row.reason}
    assert len(lines) == 2


def test_what_is_not_there_is_not_sold(service_urls: Mapping[str, str]) -> None:
    plan = plan_inventory(samples.INVENTORY)
    first = send(plan, service_urls)
    again = send(plan, service_urls)

    assert [row.reason.split(":")[0] for row in first.rejected] == ["deduct-inventory"] * 2
    assert again.unchanged == first.recorded
