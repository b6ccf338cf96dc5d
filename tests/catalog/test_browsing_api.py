"""What buyers find over HTTP, on a real database."""

from dataclasses import replace
from typing import Any, Self

import pytest
from fastapi.testclient import TestClient
from psycopg import Cursor

from contracts.buyers import CustomerCreated
from contracts.fact import Fact
from kit.database import driver
from kit.web.pages import written
from services.catalog import queries
from tests.catalog.client import IMAGES, LOT, MUG, P1, post, tell
from tests.catalog.stored import StoredCatalog
from tests.samples import (
    ACCESS_EXPIRED,
    APPROVED,
    DECLINED,
    MONDAY,
    REQUESTED,
    RULE_SET,
    WITHDRAWN,
)
from tests.standing_samples import (
    BOOST_ENDED,
    BOOSTED,
    LIFTED,
    REDUCED,
    REINSTATED,
    SUSPENDED,
)


@pytest.fixture(autouse=True)
def for_sale(http: TestClient) -> None:
    for seller in ("s-1", "s-2"):
        for n in range(3):
            post(http, f"/sellers/{seller}/products/p-{n}/listing", MUG)


def page(http: TestClient, **asked: str) -> tuple[list[str], str | None]:
    said = http.get("/browse", params={"buyer_id": "b-1", "limit": "2", **asked}).json()
    return [f"{p['seller_id']}/{p['product_id']}" for p in said["products"]], said["next"]


def walk(http: TestClient, **asked: str) -> list[str]:
    """All that a buyer sees who asks for page after page."""
    found, after = page(http, **asked)
    while after is not None:
        more, after = page(http, **(asked | {"after": after}))
        found += more
    return found


def test_a_buyer_sees_what_is_for_sale_the_newest_first(http: TestClient) -> None:
    post(http, "/sellers/s-1/products/p-1/delisting", seen='"1"')

    assert walk(http) == ["s-2/p-2", "s-2/p-1", "s-2/p-0", "s-1/p-2", "s-1/p-0"]
    assert walk(http, seller_id="s-1") == ["s-1/p-2", "s-1/p-0"]


def test_of_a_gated_seller_a_buyer_sees_nothing_without_approval(
    http: TestClient, catalog: StoredCatalog
) -> None:
    catalog.hear(RULE_SET, topic="buyers.v1")
    assert walk(http) == ["s-2/p-2", "s-2/p-1", "s-2/p-0"]

    catalog.hear(APPROVED, topic="buyers.v1")
    assert len(walk(http)) == 6
    assert len(walk(http, buyer_id="b-2")) == 3


def test_a_seller_who_opens_up_is_seen_by_everybody(
    http: TestClient, catalog: StoredCatalog
) -> None:
    opened = RULE_SET.model_copy(update={"approval_required": False, "set_at": MONDAY})
    catalog.hear(RULE_SET, opened, topic="buyers.v1")

    assert len(walk(http, buyer_id="b-2")) == 6


def test_what_is_listed_meanwhile_neither_repeats_nor_hides_anything(
    http: TestClient,
) -> None:
    first, after = page(http)
    post(http, "/sellers/s-3/products/p-0/listing", MUG)
    rest = walk(http, after=str(after))

    assert len({*first, *rest}) == len([*first, *rest]) == 6
    assert "s-3/p-0" not in [*first, *rest]


def test_what_goes_off_sale_meanwhile_hides_nothing_else(http: TestClient) -> None:
    first, after = page(http)
    for path in ("s-2/products/p-1", "s-1/products/p-1"):  # where it ended, and beyond
        post(http, f"/sellers/{path}/delisting", seen='"1"')

    assert first == ["s-2/p-2", "s-2/p-1"]
    assert walk(http, after=str(after)) == ["s-2/p-0", "s-1/p-2", "s-1/p-0"]


def test_what_is_put_back_on_sale_is_new_again(http: TestClient) -> None:
    _, after = page(http)
    post(http, f"{P1}/delisting", seen='"1"')
    post(http, f"{P1}/listing", MUG)

    assert walk(http, after=str(after)) == ["s-2/p-0", "s-1/p-2", "s-1/p-0"]
    assert walk(http)[0] == "s-1/p-1"


def test_a_change_leaves_a_product_where_it_stands(http: TestClient) -> None:
    before = walk(http)
    post(http, f"{P1}/change", MUG | {"title": "Blue mug"}, seen='"1"')

    assert walk(http) == before


def test_what_was_listed_at_one_moment_is_seen_once_each(http: TestClient) -> None:
    products = [f"q-{n}" for n in range(5)]
    for product in products:
        tell(http, "list-product", product_id=product, title="Mug")

    assert walk(http)[6:] == [f"s-1/{product}" for product in products[::-1]]


def test_a_buyer_sees_the_text_and_the_images(http: TestClient) -> None:
    products = http.get("/browse", params={"buyer_id": "b-1"}).json()["products"]

    assert [one["images"] for one in products] == [IMAGES] * 6
    assert {one["description"] for one in products} == {MUG["description"]}


@pytest.mark.parametrize("answer", [DECLINED, WITHDRAWN, ACCESS_EXPIRED])
def test_only_an_approval_lets_a_buyer_see(
    answer: Fact, http: TestClient, catalog: StoredCatalog
) -> None:
    catalog.hear(RULE_SET, REQUESTED, answer, topic="buyers.v1")

    assert walk(http, seller_id="s-1") == []


