"""The All Orders table: what it finds, in which order, page by page while orders arrive."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random  # noqa: TID251 - seeded, to make orders of a test
from typing import Any

import pytest
from sqlalchemy import Connection, event

from contracts.fact import Fact
from contracts.orders import OrderPlaced
from services.orders import projections, queries
from services.orders.queries.table import Filter, Sort
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    FRIDAY,
    INVOICED,
    LINE,
    LINE_REMOVED,
    PLACED,
    REJECTED,
    SHIPPED_IN_PART,
    history,
)

NOW = FRIDAY + timedelta(days=30)
SORTS: Sequence[Sort] = (
    "placed_at",
    "-placed_at",
    "ship_by",
    "-ship_by",
    "total_cents",
    "-total_cents",
)
FILTERS = [
    Filter(seller_id="s-1"),
    Filter(seller_id="s-2"),
    Filter(seller_id="s-1", states=["accepted"]),
    Filter(seller_id="s-1", states=["rejected", "cancelled"]),
    Filter(seller_id="s-1", buyer_id="b-1"),
    Filter(seller_id="s-1", product_id="p-1"),
    Filter(seller_id="s-1", product_id="p-1", states=["open"], buyer_id="b-2"),
    Filter(seller_id="s-1", placed_from=FRIDAY, placed_until=FRIDAY + timedelta(days=3)),
    Filter(seller_id="s-1", from_cents=5_000, until_cents=9_000),
    Filter(seller_id="s-1", invoice_state="ready"),
    Filter(seller_id="s-1", invoice_state="confirmed"),
    Filter(seller_id="s-1", invoice_state="none", overdue=True),
    Filter(seller_id="s-1", overdue=False),
]


@pytest.fixture
def table(db: Connection) -> Connection:
    projections.metadata.create_all(db)
    projections.products_metadata.create_all(db)
    return db


def seeded(seed: int) -> Random:
    """The same orders at every run."""
    return Random(seed)  # noqa: S311 - nothing to guess


def arrive(db: Connection, facts: Sequence[Fact]) -> None:
    """An order's facts, as one transaction records them."""
    recorded = history(*facts)
    projections.project_seller_orders(recorded, db)
    projections.project_order_products(recorded, db)


def an_order(number: int, random: Random) -> list[Fact]:
    """An order of two sellers and three buyers, in one of all states."""
    order = {"order_id": f"o-{number}", "seller_id": random.choice(["s-1", "s-1", "s-2"])}
    placed = PLACED.model_copy(
        update=order
        | {
            "buyer_id": f"b-{random.randrange(3)}",
            "lines": tuple(
                LINE.model_copy(
                    update={
                        "line_id": f"l-{n}",
                        "product_id": f"p-{random.randrange(4)}",
                        "quantity": random.randrange(1, 5),
                    }
                )
                for n in range(random.randrange(1, 3))
            ),
            "placed_at": FRIDAY + timedelta(days=random.randrange(6)),
            "ship_by": FRIDAY + timedelta(days=random.randrange(20, 40)),
        }
    )
    ending: Sequence[Sequence[Fact]] = (
        (),
        (ACCEPTED,),
        (ACCEPTED, SHIPPED_IN_PART),
        (ACCEPTED, SHIPPED_IN_PART, INVOICED),
        (ACCEPTED, CANCELLED),
        (REJECTED,),
    )
    rest = [fact.model_copy(update=order) for fact in random.choice(ending)]
    return [placed, *rest]


def pages(
    db: Connection, asked: Filter, sort: Sort, limit: int
) -> Iterator[Sequence[dict[str, Any]]]:
    """Page after page, to the end."""
    after = None
    while found := queries.page(asked, sort, after, limit, at=NOW, db=db):
        yield found
        after = (found[-1][sort.removeprefix("-")], found[-1]["order_id"])


def is_asked(row: dict[str, Any], products: set[str], asked: Filter) -> bool:
    """What the filter says, one condition after the other."""
    pending = row["state"] == "open" or (
        row["state"] == "accepted" and row["shipped_units"] < row["units"]
    )
    overdue = pending and row["ship_by"] < NOW
    ready = row["state"] == "accepted" and row["shipped_units"] > 0
    invoice = "confirmed" if row["invoice_id"] else "ready" if ready else "none"
    return (
        row["seller_id"] == asked.seller_id
        and (not asked.states or row["state"] in asked.states)
        and asked.buyer_id in {None, row["buyer_id"]}
        and (asked.product_id is None or asked.product_id in products)
        and (asked.placed_from is None or row["placed_at"] >= asked.placed_from)
        and (asked.placed_until is None or row["placed_at"] < asked.placed_until)
        and (asked.from_cents is None or row["total_cents"] >= asked.from_cents)
        and (asked.until_cents is None or row["total_cents"] < asked.until_cents)
        and asked.invoice_state in {None, invoice}
        and asked.overdue in {None, overdue}
    )


