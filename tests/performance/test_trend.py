"""A trend is the scorecard of each moment, by the policy of that moment."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from kit.consumers.records import Received
from services.performance.model import trend as trends
from services.performance.model.policy import Policy, policy_at
from services.performance.model.scorecard import overall, scorecards, sellers
from services.performance.model.trend import ends, trend
from tests.performance.facts import accepted, listed
from tests.performance.history import histories
from tests.performance.policy_files import SHIPPED, changed, strict_from, with_standard
from tests.performance.test_scorecard_laws import known_ats
from tests.performance.world import AS_OF, DAY, HOUR, TICK, received, sayings_of

CHANGE = AS_OF - 20 * DAY
PATIENT = with_standard(
    "inventory.confirmed",
    strict_from(CHANGE, holidays=frozenset({CHANGE.date(), AS_OF.date()})),
    days=3,
)
EASY = changed(enough_due=2)
CARD = ["metric", "window_days", "due", "kept", "rate", "level"]
moments = st.lists(
    st.sampled_from(
        [AS_OF, AS_OF - TICK, AS_OF + HOUR, AS_OF - 13 * DAY, CHANGE, CHANGE - TICK]
        + [AS_OF - n * 10 * DAY for n in range(1, 13)]
    ),
    unique=True,
).map(sorted)


def in_force(moment: datetime) -> Policy:
    return policy_at(moment, [EASY, PATIENT])


def one_by_one(
    rows: tuple[pl.DataFrame, pl.DataFrame],
    asked: list[datetime],
    known_at: datetime | None,
) -> list[tuple[object, ...]]:
    """The trend as many scorecards, each made for itself."""
    found: list[tuple[object, ...]] = []
    for as_of in asked:
        policy = in_force(as_of)
        cards = scorecards(*rows, policy, as_of, known_at)
        levels = overall(cards, sellers(*rows, as_of, known_at), policy)
        told = [*cards.select(CARD).rows()]
        told += [(name, *[None] * 4, level) for _, name, level in levels.rows()]
        found += [(as_of, policy.version, *card) for card in sorted(told)]
    return found


@settings(max_examples=60, deadline=None)
@given(histories, moments, known_ats, st.sampled_from([1, 300, 2_000_000]))
def test_it_is_the_scorecard_of_each_moment(
    told: list[Received], asked: list[datetime], known_at: datetime | None, at_once: int
) -> None:
    rows = sayings_of(each for each in told if each.fact.seller_id == "s-1")
    usual, trends.AT_ONCE = trends.AT_ONCE, at_once  # type: ignore[misc]  # fewer at once
    try:
        found = trend(*rows, in_force, asked, known_at)
    finally:
        trends.AT_ONCE = usual  # type: ignore[misc]  # as above

    measured = found.filter(~((pl.col("metric") == "overall") & _unknown(rows, known_at)))
    assert measured.rows() == one_by_one(rows, asked, known_at)


def _unknown(rows: tuple[pl.DataFrame, pl.DataFrame], known_at: datetime | None) -> pl.Expr:
    """Say whether nothing was known of the seller at a moment: then no card has a level."""
    seen = [frame.select("at", "recorded_at", "says") for frame in rows]
    facts = pl.concat([each.with_columns(pl.col("says").cast(pl.String)) for each in seen])
    facts = facts.filter(~pl.col("says").is_in(["stocked", "moved"]))
    if known_at is not None:
        facts = facts.filter(pl.col("recorded_at") <= known_at)
    first = facts["at"].min()
    return pl.lit(value=True) if first is None else pl.col("as_of") < first


def test_what_happens_at_midnight_belongs_to_the_day_before() -> None:
    rows = sayings_of(received([accepted(AS_OF), listed(AS_OF)]))

    found = trend(*rows, in_force, [AS_OF - DAY, AS_OF, AS_OF + DAY])

    assert found.filter(pl.col("due") > 0).select("as_of", "metric").rows() == [
        (moment, metric)
        for moment in (AS_OF, AS_OF + DAY)
        for metric in ("acceptance.accepted", "listings.complete")
    ]


def test_a_day_ends_at_midnight_and_a_week_on_sunday() -> None:
    monday = datetime(2026, 3, 30, tzinfo=AS_OF.tzinfo)

    assert ends(date(2026, 3, 28), date(2026, 3, 29), "day") == [monday - DAY, monday]
    assert ends(date(2026, 3, 23), date(2026, 4, 4), "week") == [monday]
    assert ends(date(2026, 3, 30), date(2026, 4, 4), "week") == []


def test_a_policy_judges_from_its_moment_on_and_nothing_before() -> None:
    days = ends((CHANGE - 2 * DAY).date(), CHANGE.date(), "day")
    found = trend(*sayings_of([]), in_force, days)

    assert found.rows(named=True)
    assert dict(found.select("as_of", "policy").iter_rows()) == {
        CHANGE - DAY: SHIPPED.version,
        CHANGE: PATIENT.version,
        CHANGE + DAY: PATIENT.version,
    }


def test_no_moment_has_no_trend() -> None:
    assert trend(*sayings_of([]), in_force, []).is_empty()


@pytest.mark.parametrize("by", ["day", "week"])
def test_the_ends_are_as_many_as_are_over(by: trends.By) -> None:
    found = ends(date(2026, 1, 5), date(2026, 1, 5) + timedelta(days=27), by)

    assert len(found) == {"day": 28, "week": 4}[by]
