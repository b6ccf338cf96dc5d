"""The rules of orders are data with a date: what holds when, and what is no rule."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.orders.model import order_decider, refusals
from services.orders.model.rules import DatedRules, OrderRules, shipped_rules
from tests.orders.test_model import EXPIRE, PLACE, TICK
from tests.samples import FRIDAY, MONDAY, NEXT_FRIDAY, PLACED
from tests.spec import Given

EURO = {"holds_from": date(2016, 1, 1), "traded": ["EUR"], "weekdays_to_decide": 5}
FROM_MONDAY: dict[str, Any] = {
    "holds_from": MONDAY.date(),
    "traded": ["EUR", "USD"],
    "weekdays_to_decide": 2,
}


def dated(*rules: dict[str, Any]) -> DatedRules:
    return DatedRules.model_validate({"rules": list(rules)})


def given(rules: DatedRules, *facts: object) -> Given:
    return Given(order_decider(rules), facts)


def test_the_rules_that_ship_give_five_weekdays_and_trade_two_currencies() -> None:
    rules = shipped_rules().at(FRIDAY)

    assert rules.traded == {"BRL", "USD"}
    assert rules.time_to_decide == timedelta(days=5)


def test_an_operator_says_which_currencies_are_traded() -> None:
    european = given(dated(EURO))

    european.when(PLACE).then_refused(refusals.CurrencyNotTraded, "EUR")
    european.when(replace(PLACE, currency="EUR")).then(
        PLACED.model_copy(update={"currency": "EUR"})
    )


def test_a_currency_is_traded_from_the_day_of_its_rule_on() -> None:
    later = given(dated(EURO, FROM_MONDAY))

    midnight = MONDAY.replace(hour=0)

    later.when(replace(PLACE, at=midnight - TICK)).then_refused(refusals.CurrencyNotTraded)
    later.when(replace(PLACE, at=midnight)).then(
        PLACED.model_copy(update={"placed_at": midnight, "clock_started_at": midnight})
    )


def test_an_order_placed_again_once_its_currency_is_not_traded_changes_nothing() -> None:
    brazilian = FROM_MONDAY | {"traded": ["BRL"]}
    dollars = EURO | {"traded": ["USD"]}

    later = given(dated(dollars, brazilian), PLACED)

    later.when(replace(PLACE, at=MONDAY)).then_nothing()


def test_an_order_has_the_time_that_was_given_when_its_clock_started() -> None:
    early = replace(EXPIRE, at=NEXT_FRIDAY - TICK)
    shorter = given(dated(EURO, FROM_MONDAY), PLACED)

    shorter.when(early).then_refused(refusals.OrderNotDue)


def test_a_rule_for_less_time_lets_orders_expire_sooner() -> None:
    soon = EXPIRE.at - timedelta(days=3)
    quick = given(dated(EURO | {"weekdays_to_decide": 2}), PLACED)

    quick.when(replace(EXPIRE, at=soon - TICK)).then_refused(refusals.OrderNotDue)
    assert quick.decider.decide(replace(EXPIRE, at=soon), quick.decider.fold([PLACED]))


def test_a_holiday_gives_an_order_a_weekday_more() -> None:
    holiday = given(dated(EURO | {"holidays": [MONDAY.date()]}), PLACED)

    holiday.when(EXPIRE).then_refused(refusals.OrderNotDue, "2026-03-16T18:00")


def test_before_all_rules_the_first_ones_hold() -> None:
    assert dated(EURO).at(FRIDAY.replace(year=1999)) == OrderRules.model_validate(EURO)


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ([], "rules"),
        ([EURO, EURO], "holds_from"),
        ([FROM_MONDAY, EURO], "holds_from"),
        ([EURO | {"traded": []}], "traded"),
        ([EURO | {"traded": ["euro"]}], "traded"),
        ([EURO | {"weekdays_to_decide": 0}], "weekdays_to_decide"),
        ([EURO | {"holidays": ["soon"]}], "holidays"),
        ([EURO | {"mood": "fine"}], "mood"),
    ],
)
def test_rules_that_are_none_are_refused_by_the_name_of_their_field(
    rules: list[dict[str, Any]], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        dated(*rules)
