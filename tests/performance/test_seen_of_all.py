"""What comes while pages of all sellers are turned: it changes none of them."""

from typing import Any, Final

import polars as pl
import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given, strategies as st
from sqlalchemy import text, update

from contracts.fact import Fact
from contracts.topics import FACTS
from kit.consumers.records import Received
from kit.consumers.tables import consumer_positions, parked_events
from kit.database import address
from kit.partitions import partition_of
from kit.readmodels.frames import one_moment
from services.performance.consumers import OBLIGATIONS
from services.performance.queries.seen import MOST_ASIDE
from services.performance.queries.seen_of_all import (
    MorePartitions,
    SeenOfAll,
    had_come,
    seen_of_all,
)
from tests.kit.consumers.records import ARecord
from tests.performance.all_sellers import (
    ASKED,
    NAMES,
    NOW,
    Served,
    ask,
    of,
    pages,
    said_by,
    serving,
    tell,
    the_rest,
)
from tests.performance.facts import accepted, listed, placed, rejected
from tests.performance.world import AS_OF, DAY

PARTITIONS: Final = FACTS[0].partitions


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
            aside = seen_of_all(read).aside
        assert sum(map(len, (aside or {}).values())) == is_told * MOST_ASIDE
        (before,) = pages(served, "/scorecards", all="true")
        assert (before["again"] is not None) is is_told
        first = ask(served, "/scorecards", all="true", limit="1").json()
        redrive(served, parked)

        rest = the_rest(served, "/scorecards", [first], limit="3")

    (before_of_all,), (then_of_all,) = (
        said_by([before], ["cards"]),
        said_by(rest, ["cards"]),
    )
    changed = [row["seller_id"] for row in then_of_all if row not in before_of_all]
    assert {*changed} == (set() if is_told else {"s-3"})


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


PLACES: Final = st.integers(1, 6)
HOW_FAR: Final = st.lists(st.integers(0, 6), min_size=1, max_size=4)
SOURCES: Final = ("orders", "buyers", "catalog")
sources = st.sampled_from(SOURCES)
rows_of_facts = st.lists(st.tuples(st.sampled_from(NAMES), sources, PLACES))
anything_seen = st.builds(
    SeenOfAll,
    st.dictionaries(sources, HOW_FAR),
    st.dictionaries(sources, st.lists(PLACES, min_size=1, max_size=2)),
)


@given(rows_of_facts, anything_seen)
def test_of_rows_those_had_come_that_lie_as_far_as_their_partition_stood(
    rows: list[tuple[str, str, int]], seen: SeenOfAll
) -> None:
    found = had_come(rows_as_read(rows), seen)

    assert sorted(found.rows()) == sorted(row for row in rows if came(*row, seen))


def came(seller_id: str, source: str, pos: int, seen: SeenOfAll) -> bool:
    places = seen.places.get(source, [0])
    every = [*range(len(places))]
    partition = DefaultPartitioner()(seller_id.encode(), every, every)
    return pos <= places[partition] and pos not in (seen.aside or {}).get(source, [])


def test_nobody_is_looked_for_of_whom_all_had_come_wherever_it_lies() -> None:
    rows = rows_as_read([(f"one of many {n}", "orders", 1 + n % 9) for n in range(100)])
    before = partition_of.cache_info()

    found = had_come(rows, SeenOfAll({"orders": [9, 12, 10, 9]}, {}))

    assert found.height == rows.height
    assert partition_of.cache_info() == before


def rows_as_read(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    schema = {"seller_id": pl.String(), "source": pl.String(), "pos": pl.Int64()}
    return pl.DataFrame(rows, schema, orient="row")


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
