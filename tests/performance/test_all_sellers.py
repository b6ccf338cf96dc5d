"""Answers about all sellers: pages are the whole, of one question."""

from collections.abc import Iterator
from typing import Final

import pytest
from sqlalchemy import text

from kit.web.pages import written
from services.performance.queries import Question, ask_scorecards
from services.performance.queries.all_sellers import (
    MOST_READ_TO_EXPLAIN,
    Cursor,
    SellerRange,
    next_sellers,
    page_of_what_if,
)
from services.performance.queries.seen_of_all import SeenOfAll
from tests.infrastructure import drop_database, new_database
from tests.performance.all_sellers import (
    ASKED,
    COMPARED,
    EVERYBODY,
    NOW,
    SCORECARDS,
    SHADOW,
    THEN,
    Served,
    ask,
    pages,
    said_by,
    serving,
    tell,
    the_rest,
)
from tests.performance.policy_files import SHIPPED
from tests.performance.world import AS_OF, DAY
from tests.tokens import bearing

NO_PAGE: Final = "after: no page ended there; give the `next` of the page before, as it is"


@pytest.fixture(scope="module")
def served(postgres_url: str) -> Iterator[Served]:
    url = new_database(postgres_url)
    with serving(url) as found:
        tell(found)
        yield found
    drop_database(postgres_url, url)


@pytest.mark.parametrize(("path", "query", "names"), ASKED)
def test_pages_put_together_are_the_whole(
    served: Served, path: str, query: dict[str, str], names: tuple[str, ...]
) -> None:
    (whole,) = pages(served, path, **query)

    for limit, count in (("1", 8), ("3", 3), ("8", 1)):
        found = pages(served, path, **query, limit=limit)
        assert len(found) == count
        assert said_by(found, names) == said_by([whole], names)


def test_scorecards_are_those_of_all_sellers(served: Served) -> None:
    found = pages(served, "/scorecards", all="true", limit="2")
    cards, overall = said_by(found, ["cards", "overall"])

    expected = ask_scorecards(served.engine, Question(SHIPPED, AS_OF))
    assert cards == expected.cards.to_dicts()
    assert overall == expected.overall.to_dicts()
    assert [row["seller_id"] for row in overall] == EVERYBODY


def test_how_many_would_change_is_told_of_all_with_the_first_page(served: Served) -> None:
    first, *others = pages(served, COMPARED, limit="1")

    counts = {each.pop("metric"): each for each in first["by_metric"]}
    assert counts["overall"] == {"better": 6, "worse": 0, "other": 0, "same": 2}
    assert counts["acceptance.timely"] == counts["overall"] | {"same": 1}
    assert [page["by_metric"] for page in others] == [None] * 7


def test_more_is_answered_of_the_same_question_alone(served: Served) -> None:
    after = ask(served, "/scorecards", limit="2").json()["next"]
    known = ask(served, "/scorecards", limit="2", known_at=THEN).json()["next"]
    full = ask(served, "/scorecards", limit="2", all="true", explain="true").json()["next"]
    compared = ask(served, COMPARED, limit="2").json()["next"]
    body = {"policy": SHADOW.content, "as_of": THEN}
    tried = served.http.post("/what-if", json=body, params={"limit": 2}).json()["next"]
    again = "; ask the same again, or begin without after"

    for path, query, what in (
        ("/scorecards", {"as_of": (AS_OF - DAY).isoformat()}, "as_of 2026-04-01T00:00:00Z"),
        ("/scorecards", {"known_at": THEN}, "known_at none"),
        ("/scorecards", {"policy": "trial"}, "policy 2026-01"),
        ("/scorecards", {"seller_id": "s-4"}, "all sellers, not one"),
        ("/scorecards", {"all": "true"}, "all false"),
        ("/scorecards", {"explain": "true"}, "explain false"),
        ("/scorecards", {"after": full, "explain": "false"}, "explain true"),
        ("/scorecards", {"after": full, "all": "false"}, "all true"),
        (COMPARED, {"after": compared, "all": "true"}, "all false"),
        ("/what-if", {"after": tried}, "all false"),
        ("/scorecards", {"after": compared}, "what another policy would change"),
        (
            "/scorecards",
            {"after": known, "known_at": NOW.isoformat()},
            "known_at 2026-04-01T00:00:00Z",
        ),
        (COMPARED, {}, "scorecards"),
        ("/policies/2026-01/comparison", {"after": compared}, "what another policy"),
        ("/what-if", {}, "scorecards"),
    ):
        answer = ask(served, path, **{"after": after, **query})
        said = f"after: the page before answered of {what}"
        assert (answer.status_code, answer.json()["type"]) == (422, "invalid-request")
        assert answer.json()["detail"].startswith(said)
        assert answer.json()["detail"].endswith(again)