def test_a_seller_who_closes_meanwhile_is_no_longer_seen(
    http: TestClient, catalog: StoredCatalog
) -> None:
    first, after = page(http, seller_id="s-1")
    catalog.hear(RULE_SET, topic="buyers.v1")

    assert len(first) == 2
    assert walk(http, seller_id="s-1", after=str(after)) == []


def test_what_is_sold_out_is_seen_with_nothing_available(http: TestClient) -> None:
    post(http, f"{P1}/receipts", LOT)
    post(http, f"{P1}/deductions", {"units": LOT["units"], "reason": "damaged"})
    products = http.get("/browse", params={"buyer_id": "b-1"}).json()["products"]

    assert [p["available"] for p in products if p["product_id"] == "p-1"] == [None, 0]


def test_units_on_hand_are_shown_where_stock_is_kept(http: TestClient) -> None:
    post(http, f"{P1}/receipts", LOT)
    products = http.get("/browse", params={"buyer_id": "b-1"}).json()["products"]

    available = {(p["seller_id"], p["product_id"]): p["available"] for p in products}
    assert (available["s-1", "p-1"], available["s-1", "p-2"]) == (10, None)


@pytest.mark.parametrize(
    "after",
    [
        *("x", "", "W10", "%00", "W251bGxd"),
        *(written((rank, MONDAY, "s-1", "p-1")) for rank in (5, -7, None)),
    ],
)
def test_a_place_that_no_page_ended_at_is_refused(http: TestClient, after: str) -> None:
    answer = http.get("/browse", params={"buyer_id": "b-1", "after": after})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


FOR_SOME = REDUCED.model_copy(update={"for_buyers": "some"})
KNOWN = CustomerCreated(
    seller_id="s-2", customer_id="c-1", buyer_id="b-1", name="Shop", created_at=MONDAY
)
OURS = ["s-1/p-2", "s-1/p-1", "s-1/p-0"]
THEIRS = ["s-2/p-2", "s-2/p-1", "s-2/p-0"]


def stands(catalog: StoredCatalog, *facts: Fact, seller_id: str = "s-2") -> None:
    """Take what performance said of a seller, in the order of its stream."""
    of = [fact.model_copy(update={"seller_id": seller_id}) for fact in facts]
    catalog.hear(*of, topic="performance.v1")


def test_a_suspended_seller_is_not_shown_until_reinstated(
    http: TestClient, catalog: StoredCatalog
) -> None:
    stands(catalog, SUSPENDED)
    assert walk(http) == OURS
    assert walk(http, seller_id="s-2") == []

    stands(catalog, REINSTATED)
    assert walk(http) == THEIRS + OURS


def test_who_is_reduced_for_some_comes_last_to_those_who_do_not_know_them(
    http: TestClient, catalog: StoredCatalog
) -> None:
    catalog.hear(KNOWN, topic="buyers.v1")
    stands(catalog, FOR_SOME)

    assert walk(http) == THEIRS + OURS
    assert walk(http, buyer_id="b-2") == OURS + THEIRS
    assert page(http, buyer_id="b-2", limit="4")[0] == [*OURS, THEIRS[0]]


def test_who_is_reduced_for_all_comes_last_and_reaches_nobody_new(
    http: TestClient, catalog: StoredCatalog
) -> None:
    catalog.hear(KNOWN, topic="buyers.v1")
    stands(catalog, REDUCED)

    assert walk(http) == OURS + THEIRS
    assert walk(http, buyer_id="b-2") == OURS

    stands(catalog, LIFTED)
    assert walk(http, buyer_id="b-2") == THEIRS + OURS


def test_who_is_boosted_comes_first_as_long_as_that_lasts(
    http: TestClient, catalog: StoredCatalog
) -> None:
    stands(catalog, BOOSTED, seller_id="s-1")
    assert walk(http) == OURS + THEIRS
    assert page(http, limit="4")[0] == [*OURS, THEIRS[0]]

    stands(catalog, BOOST_ENDED, seller_id="s-1")
    assert walk(http) == THEIRS + OURS


def test_who_is_no_longer_boosted_while_a_page_is_read_is_on_it_once(
    catalog: StoredCatalog,
) -> None:
    stands(catalog, BOOSTED)
    meanwhile = [lambda: stands(catalog, BOOST_ENDED)]

    class Reading(Cursor[Any]):
        """Something happens once the first of what is for sale has been read."""

        def execute(self, query: Any, *given: Any, **more: Any) -> Self:  # noqa: ANN401
            found = super().execute(query, *given, **more)
            if "FROM listings" in query and meanwhile:
                meanwhile.pop()()
            return found

    with catalog.engine.connect() as db:
        driver(db).cursor_factory = Reading
        found = queries.for_sale(queries.Browsing("b-1", None, None, 10), db)
        db.invalidate()  # no other session reads like this

    assert [f"{p['seller_id']}/{p['product_id']}" for p in found] == THEIRS + OURS
    assert not meanwhile
    assert [p["visibility"] for p in found] == [1, 1, 1, 0, 0, 0]


def test_what_performance_says_may_come_in_any_order(
    http: TestClient, catalog: StoredCatalog
) -> None:
    first = catalog.record(SUSPENDED, "performance.v1")
    second = catalog.record(REINSTATED, "performance.v1")
    one, other = (dict(each.headers)["ce_sequence"] for each in (first, second))
    swapped = [
        replace(each, headers=[*(dict(each.headers) | {"ce_sequence": place}).items()])
        for each, place in ((first, other), (second, one))
    ]
    catalog.hear_records(swapped)

    assert walk(http, seller_id="s-1") == []