@pytest.mark.parametrize("sort", SORTS)
def test_pages_hold_what_is_asked_in_its_order_and_nothing_twice(
    table: Connection, sort: Sort
) -> None:
    random = seeded(7)
    products = {}
    for number in range(120):
        facts = an_order(number, random)
        assert isinstance(facts[0], OrderPlaced)
        products[facts[0].order_id] = {line.product_id for line in facts[0].lines}
        arrive(table, facts)
    rows = [
        dict(row) for row in table.execute(projections.seller_orders.select()).mappings()
    ]

    for asked in FILTERS:
        wanted = [row for row in rows if is_asked(row, products[row["order_id"]], asked)]
        wanted.sort(
            key=lambda row: (row[sort.removeprefix("-")], row["order_id"]),
            reverse=sort.startswith("-"),
        )
        found = [row["order_id"] for page in pages(table, asked, sort, 7) for row in page]
        assert found == [row["order_id"] for row in wanted]
        assert wanted, f"no order shows anything of {asked}"


@pytest.mark.parametrize("sort", SORTS)
def test_orders_that_arrive_meanwhile_push_no_other_out_of_its_page(
    table: Connection, sort: Sort
) -> None:
    random = seeded(11)
    for number in range(60):
        arrive(table, an_order(number, random))
    numbers = iter(range(60, 10_000))
    asked, found = Filter(seller_id="s-1"), list[str]()
    before = {row["order_id"] for page in pages(table, asked, sort, 500) for row in page}

    for page in pages(table, asked, sort, 4):
        found += [row["order_id"] for row in page]
        for _ in range(2 if len(found) < 200 else 0):
            arrive(table, an_order(next(numbers), random))

    assert len(found) == len(set(found))
    assert before <= set(found)


def test_a_product_that_was_removed_finds_its_order_no_more(table: Connection) -> None:
    lines = (LINE, LINE.model_copy(update={"line_id": "l-2", "product_id": "p-9"}))
    placed = PLACED.model_copy(update={"lines": lines})
    asked = Filter(seller_id="s-1", product_id="p-9")
    arrive(table, [placed])
    assert len(queries.page(asked, "placed_at", None, 9, at=NOW, db=table)) == 1

    arrive(table, [placed, LINE_REMOVED])
    assert queries.page(asked, "placed_at", None, 9, at=NOW, db=table) == []


def test_orders_are_counted_by_state_and_the_overdue_too(table: Connection) -> None:
    random = seeded(3)
    for number in range(50):
        arrive(table, an_order(number, random))

    counts = queries.counts("s-1", NOW, table)

    for state in ("open", "accepted", "rejected", "cancelled", "expired"):
        asked = Filter(seller_id="s-1", states=[state])
        found = queries.page(asked, "placed_at", None, 500, at=NOW, db=table)
        assert counts[state] == len(found)
    late = Filter(seller_id="s-1", overdue=True)
    assert counts["overdue"] == len(
        queries.page(late, "ship_by", None, 500, at=NOW, db=table)
    )
    assert counts["all"] == sum(counts[s] for s in counts if s not in {"all", "overdue"})


@pytest.mark.parametrize(
    ("asked", "sort"),
    [
        (FILTERS[0], "placed_at"),
        (FILTERS[0], "-placed_at"),
        (FILTERS[0], "total_cents"),
        (FILTERS[2], "-placed_at"),
        (FILTERS[4], "placed_at"),
        (FILTERS[5], "-placed_at"),
        (Filter(seller_id="s-1", overdue=True), "ship_by"),
        (Filter(seller_id="s-1", overdue=True), "-ship_by"),
    ],
)
def test_a_page_begins_where_its_index_says_and_sorts_nothing(
    table: Connection, asked: Filter, sort: Sort
) -> None:
    random, statements = seeded(5), []
    for number in range(400):
        arrive(table, an_order(number, random))
    table.exec_driver_sql("ANALYZE")
    table.exec_driver_sql("SET LOCAL enable_seqscan = off")
    table.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
    first, *_ = pages(table, asked, sort, 5)
    place = (first[-1][sort.removeprefix("-")], first[-1]["order_id"])
    event.listen(table, "before_cursor_execute", lambda *said: statements.append(said[2:4]))

    queries.page(asked, sort, place, 5, at=NOW, db=table)

    ((sql, values),) = statements
    plan = "\n".join(row[0] for row in table.exec_driver_sql(f"EXPLAIN {sql}", values))
    assert "Sort" not in plan
    assert "ROW(" in plan.partition("Index Cond:")[2].partition("\n")[0]
