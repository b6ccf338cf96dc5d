"""Orders come in, and their seller looks at them."""

from datetime import timedelta
from typing import Final

from scripts.demo_orders import tables
from scripts.demo_orders.clients import Client, Json
from scripts.demo_orders.day import Day, in_days, now

MUG: Final = ("mug", "Mug, salt glaze", 1_200)
BOWL: Final = ("bowl", "Bowl, large", 1_800)
VASE: Final = ("vase", "Vase, tall", 4_500)
PLATE: Final = ("plate", "Plate, flat", 1_500)


def placing(
    order_id: str, seller: Client, *goods: tuple[tuple[str, str, int], int], **more: str
) -> Json:
    """Return what a buyer says to place an order of `goods`: products and quantities."""
    lines = [
        {
            "line_id": f"l-{number}",
            "product_id": product_id,
            "title": title,
            "quantity": quantity,
            "unit_price_cents": cents,
        }
        for number, ((product_id, title, cents), quantity) in enumerate(goods, 1)
    ]
    return {
        "order_id": order_id,
        "seller_id": seller.name,
        "lines": lines,
        "shipping_cents": 2_500,
        "currency": "USD",
        "payment_method": "card",
        "ship_to_country": "US",
        "ship_by": in_days(5),
    } | more


def orders_come_in(day: Day) -> None:
    """Three buyers order; the marketplace brings along an order of last week."""
    names, pottery = day.names, day.pottery
    with day.step(
        "Orders come in",
        "… using the left navigation bar, click Orders.",
        names.breakfast,
    ):
        first = placing(
            names.breakfast, pottery, (MUG, 24), (BOWL, 12), (VASE, 6), (PLATE, 10)
        )
        rooms = placing(names.rooms, pottery, (MUG, 40), payment_method="terms")
        abroad = placing(names.abroad, pottery, (BOWL, 4), ship_to_country="CA")
        depleted = placing(names.depleted, pottery, (VASE, 30))
        for buyer, body in (
            (day.cafe, first),
            (day.hotel, rooms),
            (day.museum, abroad),
            (day.cafe, depleted),
        ):
            day.post(buyer, "/orders", body)
        _bring_along(day)
        counts = day.get(pottery, "/order-counts")
        day.show(", ".join(f"{name} {count}" for name, count in counts.items()))


def _bring_along(day: Day) -> None:
    """Tell of an order that was placed elsewhere, as an import does."""
    long_ago, was_due = (now() - timedelta(days=days) for days in (3, 1))
    body = placing(
        day.names.last_week,
        day.pottery,
        (PLATE, 6),
        buyer_id=day.hotel.name,
        ship_by=was_due.isoformat(timespec="seconds"),
        at=long_ago.isoformat(timespec="seconds"),
    )
    key = f"demo/{day.names.last_week}"
    commands = [{"key": key, "command": "place-order", **body}]
    said = day.post(day.marketplace, "/commands", {"commands": commands})
    day.show(tables.rows(said["results"], "key", "outcome"))


def look_at_one(day: Day) -> None:
    """Look at the details of one order, and what it may still qualify for."""
    with day.step(
        "Review the order details",
        "… which showcases Order Information, Shipping & Billing Information and a list of "
        "the Order Items.",
        None,
    ):
        order = day.get(day.pottery, f"/orders/{day.names.breakfast}")
        facts = ("buyer_id", "state", "payment_method", "ship_to_country", "ship_by")
        day.show(", ".join(f"{name.removesuffix('_id')} {order[name]}" for name in facts))
        day.show(tables.items(order), tables.sums(order))
        promised = ("promotion", "qualifies", "until", "because")
        day.show(tables.rows(order["promotions"], *promised))
        overdue = day.get(day.pottery, "/orders", {"overdue": "true"})
        day.show(f"overdue: {', '.join(one['order_id'] for one in overdue['orders'])}")


STEPS: Final = (orders_come_in, look_at_one)
