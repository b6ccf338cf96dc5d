"""Rules of the day: those before them hold until then, the first ones always did."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from kit.dated import Dated, FromADay


class Hours(FromADay):
    hours: int


OLD = Hours(holds_from=date(2026, 1, 1), hours=48)
NEW = Hours(holds_from=date(2026, 3, 1), hours=24)


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        (datetime(2020, 1, 1, tzinfo=UTC), OLD),
        (datetime(2026, 2, 28, 23, 59, tzinfo=UTC), OLD),
        (datetime(2026, 3, 1, tzinfo=UTC), NEW),
        (datetime(2030, 1, 1, tzinfo=UTC), NEW),
    ],
)
def test_rules_hold_from_their_day_until_newer_ones_do(
    moment: datetime, held: Hours
) -> None:
    assert Dated[Hours](rules=[OLD, NEW]).at(moment) == held


@pytest.mark.parametrize("rules", [[NEW, OLD], [OLD, OLD]])
def test_rules_follow_each_other(rules: list[Hours]) -> None:
    with pytest.raises(ValidationError, match="in order of holds_from"):
        Dated[Hours](rules=rules)


@pytest.mark.parametrize(
    "said", [{"rules": []}, {"rules": [{"holds_from": date(2026, 1, 1), "days": 1}]}]
)
def test_what_is_no_rule_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Dated[Hours].model_validate(said)
