"""Write the small history that ships with the project: an Olist export and stock movements.

The same seed gives the same bytes, on every machine. All names are invented. Sellers
behave as their rows below say, so that there is one of every level at the end; the awkward
cases of real exports are in there, each once at least.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from market.samples import AS_OF, OLIST

BEGIN: Final = datetime(2025, 1, 1, tzinfo=UTC)
EXPORTED_AT: Final = AS_OF
SEED: Final = 2025
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SATURDAY: Final = 5

Cells = dict[str, str]


@dataclass(frozen=True)
class Draws:
    """Numbers that look drawn by lot, each fixed by the seed and its own name."""

    seed: int

    def below(self, limit: int, name: str) -> int:
        """Return a number of 0 to `limit - 1`."""
        return int.from_bytes(sha256(f"{self.seed}/{name}".encode()).digest()[:8]) % limit

    def between(self, low: timedelta, high: timedelta, name: str) -> timedelta:
        """Return a span of whole seconds."""
        seconds = int((high - low).total_seconds())
        return low + timedelta(seconds=self.below(seconds, name))


@dataclass(frozen=True)
class Seller:
    """Who sells how much, and which of the orders go wrong: every n-th, 0 for none.

    Shape: `photos`, `description`, `weighed` and `sized` are what is said of its products.
    """

    name: str
    orders: int
    accepts_late: int = 0
    ships_late: int = 0
    never_accepts: int = 0
    at_weekends: bool = False
    photos: int = 3
    description: int = 640
    weighed: bool = True
    sized: bool = True

    @property
    def id(self) -> str:
        """Its id in the files."""
        return f"seller-{self.name}"


SELLERS: Final = (
    Seller("ash", 96),
    Seller("birch", 96, photos=2, weighed=False),
    Seller("cedar", 96, ships_late=8),
    Seller("dogwood", 75, accepts_late=3, ships_late=4, never_accepts=25),
    Seller("elm", 6),
    Seller("fir", 60, at_weekends=True),
)
PARTNERS: Final = {"ash": "birch", "cedar": "dogwood"}
PRODUCTS: Final = 5
CATEGORIES: Final = ("baskets", "lamps", "blankets", "trays", "mirrors")


@dataclass
class Order:
    """An order with its stamps and the (seller, product) of each unit."""

    placed_at: datetime
    approved_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    ship_by: datetime
    units: list[tuple[str, str]] = field(default_factory=list)


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
        for unit in range(1 + draws.below(3, f"{name}/units")):
            product = draws.below(PRODUCTS, f"{name}/{unit // 2}/product") + 1
            order.units.append((seller.id, f"{seller.name}-{product}"))
        if seller.name in PARTNERS and number % 12 == 0:
            partner = PARTNERS[seller.name]
            order.units.append((f"seller-{partner}", f"{partner}-1"))
        yield order


def _order(seller: Seller, number: int, name: str, draws: Draws) -> Order:
    def is_one(every: int) -> bool:
        return every > 0 and number % every == 0

    day = (number - 1) * (EXPORTED_AT - BEGIN).days // seller.orders
    placed_at = BEGIN + day * DAY + draws.between(8 * HOUR, 21 * HOUR, f"{name}/placed")
    if seller.at_weekends:
        placed_at += (SATURDAY - placed_at.weekday()) % 7 * DAY
    approval = draws.between(HOUR / 6, 3 * HOUR, f"{name}/approved")
    if seller.at_weekends:
        approval = 2 * DAY + 3 * HOUR - approval
    elif is_one(seller.accepts_late):
        approval += 4 * DAY
    ship_by = placed_at + 6 * DAY
    approved_at = placed_at + approval
    shipped_at = approved_at + draws.between(6 * HOUR, 30 * HOUR, f"{name}/shipped")
    if is_one(seller.ships_late):
        shipped_at = ship_by + draws.between(6 * HOUR, 40 * HOUR, f"{name}/late")
    delivered_at = shipped_at + draws.between(2 * DAY, 6 * DAY, f"{name}/delivered")
    if is_one(seller.never_accepts):
        return Order(placed_at, None, None, None, ship_by)
    return Order(placed_at, approved_at, shipped_at, delivered_at, ship_by)


def awkward_orders() -> list[Order]:
    """Return orders whose rows contradict themselves or lack what others have."""
    at = datetime(2025, 2, 11, 10, 30, tzinfo=UTC)
    whole = Order(at, at + HOUR, at + DAY, at + 4 * DAY, at + 6 * DAY, [_unit("fir", 1)])
    later = replace(whole, placed_at=at + DAY)
    return [
        replace(whole, approved_at=None),  # shipped, and delivered, without acceptance
        replace(whole, shipped_at=None),  # delivered without having left
        replace(whole, approved_at=at - HOUR),  # accepted before it was placed
        replace(whole, approved_at=at + 2 * DAY),  # left before it was accepted
        replace(whole, delivered_at=None),  # lost on its way
        replace(later, units=[]),  # nothing was ordered
        replace(later, units=[_unit("fir", PRODUCTS + 1)]),  # nobody describes the product
        replace(later, units=[_unit("fir", 2)] * 3),  # three of one kind
    ]


def _unit(seller: str, product: int) -> tuple[str, str]:
    return f"seller-{seller}", f"{seller}-{product}"


def order_rows(made: Sequence[Order]) -> Iterator[Cells]:
    """Yield the rows of the orders file. What happened after the export is missing."""
    for number, order in enumerate(made, 1):
        estimated = order.placed_at + 14 * DAY
        yield {
            "order_id": f"order-{number:04}",
            "customer_id": f"buyer-{number:04}",
            "order_status": _status(order),
            "order_purchase_timestamp": _stamp(order.placed_at),
            "order_approved_at": _stamp(order.approved_at),
            "order_delivered_carrier_date": _stamp(order.shipped_at),
            "order_delivered_customer_date": _stamp(order.delivered_at),
            "order_estimated_delivery_date": f"{estimated:%Y-%m-%d} 00:00:00",
        }


def _status(order: Order) -> str:
    if not order.units:
        return "unavailable"
    if _stamp(order.delivered_at):
        return "delivered"
    if _stamp(order.shipped_at):
        return "shipped"
    return "approved" if _stamp(order.approved_at) else "created"


def _stamp(at: datetime | None) -> str:
    return "" if at is None or at >= EXPORTED_AT else f"{at:%Y-%m-%d %H:%M:%S}"


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


@dataclass(frozen=True)
class Movement:
    """Units of a product that moved; `lot` is (lot id, day of manufacture) of a receipt."""

    at: datetime
    product: tuple[str, str]
    kind: str
    units: int
    lot: tuple[str, str] = ("", "")


def movements(draws: Draws) -> list[Movement]:
    """Return what moved, in the order of the file, which isn't quite that of time."""
    made = [*_two_lots(draws), *_sold_out(draws), *_always_free(draws)]
    by_day = sorted(made, key=lambda movement: movement.at.date())
    return [*by_day[1:], by_day[0]]


