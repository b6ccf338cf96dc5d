import tomllib
from datetime import date

import pytest
from pydantic import ValidationError

from services.billing.model.months import CalendarMonth
from services.billing.model.terms import DatedTerms
from services.billing.policies import (
    Moved,
    store_fee_terms,
    whenever_inventory_moves,
)
from tests.samples import DEDUCTED, LISTED, RECEIVED, RESTORED

DATED = """
[[terms]]
effective_from = 2026-01-01
rate_cents = 20
free_days = 60

[[terms]]
effective_from = 2026-07-01
rate_cents = 25
free_days = 30
"""


def terms_of(text: str) -> DatedTerms:
    return DatedTerms.model_validate(tomllib.loads(text))


def test_a_unit_costs_twenty_cents_a_month_after_sixty_days() -> None:
    terms = store_fee_terms().at(CalendarMonth(2018, 2))

    assert terms is not None
    assert (terms.rate_cents, terms.free_days) == (20, 60)


def test_terms_hold_from_their_month_until_newer_ones_do() -> None:
    terms = terms_of(DATED)

    held = [terms.at(CalendarMonth.parse(m)) for m in ("2025-12", "2026-06", "2026-07")]

    assert [one and one.rate_cents for one in held] == [None, 20, 25]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (DATED.replace("2026-07-01", "2026-07-02"), "first day of a month"),
        (DATED.replace("2026-07-01", "2026-01-01"), "in order of effective_from"),
        (DATED.replace("rate_cents = 25", "rate_cents = 25.5"), "rate_cents"),
        (DATED.replace("free_days = 30", "free_days = -1"), "free_days"),
        (DATED.replace("free_days = 30", "free_dais = 30"), "free_dais"),
        ("", "terms"),
    ],
)
def test_terms_that_break_a_rule_are_refused_by_name(wrong: str, named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        terms_of(wrong)


def test_only_a_receipt_names_its_lot() -> None:
    made_on = date(2026, 1, 5)

    assert whenever_inventory_moves(RECEIVED) == Moved(
        "p-1", "received", 10, "lot-1", made_on
    )
    assert whenever_inventory_moves(DEDUCTED) == Moved("p-1", "deducted", 4)
    assert whenever_inventory_moves(RESTORED) == Moved("p-1", "restored", 1)


def test_a_listing_moves_no_stock() -> None:
    assert whenever_inventory_moves(LISTED) is None