def test_what_is_left_open_goes_on_as_it_was(served: Served) -> None:
    for path, query in (
        ("/scorecards", {"all": "true", "explain": "true"}),
        ("/scorecards", {"explain": "true"}),
        (COMPARED, {"all": "true"}),
    ):
        first = ask(served, path, limit="3", **query).json()
        assert the_rest(served, path, [first], limit="3") == the_rest(
            served, path, [first], limit="3", **query
        )
    body = {"policy": SHADOW.content}
    asked = {"limit": "3", "after": ask(served, "/what-if", limit="3").json()["next"]}
    found = served.http.post("/what-if", json=body, params=asked)
    assert found.json() == ask(served, "/what-if", **asked).json()


@pytest.mark.parametrize("path", ["/scorecards", COMPARED, "/what-if"])
def test_what_no_page_said_is_refused_by_its_name(served: Served, path: str) -> None:
    place = ("s-1", None, THEN, None, "2026-01", None, False, False)
    bad_places = (
        "x",
        "ü",
        written(("s-1",)),
        written((*place, {"orders": []}, {})),
        written((*place, {"orders": [2**63]}, {})),
        written((*place, {"orders": [-1]}, {})),
    )

    for after in bad_places:
        answer = ask(served, path, after=after)
        assert answer.status_code == 422
        assert NO_PAGE.removeprefix("after: ") in answer.json()["detail"]
        assert answer.json()["detail"].startswith("after: ")
    for limit in ("0", "501", "-1", "all"):
        answer = ask(served, path, limit=limit)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("limit: ")


def test_a_first_page_is_made_of_parts(served: Served) -> None:
    asked = (served.engine, Question(SHIPPED, AS_OF), SHADOW, None, 4)
    whole, in_parts = page_of_what_if(*asked), page_of_what_if(*asked, most_rows=200)

    assert whole.found.changes.levels.height == 4
    assert in_parts.found.counts == whole.found.counts
    assert in_parts.found.changes.levels.rows() == whole.found.changes.levels.rows()[:3]
    metrics = in_parts.found.changes.metrics
    assert metrics.rows() == whole.found.changes.metrics.rows()[: metrics.height]
    assert metrics["seller_id"].unique().len() == 3


def test_a_question_about_one_seller_has_one_page(served: Served) -> None:
    for role in ("operator", "seller"):
        headers = bearing(role, "s-4", NOW)
        query = {"as_of": THEN, "limit": "1", "seller_id": "s-4"}
        said = served.http.get("/scorecards", params=query, headers=headers).json()
        assert [row["seller_id"] for row in said["overall"]] == ["s-4"]
        assert said["next"] is None


@pytest.mark.parametrize(("most_rows", "count"), [(1, 9), (200, 4), (10_000, 1)])
def test_a_page_ends_where_its_sellers_have_much_to_say(
    served: Served, most_rows: int, count: int
) -> None:
    nothing, found = SeenOfAll({}, {}), list[SellerRange]()
    cursor: Cursor | None = Cursor("", nothing)
    while cursor is not None:
        found.append(next_sellers(served.engine, cursor, 500, most_rows))
        cursor = found[-1].page(None, nothing).next

    assert len(found) == count
    assert [each.beyond for each in found] == ["", *(each.last for each in found[:-1])]
    assert most_rows > 1 or [each.last for each in found[:-1]] == [*EVERYBODY]


@pytest.mark.parametrize(("explain", "count"), [("true", 2), ("false", 1)])
def test_what_explains_ends_where_much_was_read_shown_or_not(
    fresh_database: str, explain: str, count: int
) -> None:
    with serving(fresh_database) as served:
        tell(served)
        (before,) = pages(served, "/scorecards", all="true", explain=explain)
        for name in ("a", "s-2"):
            say_later(served, name, MOST_READ_TO_EXPLAIN * 3 // 4)

        found = pages(served, "/scorecards", all="true", explain=explain)

    assert len(found) == count
    assert said_by(found, SCORECARDS[:2]) == said_by([before], SCORECARDS[:2])
    assert found[0]["overall"][-1]["seller_id"] == EVERYBODY[3 if count > 1 else -1]


def say_later(served: Served, seller_id: str, times: int) -> None:
    """Let so much be said of a seller, of moments that nobody asks about yet."""
    later = text(
        "INSERT INTO obligation_sayings"
        " (seller_id, event_id, metric, says, subject_id, at, recorded_at, pos)"
        " SELECT :name, gen_random_uuid(), 'acceptance.timely', 'opened', 'later',"
        " :at, :at, 1 FROM generate_series(1, :times)"
    )
    with served.engine.begin() as db:
        db.execute(later, {"name": seller_id, "at": NOW, "times": times})


def test_nobody_is_a_page_of_nobody(fresh_database: str) -> None:
    with serving(fresh_database) as empty:
        (cards,), (compared,) = pages(empty, "/scorecards"), pages(empty, COMPARED)

    assert (cards["overall"], compared["sellers"]) == ([], [])
    assert compared["by_metric"][0]["same"] == 0
