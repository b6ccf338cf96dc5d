"""Movements and counts of stock in the generated history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from market.samples.sellers import BEGIN, DAY, HOUR, PRODUCTS, Cells, Draws, stamp, unit


@dataclass(frozen=True)
class Movement:
    """Units of a product that moved or were counted.

    Shape: `lot` is (lot id, day of manufacture) of a receipt.
    """

    at: datetime
    product: tuple[str, str]
    kind: str
    units: int
    lot: tuple[str, str] = ("", "")


def movements(draws: Draws) -> list[Movement]:
    """Return what moved, in the order of the file, which isn't quite that of time."""
    made = [*_two_lots(draws), *_sold_out(draws), *_always_free(draws), *_counted()]
    by_day = sorted(made, key=lambda movement: movement.at.date())
    return [*by_day[1:], by_day[0]]


def _two_lots(draws: Draws) -> Iterator[Movement]:
    """Two lots of one product: the older is charged first, the newer from 16 March on."""
    product = unit("birch", 1)
    first, second = ("birch-1-a", "2024-12-20"), ("birch-1-b", "2025-01-15")
    yield Movement(_on("2025-01-02"), product, "received", 320, first)
    yield Movement(_on("2025-02-10"), product, "received", 240, second)
    yield from _weekly(product, 18, draws)
    yield Movement(_on("2025-03-11"), product, "restored", 7)
    yield Movement(_on("2025-03-11"), product, "deducted", 2)


def _sold_out(draws: Draws) -> Iterator[Movement]:
    """Stock that runs out: what is sold beyond it is refused, until a lot comes in."""
    product = unit("cedar", 1)
    yield Movement(_on("2025-01-03"), product, "received", 110, ("cedar-1-a", "2024-12-01"))
    yield from _weekly(product, 12, draws)
    yield Movement(_on("2025-03-20"), product, "received", 90, ("cedar-1-b", "2025-03-01"))


def _always_free(draws: Draws) -> Iterator[Movement]:
    """Lots that are new enough to cost nothing until the end."""
    for number in range(1, 4):
        product = unit("ash", number)
        lot = (f"ash-{number}-a", "2025-02-01")
        yield Movement(_on("2025-02-05"), product, "received", 400, lot)
        yield from (m for m in _weekly(product, 9, draws) if m.at > _on("2025-02-06"))


def _counted() -> Iterator[Movement]:
    """Stocks that are counted: by cedar and fir lately, by dogwood two of five.

    One count finds fewer than there should be, one finds more, one finds nothing at all.
    """
    for name, begin, last in (
        ("cedar", 2, ("2025-03-21", "2025-03-21", "2025-03-28", "2025-02-21")),
        ("dogwood", 1, ("2025-03-24", "2025-03-24", "2025-02-03", "2025-02-03", "")),
        ("fir", 1, ("2025-03-28",) * PRODUCTS),
    ):
        for number, day in enumerate(last, begin):
            product, lot = unit(name, number), (f"{name}-{number}-a", "2024-12-12")
            yield Movement(_on("2025-01-06"), product, "received", 60, lot)
            if day:
                found = {"cedar-3": 57, "fir-2": 64, "dogwood-2": 0}.get(product[1], 60)
                yield Movement(_on(day), product, "counted", found)


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
            "at": stamp(movement.at),
            "kind": movement.kind,
            "units": str(movement.units),
            "lot_id": movement.lot[0],
            "manufactured_on": movement.lot[1],
        }
