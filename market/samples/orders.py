"""Orders of the generated history, as Olist's three files say them.

What a seller ships itself the marketplace does not know: those stamps are missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from market.samples.sellers import (
    BEGIN,
    DAY,
    EXPORTED_AT,
    HOUR,
    PARTNERS,
    PRODUCTS,
    SATURDAY,
    SELLERS,
    Cells,
    Draws,
    Seller,
    happened,
    is_one,
    unit,
)

CATEGORIES: Final = ("baskets", "lamps", "blankets", "trays", "mirrors")


@dataclass
class Order:
    """An order with its stamps and the (seller, product) of each unit.

    Shape: `by` is the seller that ships it, None if the marketplace does.
    """

    placed_at: datetime
    approved_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    ship_by: datetime
    units: list[tuple[str, str]] = field(default_factory=list)
    by: Seller | None = None

    @property
    def sellers(self) -> Sequence[str]:
        """The ids of those who sold something in it, in the order of its units."""
        return list(dict.fromkeys(seller_id for seller_id, _ in self.units))


def orders(draws: Draws) -> list[Order]:
    """Return every order, by the moment it was placed."""
    made = [order for seller in SELLERS for order in _orders_of(seller, draws)]
    made += awkward_orders()
    placed = (order for order in made if order.placed_at < EXPORTED_AT)
    return sorted(placed, key=lambda order: order.placed_at)


def _orders_of(seller: Seller, draws: Draws) -> Iterator[Order]:
    for number in range(1, seller.orders + 1):
        name = f"{seller.name}/{number}"
        order = _order(seller, number, name, draws)
        for each in range(1 + draws.below(3, f"{name}/units")):
            product = draws.below(PRODUCTS, f"{name}/{each // 2}/product") + 1
            order.units.append(unit(seller.name, product))
        if seller.name in PARTNERS and is_one(number, 12):
            order.units.append(unit(PARTNERS[seller.name], 1))
        elif is_one(number, seller.ships_itself) and order.shipped_at is not None:
            order.by = seller
        yield order


def _order(seller: Seller, number: int, name: str, draws: Draws) -> Order:
    day = (number - 1) * (EXPORTED_AT - BEGIN).days // seller.orders
    placed_at = BEGIN + day * DAY + draws.between(8 * HOUR, 21 * HOUR, f"{name}/placed")
    if seller.at_weekends:
        placed_at += (SATURDAY - placed_at.weekday()) % 7 * DAY
    approval = draws.between(HOUR / 6, 3 * HOUR, f"{name}/approved")
    if seller.at_weekends:
        approval = 2 * DAY + 3 * HOUR - approval
    elif is_one(number, seller.accepts_late):
        approval += 4 * DAY
    ship_by = placed_at + 6 * DAY
    approved_at = placed_at + approval
    shipped_at = approved_at + draws.between(6 * HOUR, 30 * HOUR, f"{name}/shipped")
    if is_one(number, seller.ships_late):
        shipped_at = ship_by + draws.between(6 * HOUR, 40 * HOUR, f"{name}/late")
    delivered_at = shipped_at + draws.between(2 * DAY, 6 * DAY, f"{name}/delivered")
    if is_one(number, seller.never_accepts):
        return Order(placed_at, None, None, None, ship_by)
    return Order(placed_at, approved_at, shipped_at, delivered_at, ship_by)


def awkward_orders() -> list[Order]:
    """Return orders whose rows contradict themselves or lack what others have."""
    at = datetime(2025, 2, 11, 10, 30, tzinfo=UTC)
    whole = Order(at, at + HOUR, at + DAY, at + 4 * DAY, at + 6 * DAY, [unit("fir", 1)])
    later = replace(whole, placed_at=at + DAY)
    return [
        replace(whole, approved_at=None),  # shipped, and delivered, without acceptance
        replace(whole, shipped_at=None),  # delivered without having left
        replace(whole, approved_at=at - HOUR),  # accepted before it was placed
        replace(whole, approved_at=at + 2 * DAY),  # left before it was accepted
        replace(whole, delivered_at=None),  # lost on its way
        replace(later, units=[]),  # nothing was ordered
        replace(later, units=[unit("fir", PRODUCTS + 1)]),  # nobody describes the product
        replace(later, units=[unit("fir", 2)] * 3),  # three of one kind
    ]


def order_rows(made: Sequence[Order]) -> Iterator[Cells]:
    """Yield the rows of the orders file. What happened after the export is missing."""
    for number, order in enumerate(made, 1):
        estimated = order.placed_at + 14 * DAY
        known = replace(order, shipped_at=None, delivered_at=None) if order.by else order
        yield {
            "order_id": f"order-{number:04}",
            "customer_id": f"buyer-{number:04}",
            "order_status": _status(known),
            "order_purchase_timestamp": _stamp(known.placed_at),
            "order_approved_at": _stamp(known.approved_at),
            "order_delivered_carrier_date": _stamp(known.shipped_at),
            "order_delivered_customer_date": _stamp(known.delivered_at),
            "order_estimated_delivery_date": f"{estimated:%Y-%m-%d} 00:00:00",
        }


def _status(order: Order) -> str:
    if not order.units:
        return "unavailable"
    if happened(order.delivered_at):
        return "delivered"
    if happened(order.shipped_at):
        return "shipped"
    return "approved" if happened(order.approved_at) else "created"


def _stamp(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at is not None and happened(at) else ""


def item_rows(made: Sequence[Order], draws: Draws) -> Iterator[Cells]:
    """Yield the rows of the items file: one for each unit, at its product's price."""
    for number, order in enumerate(made, 1):
        for item, (seller_id, product_id) in enumerate(order.units, 1):
            price = 1_490 + 10 * draws.below(900, f"{product_id}/price")
            freight = 500 + draws.below(2_000, f"{number}/{item}/freight")
            yield {
                "order_id": f"order-{number:04}",
                "order_item_id": str(item),
                "product_id": product_id,
                "seller_id": seller_id,
                "shipping_limit_date": f"{order.ship_by:%Y-%m-%d %H:%M:%S}",
                "price": f"{price / 100:g}",
                "freight_value": f"{freight // 100}.{freight % 100:02}",
            }


def product_rows(draws: Draws) -> Iterator[Cells]:
    """Yield the rows of the products file. What a seller does not say is empty."""
    for seller in SELLERS:
        for number in range(1, PRODUCTS + 1):
            name = f"{seller.name}-{number}"
            bare = seller.name == "dogwood" and number == PRODUCTS
            size = [str(8 + draws.below(60, f"{name}/{side}")) for side in "lhw"]
            weight = str(100 + draws.below(9_000, f"{name}/weight"))
            yield {
                "product_id": name,
                "product_category_name": "" if bare else CATEGORIES[number - 1],
                "product_name_lenght": "" if bare else "24",
                "product_description_lenght": "" if bare else str(seller.description),
                "product_photos_qty": "" if bare else str(seller.photos),
                "product_weight_g": weight if seller.weighed else "",
                "product_length_cm": size[0] if seller.sized else "",
                "product_height_cm": size[1] if seller.sized else "",
                "product_width_cm": size[2] if seller.sized else "",
            }
