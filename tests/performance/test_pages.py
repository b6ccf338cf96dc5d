"""Answers about all sellers: pages are the whole, and of one moment, whatever comes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text, update

from contracts.fact import Fact
from contracts.topics import FACTS
from kit.consumers.records import Received
from kit.consumers.tables import consumer_positions, parked_events
from kit.database import address
from kit.readmodels.frames import one_moment
from kit.serving import build
from kit.web.pages import written
from services.performance.app import blueprint
from services.performance.consumers import OBLIGATIONS
from services.performance.queries import Question, ask_scorecards
from services.performance.queries.pages import Start, Stretch, next_sellers, page_of_what_if
from services.performance.queries.seen import MOST_ASIDE
from services.performance.queries.seen_of_all import MorePartitions, SeenOfAll, seen_of_all
from tests.infrastructure import drop_database, new_database
from tests.kit.consumers.records import ARecord
from tests.performance.arrivals import Arrivals
from tests.performance.facts import accepted, listed, placed, rejected
from tests.performance.policy_files import SHIPPED, with_standard
from tests.performance.test_what_if import month
from tests.performance.world import AS_OF, DAY
from tests.tokens import asking, bearing, settings

NOW: Final = AS_OF + 40 * DAY
THEN: Final = AS_OF.isoformat()
SHADOW: Final = with_standard(
    "acceptance.timely",
    SHIPPED.model_copy(update={"version": "trial", "shadow": True}),
    star=0.1,
    warn=0.1,
    limit=0.1,
)
NAMES: Final = ("a", "o'neil", "s-1", "s-2", "s-3", "s-4", "ü")
EVERYBODY: Final = sorted((*NAMES, "only listed"))
COMPARED: Final = "/policies/trial/comparison"
PARTITIONS: Final = FACTS[0].partitions
NO_PAGE: Final = "after: no page ended there; give the `next` of the page before, as it is"


@dataclass
class Served:
    http: TestClient
    arrivals: Arrivals

    @property
    def engine(self) -> Engine:
        return self.arrivals.engine


@contextmanager
def serving(database: str) -> Iterator[Served]:
    app = build(blueprint([SHIPPED, SHADOW]), settings(database))
    with asking(app, at=NOW) as http:
        yield Served(http, Arrivals(app.state.engine))


def tell(served: Served) -> None:
    for late, name in enumerate(NAMES):
        served.arrivals.hear(*month(name, late))
    served.arrivals.hear(of("s-4", listed()), of("only listed", listed()))


@pytest.fixture(scope="module")
def served(postgres_url: str) -> Iterator[Served]:
    url = new_database(postgres_url)
    with serving(url) as found:
        tell(found)
        yield found
    drop_database(postgres_url, url)


def of(seller_id: str, fact: Fact) -> Fact:
    return fact.model_copy(update={"seller_id": seller_id})


def ask(served: Served, path: str, **query: str) -> Response:
    if path == "/what-if":
        body = {"policy": SHADOW.content, "as_of": THEN, "all": True}
        return served.http.post(path, json=body, params=query)
    return served.http.get(path, params={"as_of": THEN} | query)


def pages(served: Served, path: str, **query: str) -> list[dict[str, Any]]:
    """All pages of an answer, one after the other."""
    return the_rest(served, path, [], **query)


def the_rest(
    served: Served, path: str, some: list[dict[str, Any]], **query: str
) -> list[dict[str, Any]]:
    """All pages of an answer, of which there are some."""
    found = [*some]
    while not found or found[-1]["next"] is not None:
        onward = {"after": found[-1]["next"]} if found else {}
        answer = ask(served, path, **query, **onward)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
    return found


SCORECARDS: Final = ("cards", "overall", "evidence")
ASKED: Final[list[tuple[str, dict[str, str], tuple[str, ...]]]] = [
    ("/scorecards", {"all": "true", "explain": "true"}, SCORECARDS),
    ("/scorecards", {"known_at": THEN, "policy": "trial"}, SCORECARDS[:2]),
    (COMPARED, {"all": "true"}, ("sellers",)),
    (COMPARED, {"known_at": THEN}, ("sellers",)),
    ("/what-if", {}, ("sellers",)),
]


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


def test_what_comes_between_pages_changes_none(fresh_database: str) -> None:
    with serving(fresh_database) as served:
        tell(served)
        overdue = [served.arrivals.record(of("s-4", placed("late", AS_OF - 9 * DAY)))]
        whole = [pages(served, path, **query)[0] for path, query, _ in ASKED]
        parked = park(served, of("s-3", rejected("other", AS_OF - 14 * DAY, "s-3-1")))
        some = [ask(served, path, **q, limit="3").json() for path, q, _ in ASKED]

        assert overdue[0].partition != parked.partition
        served.arrivals.take(overdue)
        redrive(served, parked)
        more_comes(served)

        for (path, query, names), before, first in zip(ASKED, whole, some, strict=True):
            said = said_by([before], names)
            rest = the_rest(served, path, [first], **query, limit="3")
            assert said_by(rest, names) == said
            assert first.get("by_metric") == before.get("by_metric")
            for page in rest:
                again = ask(served, path, **query, limit="3", after=page["again"])
                assert again.json() == page
            assert said_by(pages(served, path, **query), names) != said


def more_comes(served: Served) -> None:
    """Of sellers who are there and of others: some told late, some recorded late."""
    for name in (*NAMES, "b", "t", "z"):
        late = [
            placed(f"{name}-late", AS_OF - 9 * DAY),
            accepted(AS_OF - DAY, f"{name}-late"),
            listed(AS_OF - DAY),
        ]
        served.arrivals.hear(*(of(name, fact) for fact in late))
        served.arrivals.hear(of(name, placed(f"{name}-x", AS_OF - 9 * DAY)), late=30 * DAY)


def said_by(found: list[dict[str, Any]], names: Sequence[str]) -> list[list[Any]]:
    return [[row for page in found for row in page[name]] for name in names]


def park(served: Served, fact: Fact) -> ARecord:
    """Let a fact come that can't be applied, and another one behind it."""
    record = served.arrivals.record(fact)
    row: dict[str, Any] = {
        "group_name": "performance",
        "topic": record.topic,
        "stream_id": "order-x",
        "record_offset": record.offset,
        "partition": record.partition,
        "timestamp_ms": 0,
        "pos": served.arrivals.places[record.topic],
        "version": 1,
        "event_id": "00000000-0000-0000-0000-000000000001",
        "type": "orders.order-rejected.v1",
        "key": record.key,
        "headers": [],
    }
    with served.engine.begin() as db:
        db.execute(parked_events.insert(), [row])
    served.arrivals.hear(of(fact.seller_id, placed("o-after", NOW - DAY)))
    return record


