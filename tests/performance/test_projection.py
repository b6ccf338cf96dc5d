"""Where a seller is heading: windows slide on, and what is open falls due."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings, strategies as st
from sqlalchemy import Engine

from contracts.fact import Fact
from kit.consumers.records import Received
from services.performance.model.foresight import open_obligations
from services.performance.model.policy import Policy
from services.performance.model.projection import (
    ALL_KEPT,
    HORIZONS,
    NOTHING_MORE,
    projected,
)
from services.performance.model.succession import Succession
from tests.performance import naive
from tests.performance.facts import accepted, placed
from tests.performance.history import histories
from tests.performance.policy_files import beginning, strict_from, with_standard
from tests.performance.selling import got, problem, selling
from tests.performance.test_scorecard_laws import EASILY_JUDGED, policies
from tests.performance.test_ways_out import by_now
from tests.performance.test_what_if import LONGER, PATIENT, month
from tests.performance.world import AS_OF, DAY, HOUR, POLICY, received, sayings_of

THEN = AS_OF.isoformat()
some = settings(max_examples=40, deadline=None)
others = st.sampled_from([LONGER, PATIENT, EASILY_JUDGED])


@some
@given(histories, policies, others, st.sampled_from([1, 7, 8, 14, 30, 31]))
def test_if_nothing_more_is_done_it_is_the_scorecard_of_that_day_by_its_policy(
    told: list[Received], now: Policy, later: Policy, day: int
) -> None:
    past = by_now(told)
    by = Succession(now, [beginning(later, AS_OF + day * DAY)])
    cards, levels = projected(*sayings_of(past), by, AS_OF)

    for days in HORIZONS:
        then = AS_OF + timedelta(days=days)
        policy = later if days >= day else now
        mine = [row[3:] for row in cards.rows() if row[:2] == (days, NOTHING_MORE)]
        assert mine == naive.scorecards(past, policy, then)
        overall = [row[3:] for row in levels.rows() if row[:2] == (days, NOTHING_MORE)]
        assert overall == naive.overall(past, policy, then)


@some
@given(histories, policies)
def test_what_is_all_kept_is_never_less(told: list[Received], policy: Policy) -> None:
    cards, _ = projected(*sayings_of(told), Succession(policy), AS_OF)

    kept = {row[:1] + row[3:5]: row[5:8] for row in cards.rows() if row[1] == ALL_KEPT}
    for days, case, _, seller, metric, *figures in cards.rows():
        if case == NOTHING_MORE:
            window, due, done = kept[days, seller, metric]
            assert (window, due) == tuple(figures[:2])
            assert done is None or done >= figures[2]


def test_each_moment_is_judged_by_the_policy_that_applies_then() -> None:
    stricter = strict_from(AS_OF + 10 * DAY)
    rows = sayings_of(received(month("s-1", late=1)))

    cards, levels = projected(*rows, Succession(POLICY, [stricter]), AS_OF)

    timely = [r for r in cards.rows(named=True) if r["metric"] == "acceptance.timely"]
    assert [(r["days"], r["policy"], r["level"]) for r in timely if r["case"] == ALL_KEPT][
        :2
    ] == [(7, POLICY.version, "warn"), (14, "2026-05", "limit")]
    by_day = {(row[0], row[2]) for row in levels.rows()}
    assert by_day == {(7, POLICY.version), (14, "2026-05"), (30, "2026-05")}


def test_what_is_open_by_the_policy_of_then_is_what_can_be_kept() -> None:
    """Of a day more, or of half the time: what was late already then stays late."""
    facts = [placed(f"o-{n}", AS_OF - 36 * HOUR) for n in range(10)]
    rows = sayings_of(received(facts))

    def kept(hours: int) -> list[int]:
        later = with_standard("acceptance.timely", weekday_hours=hours)
        by = Succession(POLICY, [beginning(later, AS_OF + 10 * DAY)])
        cards, _ = projected(*rows, by, AS_OF)
        mine = pl.col("case") == ALL_KEPT, pl.col("metric") == "acceptance.timely"
        return cards.filter(*mine)["kept"].to_list()

    assert kept(24) == [0, 0, 0]
    assert kept(48) == [0, 10, 10]


def test_what_is_open_counts_when_it_falls_due() -> None:
    facts: list[Fact] = [placed(f"o-{n}", AS_OF - HOUR) for n in range(10)]
    facts += [accepted(AS_OF, f"o-{n}") for n in range(4)]

    cards, _ = projected(*sayings_of(received(facts)), Succession(POLICY), AS_OF)

    found = {(days, case, metric): row for days, case, _, _, metric, *row in cards.rows()}
    assert found[7, NOTHING_MORE, "acceptance.timely"] == [30, 10, 4, 0.4, "limit"]
    assert found[7, ALL_KEPT, "acceptance.timely"] == [30, 10, 10, 1.0, "star"]
    assert found[7, NOTHING_MORE, "shipping.on_time"][1:3] == [4, 0]
    assert found[7, ALL_KEPT, "shipping.on_time"][1:3] == [4, 4]
    assert found[30, NOTHING_MORE, "acceptance.timely"] == [30, 10, 4, 0.4, "limit"]


def test_what_is_open_is_listed_soonest_first_by_weekday_hours_and_holidays() -> None:
    friday = AS_OF + 2 * DAY
    facts = [placed("o-1", friday + 6 * HOUR), placed("o-2", friday - DAY)]
    on_monday = POLICY.model_copy(
        update={"holidays": frozenset({(friday + 3 * DAY).date()})}
    )
    sayings, _ = sayings_of(received(facts))

    found = open_obligations(sayings, on_monday, friday + 7 * HOUR, 7 * DAY)

    due = [(subject, at) for _, _, subject, _, at in found.rows()]
    assert due == [("o-1", friday + 4 * DAY + 6 * HOUR)]


@pytest.fixture
def served(fresh_database: str) -> Iterator[tuple[TestClient, Engine]]:
    with selling(fresh_database) as both:
        yield both


def test_a_projection_says_where_it_leads_and_what_leads_out(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    said = got(http, "/sellers/s-1/projection", as_of=THEN)

    assert {row["days"] for row in said["then"]} == set(HORIZONS)
    assert len(said["overall"]) == 2 * len(HORIZONS)
    bad = {row["metric"] for row in said["now"] if row["level"] in {"warn", "limit"}}
    assert {row["metric"] for row in said["ways_out"]} == bad != set()
    assert http.get(said["again"]).json() == said


def test_what_falls_due_comes_in_pages_and_says_what_closes_it(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    whole = got(http, "/sellers/s-1/due", as_of=THEN)
    pages, after = list[str](), dict[str, str]()
    while True:
        page = got(http, "/sellers/s-1/due", as_of=THEN, limit="1", **after)
        pages += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert pages == whole["items"]
    found = {(row["metric"], row["subject_id"]): row for row in whole["items"]}
    to_answer = found["acceptance.timely", "o-open"]
    assert to_answer["due_at"] == "2026-04-01T23:00:00Z"
    assert to_answer["hours_left"] == 23.0
    assert "orders.order-accepted.v1" in to_answer["closed_by"]
    assert ("shipping.on_time", "o-ship") in found
    assert ("acceptance.timely", "o-void") not in found


def test_what_cannot_be_asked_of_what_lies_ahead_is_refused(
    served: tuple[TestClient, Engine],
) -> None:
    http, _ = served
    due = "/sellers/s-1/due"

    assert problem(http, due, within_days="31")[2].startswith("within_days: ")
    assert problem(http, due, after="x")[2].startswith("after: ")
    assert problem(http, "/sellers/nobody/due")[:2] == (404, "seller-unknown")
    assert problem(http, "/sellers/nobody/projection")[:2] == (404, "seller-unknown")
