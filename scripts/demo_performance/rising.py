"""Up again: cured a step at a time, reinstated on a plan, boosted for what is a star."""

from typing import Final

from scripts.demo_performance.falling import browse
from scripts.demo_performance.season import Season
from scripts.demo_performance.selling import LINEN, POTTERY

CURED: Final = 50
BOOSTED: Final = 90


def cure(season: Season) -> None:
    """A seller who ships in time again comes down a step, and another the next day."""
    with season.step(
        "Cured, a step at a time",
        "Linen has shipped in time for weeks. Once no metric is under its warning, each"
        " review takes a step back.",
    ):
        season.pass_until(CURED)
        season.stands(LINEN.name, "warned", "good")
        season.show(f"linen on {season.clock.day(CURED):%d %b}: warned")
        season.pass_until(CURED + 1)
        season.stands(LINEN.name, "healthy")
        season.show(f"linen on {season.clock.day(CURED + 1):%d %b}: healthy")


def boost(season: Season) -> None:
    """A star for 90 days comes first in /browse."""
    with season.step(
        "A star for 90 days",
        "Candles has kept everything. Its product was listed before all others, so it came"
        " last; boosted, it comes first.",
    ):
        browse(season, season.stranger)
        season.pass_until(BOOSTED)
        browse(season, season.stranger)


def plan(season: Season) -> None:
    """A suspended seller says what they will do: once in vain, once well."""
    plans = f"/sellers/{POTTERY.name}/plans"
    with season.step(
        "A plan of action",
        "Today, pottery says what it will do. The marketplace declines the first plan and"
        " says why; it accepts the second, and pottery is reinstated and found again.",
    ):
        seller, market = season.seller(POTTERY.name), season.marketplace
        first = {"plan_id": "plan-1", "statement": "We will try harder."}
        season.post(seller, plans, first)
        note = {"note": "How will parcels leave in time? Name what changes."}
        season.post(market, f"{plans}/plan-1/decline", note)
        season.stands(POTTERY.name, "suspended")
        said = "A second kiln, and a packer on Saturdays, from Monday on."
        season.post(seller, plans, {"plan_id": "plan-2", "statement": said})
        season.post(market, f"{plans}/plan-2/acceptance", {})
        season.stands(POTTERY.name, "healthy")
        browse(season, season.stranger)