def _two_lots(draws: Draws) -> Iterator[Movement]:
    """Two lots of one product: the older is charged first, the newer from 16 March on."""
    product = _unit("birch", 1)
    first, second = ("birch-1-a", "2024-12-20"), ("birch-1-b", "2025-01-15")
    yield Movement(_on("2025-01-02"), product, "received", 320, first)
    yield Movement(_on("2025-02-10"), product, "received", 240, second)
    yield from _weekly(product, 18, draws)
    yield Movement(_on("2025-03-11"), product, "restored", 7)
    yield Movement(_on("2025-03-11"), product, "deducted", 2)


def _sold_out(draws: Draws) -> Iterator[Movement]:
    """Stock that runs out: what is sold beyond it is refused, until a lot comes in."""
    product = _unit("cedar", 1)
    yield Movement(_on("2025-01-03"), product, "received", 110, ("cedar-1-a", "2024-12-01"))
    yield from _weekly(product, 12, draws)
    yield Movement(_on("2025-03-20"), product, "received", 90, ("cedar-1-b", "2025-03-01"))


def _always_free(draws: Draws) -> Iterator[Movement]:
    """Lots that are new enough to cost nothing until the end."""
    for number in range(1, 4):
        product = _unit("ash", number)
        lot = (f"ash-{number}-a", "2025-02-01")
        yield Movement(_on("2025-02-05"), product, "received", 400, lot)
        yield from (m for m in _weekly(product, 9, draws) if m.at > _on("2025-02-06"))


def _weekly(product: tuple[str, str], about: int, draws: Draws) -> Iterator[Movement]:
    for week in range(1, 13):
        name = f"{product[1]}/week {week}"
        at = BEGIN + week * 7 * DAY + draws.between(8 * HOUR, 20 * HOUR, name)
        yield Movement(at, product, "deducted", about - 4 + draws.below(9, f"{name}/units"))


def _on(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


def movement_rows(made: Sequence[Movement]) -> Iterator[Cells]:
    """Yield the rows of the movements file."""
    for number, movement in enumerate(made, 1):
        yield {
            "movement_id": f"movement-{number:04}",
            "seller_id": movement.product[0],
            "product_id": movement.product[1],
            "at": f"{movement.at:%Y-%m-%dT%H:%M:%SZ}",
            "kind": movement.kind,
            "units": str(movement.units),
            "lot_id": movement.lot[0],
            "manufactured_on": movement.lot[1],
        }


def write_history(directory: Path, seed: int = SEED) -> None:
    """Write the four files of the history into `directory`."""
    draws = Draws(seed)
    made = orders(draws)
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "olist_orders_dataset.csv", order_rows(made))
    _write(directory / "olist_order_items_dataset.csv", item_rows(made, draws))
    _write(directory / "olist_products_dataset.csv", product_rows(draws))
    _write(directory / "inventory_movements.csv", movement_rows(movements(draws)))


def _write(path: Path, rows: Iterator[Cells]) -> None:
    cells = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(cells[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(cells)


def main() -> None:
    """Write the history where the arguments say, by default where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", default=OLIST)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    write_history(given.directory, given.seed)


if __name__ == "__main__":
    main()
