"""A season on a simulated clock, as whoever reads it runs it: the whole ladder is told."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from market.home import Home
from market.platform import Platform
from market.tokens import TokenKey
from scripts.demo_orders.clients import Question, UnexpectedError
from scripts.demo_performance.season import Season
from scripts.demo_performance.selling import SELLERS
from scripts.demo_performance.simulated import LAST, Clock
from tests.journeys.told import told_by

WITHIN_S = 400
STEPS = 11
SAID = {
    "pottery": [
        "reviewed",
        "warned",
        "reduced: some",
        "no new buyers",
        "suspended",
        "reinstated",
    ],
    "linen": ["reviewed", "warned", "reduced: some", "lifted: cured"],
    "glass": ["suspended"],
    "lamps": ["reviewed", "lifted: restated"],
    "books": ["reviewed", "warned", "lifted: restated"],
    "candles": ["reviewed", "boosted"],
}
"""What is said of each seller, in the tables at the ends of the steps, in its order."""


def said_of(seller: str, shown: str) -> list[str]:
    """What the tables say of a seller, one after the other, without repeats."""
    row = rf"^  [* ]  {seller} .*?  (\S+(?: \S+)*)  +\d\d \w{{3}}  [0-9a-f-]{{36}}$"
    return [*dict.fromkeys(re.findall(row, shown, re.MULTILINE))]


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_season_tells_the_whole_ladder_down_and_up(tmp_path: Path) -> None:
    season = told_by("scripts.demo_performance", tmp_path, WITHIN_S)
    shown = season.stdout
    assert season.returncode == 0, shown + season.stderr
    headings = re.findall(r"^(\d+)\. .* ─+$", shown, re.MULTILINE)
    assert headings == [str(number) for number in range(1, STEPS + 1)]
    assert max(map(len, shown.splitlines())) <= 100
    assert {seller: said_of(seller, shown) for seller in SAID} == SAID

    assert "24 of 30 kept in 30 days, 80.0%; the limit is under 90%" in shown
    assert "way out: 45 kept in a row, or 86 days" in shown
    assert "8 of 24 kept in 30 days, 33.3%; very poor is under 50%" in shown
    refused = re.findall(r"→ 403\s+([a-z-]+): ", shown)
    assert refused == ["new-buyers-limited", "seller-suspended"]
    assert "cafe browses, and finds books, lamps, linen, candles\n" in shown
    assert "hotel browses, and finds candles, books, lamps, linen\n" in shown
    assert "shipping.on_time  24 of 30, 80.0%: limit  25 of 30, 83.3%: warn" in shown
    assert re.search(
        r"^  shipping\.tracked +86\.7% of 30 +90\.0% of 30 ", shown, re.MULTILINE
    )
    assert "standings equals the fold of its facts" in shown
    assert f"Done: {STEPS} steps in " in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("days", range(7))
def test_the_season_is_over_whenever_it_is_told(days: int) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=days)
    clock = Clock.before(now)
    last = max(event.at for one in SELLERS for event in one.events(clock))
    assert clock.day(0).weekday() == 0
    assert clock.at(LAST) < now
    assert last - clock.at(LAST) < timedelta(days=10)


def test_who_stands_elsewhere_than_the_story_says_ends_it(tmp_path: Path) -> None:
    TokenKey.of(Home(tmp_path)).make()
    nowhere = {"performance": "http://127.0.0.1:1"}
    platform = Platform("", "", nowhere, {}, {}, Home(tmp_path))
    clock = Clock.before(datetime(2026, 3, 2, tzinfo=UTC))
    season = Season(platform, Console(file=io.StringIO()), clock)
    with pytest.raises(UnexpectedError, match="performance does not answer"):
        season.ask(season.marketplace, "performance", Question("GET", "/standings"))
    with pytest.raises(UnexpectedError, match="performance does not answer"):
        season.stands("pottery", "healthy")
