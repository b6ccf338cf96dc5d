"""How long answers may take: by the rules of the day, in weekday hours."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from services.buyers.model.access_request import request_decider
from services.buyers.model.refusals import RequestNotDue
from services.buyers.model.rules import BuyerRules, DatedRules, shipped_rules
from tests.buyers.given import expire
from tests.samples import ACCESS_EXPIRED, FRIDAY, MONDAY, REQUESTED, SATURDAY
from tests.spec import Given

SHIPPED = shipped_rules().at(FRIDAY)
LAST = datetime.max.replace(tzinfo=UTC)


def rules(holds_from: date, days: int = 14, *holidays: date) -> BuyerRules:
    return BuyerRules(
        holds_from=holds_from,
        days_to_expire=days,
        hours_to_decide=48,
        hours_to_answer=24,
        holidays=frozenset(holidays),
    )


def test_weekends_and_holidays_give_a_seller_more_time() -> None:
    monday_off = rules(date(2016, 1, 1), 14, MONDAY.date())

    assert SHIPPED.answer_by(FRIDAY) == MONDAY
    assert SHIPPED.decide_by(FRIDAY) == MONDAY + timedelta(days=1)
    assert SHIPPED.answer_by(SATURDAY) == datetime(2026, 3, 10, tzinfo=UTC)
    assert monday_off.answer_by(FRIDAY) == MONDAY + timedelta(days=1)


def test_a_request_is_over_after_days_whatever_days_they_are() -> None:
    assert SHIPPED.expires_at(FRIDAY) == FRIDAY + timedelta(days=14)


def test_the_end_of_time_is_not_passed() -> None:
    assert SHIPPED.expires_at(LAST) == LAST
    assert SHIPPED.answer_by(LAST) is None


def test_a_request_is_judged_by_the_rules_of_when_it_was_made() -> None:
    dated = DatedRules(rules=[rules(date(2026, 1, 1), 20), rules(MONDAY.date(), 1)])
    given = Given(request_decider(dated), [REQUESTED])
    late = FRIDAY + timedelta(days=20)

    given.when(expire(FRIDAY + timedelta(days=19))).then_refused(RequestNotDue)
    given.when(expire(late)).then(ACCESS_EXPIRED.model_copy(update={"expired_at": late}))


@pytest.mark.parametrize(
    "days", [[date(2026, 1, 2), date(2026, 1, 1)], [FRIDAY.date()] * 2]
)
def test_rules_follow_each_other(days: list[date]) -> None:
    with pytest.raises(ValidationError, match="in order of holds_from"):
        DatedRules(rules=[rules(day) for day in days])
