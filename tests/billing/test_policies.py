from datetime import date
from pathlib import Path

import pytest

from services.billing.model.months import CalendarMonth
from services.billing.policies import (
    Moved,
    read_terms,
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


@pytest.fixture
def terms_file(tmp_path: Path) -> Path:
    return tmp_path / "terms.toml"


def test_a_unit_costs_twenty_cents_a_month_after_sixty_days() -> None:
    terms = store_fee_terms().at(CalendarMonth(2018, 2))

    assert terms is not None
    assert (terms.rate_cents, terms.free_days) == (20, 60)


def test_terms_hold_from_their_month_until_newer_ones_do(terms_file: Path) -> None:
    terms_file.write_text(DATED)
    terms = read_terms(terms_file)

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
        ("terms =", "Invalid value"),
    ],
)
def test_terms_that_break_a_rule_are_refused_by_name(
    terms_file: Path, wrong: str, named: str
) -> None:
    terms_file.write_text(wrong)

    with pytest.raises(ValueError, match=named):
        read_terms(terms_file)


def test_only_a_receipt_names_its_lot() -> None:
    made_on = date(2026, 1, 5)

    assert whenever_inventory_moves(RECEIVED) == Moved(
        "p-1", "received", 10, "lot-1", made_on
    )
    assert whenever_inventory_moves(DEDUCTED) == Moved("p-1", "deducted", 4)
    assert whenever_inventory_moves(RESTORED) == Moved("p-1", "restored", 1)


def test_a_listing_moves_no_stock() -> None:
    assert whenever_inventory_moves(LISTED) is None