def redrive(served: Served, parked: ARecord) -> None:
    """Apply what was parked after all."""
    with served.engine.begin() as db:
        OBLIGATIONS.handler([Received.parse(parked)], db)
        db.execute(parked_events.delete())


@pytest.mark.parametrize(
    ("others", "is_told"), [(MOST_ASIDE - 1, True), (MOST_ASIDE, False)]
)
def test_of_more_facts_set_aside_than_a_page_tells_those_applied_meanwhile_count(
    fresh_database: str, others: int, *, is_told: bool
) -> None:
    with serving(fresh_database) as served:
        tell(served)
        parked = park(served, of("s-3", rejected("other", AS_OF - 14 * DAY, "s-3-1")))
        park_as_many(served, others)
        with one_moment(address(served.engine)) as read:
            assert sum(map(len, seen_of_all(read).aside.values())) == is_told * MOST_ASIDE
        (before,) = pages(served, "/scorecards", all="true")
        first = ask(served, "/scorecards", all="true", limit="1").json()
        redrive(served, parked)

        rest = the_rest(served, "/scorecards", [first], limit="3")

    (before_of_all,), (then_of_all,) = (
        said_by([before], ["cards"]),
        said_by(rest, ["cards"]),
    )
    changed = [row["seller_id"] for row in then_of_all if row not in before_of_all]
    assert {*changed} == (set() if is_told else {"s-3"})


def park_as_many(served: Served, others: int) -> None:
    """Set others aside, like the one that is."""
    told = [column.name for column in parked_events.columns]
    further = {"record_offset": "record_offset + n", "pos": "pos + n"}
    picked = ", ".join(further.get(name, name) for name in told)
    copied = f"INSERT INTO parked_events ({', '.join(told)}) SELECT {picked} "
    with served.engine.begin() as db:
        db.execute(
            text(
                f"{copied} FROM parked_events, generate_series(1001, 1000 + :others) AS n"
            ),
            {"others": others},
        )


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

    assert whole.found.levels.height == 4
    assert in_parts.counts == whole.counts
    assert in_parts.found.levels.rows() == whole.found.levels.rows()[:3]
    metrics = in_parts.found.metrics
    assert metrics.rows() == whole.found.metrics.rows()[: metrics.height]
    assert metrics["seller_id"].unique().len() == 3


def test_a_question_about_one_seller_has_one_page(served: Served) -> None:
    for role in ("operator", "seller"):
        headers = bearing(role, "s-4", NOW)
        query = {"as_of": THEN, "limit": "1", "seller_id": "s-4"}
        said = served.http.get("/scorecards", params=query, headers=headers).json()
        assert [row["seller_id"] for row in said["overall"]] == ["s-4"]
        assert said["again"] is said["next"] is None


@pytest.mark.parametrize(("most_rows", "count"), [(1, 9), (200, 4), (10_000, 1)])
def test_a_page_ends_where_its_sellers_have_much_to_say(
    served: Served, most_rows: int, count: int
) -> None:
    nothing, found = SeenOfAll({}, {}), list[Stretch]()
    start: Start | None = Start("", nothing)
    while start is not None:
        found.append(next_sellers(served.engine, start, 500, most_rows))
        start = found[-1].turned(nothing).next

    assert len(found) == count
    assert [each.beyond for each in found] == ["", *(each.last for each in found[:-1])]
    assert most_rows > 1 or [each.last for each in found[:-1]] == [*EVERYBODY]


def test_partitions_that_no_contract_tells_of_are_no_place_to_go_on_from(
    fresh_database: str,
) -> None:
    with serving(fresh_database) as served:
        tell(served)
        further = update(consumer_positions).values(partition=PARTITIONS + 2)
        with served.engine.begin() as db:
            db.execute(further.where(consumer_positions.c.partition == 0))

        with pytest.raises(MorePartitions, match=rf"says {PARTITIONS}: say how many"):
            ask(served, "/scorecards")


def test_nobody_is_a_page_of_nobody(fresh_database: str) -> None:
    with serving(fresh_database) as empty:
        (cards,), (compared,) = pages(empty, "/scorecards"), pages(empty, COMPARED)

    assert (cards["overall"], compared["sellers"]) == ([], [])
    assert compared["by_metric"][0]["same"] == 0
