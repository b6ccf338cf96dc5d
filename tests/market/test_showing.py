"""What the demo shows of a store fee: the stretches that `market fees` shows, by day."""

from rich.console import Console

from market.answers import FeeDay
from market.demo.showing import fee


def day(number: int, units: int = 5) -> FeeDay:
    return FeeDay(
        seller_id="s-1",
        product_id="p-1",
        day=f"2025-03-{number:02}",
        lot_id="lot-1",
        manufactured_on="2025-01-01",
        units=units,
        chargeable=True,
        because=("f-1",),
    )


def test_a_stretch_of_days_ends_where_a_day_is_missing() -> None:
    console = Console(width=100)

    with console.capture() as printed:
        console.print(fee([day(7), day(2), day(3), day(6)]))

    heading, _, *rows = printed.get().splitlines()
    assert heading.split() == ["days", "lot", "made", "on", "units", "unit-days"]
    assert [row.split() for row in rows] == [
        ["2", "to", "3", "lot-1", "2025-01-01", "5", "counts", "10"],
        ["6", "to", "7", "lot-1", "2025-01-01", "5", "counts", "10"],
    ]
