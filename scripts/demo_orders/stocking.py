"""Stock: a product is listed, a lot comes in, and two orders want the last units."""

from typing import Any, Final

from scripts.demo_orders import tables
from scripts.demo_orders.day import Day, now
from scripts.demo_orders.reviewing import placing

LAMP: Final = ("lamp", "Lamp, stoneware", 6_000)
CATALOG: Final = "catalog"


def list_and_receive(day: Day) -> None:
    """A product goes on sale; what its listing lacks is said, and buyers find it."""
    with day.step(
        "List a product and receive a lot of it",
        "… items in the order that are not ready to be shipped or are out of stock.",
        None,
    ):
        product = _product(day)
        images = [f"https://images.example/lamp-{n}.jpg" for n in (1, 2)]
        said = {"title": LAMP[1], "images": images, "weight_g": 1_900}
        day.post(day.pottery, f"{product}/listing", said, service=CATALOG)
        listing = day.get(day.pottery, f"{product}/listing", service=CATALOG)
        complete = listing["completeness"]
        day.show(f"{complete['points']} points of 100; what is missing:")
        day.show(tables.rows(complete["missing"], "what", "points"))
        made_on = f"{now():%Y-%m-%d}"
        lot = {"lot_id": "lot-1", "units": 5, "manufactured_on": made_on}
        day.post(day.pottery, f"{product}/receipts", lot, service=CATALOG)
        seller = {"seller_id": day.pottery.name}
        found = day.get(day.cafe, "/browse", seller, service=CATALOG)
        day.show(tables.rows(found["products"], "product_id", "title", "available"))


def sell_the_last(day: Day) -> None:
    """Two orders want three of five: one gets them, of the other stock must say no."""
    names = day.names
    with day.step(
        "Two orders for the last units",
        "This is used if your inventory is depleted …",
        names.more_lamps,
    ):
        for order_id, buyer in ((names.lamps, day.cafe), (names.more_lamps, day.hotel)):
            day.post(buyer, "/orders", placing(order_id, day.pottery, (LAMP, 3)))
        day.post(day.pottery, f"/orders/{names.lamps}/acceptance", {})
        day.let_it_travel("catalog has heard of the acceptance")
        _stock(day)
        day.post(day.pottery, f"/orders/{names.more_lamps}/acceptance", {}, expect=409)


def give_back(day: Day) -> None:
    """The first order is cancelled: its units are there again, for the second."""
    names = day.names
    with day.step(
        "Stock comes back",
        "Once the order is accepted it is marked as approved.",
        names.more_lamps,
    ):
        path = f"/orders/{names.lamps}/cancellation"
        day.post(day.cafe, path, {"reason": "buyer_request"})
        day.let_it_travel("catalog has heard of the cancellation")
        day.post(day.pottery, f"/orders/{names.more_lamps}/acceptance", {})
        day.let_it_travel("catalog has heard of the acceptance")
        _stock(day)
        moved = day.get(day.pottery, f"{_product(day)}/stock/history", service=CATALOG)
        columns = ("at", "type", "change", "on_hand", "actor", "ref")
        told = [
            {**one, "at": tables.moment(one["at"]), "ref": one["said"].get("ref")}
            for one in moved["movements"]
        ]
        day.show(tables.rows(told, *columns))


def _stock(day: Day) -> None:
    """Show what is on hand, and what is set aside for which order."""
    stock: Any = day.get(day.pottery, f"{_product(day)}/stock", service=CATALOG)
    aside = ", ".join(f"{units} for {one}" for one, units in stock["set_aside"].items())
    day.show(f"{stock['on_hand']} on hand; set aside: {aside or 'none'}")


def _product(day: Day) -> str:
    return f"/sellers/{day.pottery.name}/products/{LAMP[0]}"


STEPS: Final = (list_and_receive, sell_the_last, give_back)
