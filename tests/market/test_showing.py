"""What the demo shows: scorecards that fit, misses, and the stretches of a store fee."""

from rich.console import Console
from rich.table import Table

from market.answers_of_fees import FeeDay
from market.demo.showing import NARROW, fee, obligations, scorecards


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


SELLERS = [f"seller-{name}" for name in ("ash", "birch", "cedar", "dogwood", "elm", "fir")]
METRICS = ["approvals.timely", "inventory.units_filled", "shipping.tracked"]


def card(seller_id: str, metric: str, rate: float, level: str) -> dict[str, object]:
    named = {"seller_id": seller_id, "metric": metric}
    return {**named, "rate": rate, "due": 9, "level": level}


def printed(what: Table) -> list[str]:
    console = Console(width=NARROW)
    with console.capture() as lines:
        console.print(what)
    return lines.get().splitlines()


def test_scorecards_of_all_sellers_fit_a_narrow_screen_line_by_line() -> None:
    cards = [card(one, metric, 1.0, "limit") for one in SELLERS for metric in METRICS]
    overall = [card(one, "overall", 1.0, "limit") for one in SELLERS]
    first, second, _, *rows = printed(scorecards({"cards": cards, "overall": overall}))

    assert [*map("".join, zip(first.split(), second.split()[1:], strict=True))] == SELLERS
    assert [row.split()[0] for row in rows if row.strip()] == [*METRICS, "overall"]
    assert all(row.split()[1:] == ["100.0", "limit"] * 6 for row in rows[:3])


def test_what_nobody_has_and_what_is_too_little_to_judge_is_said_so() -> None:
    few = card("seller-elm", "approvals.timely", 0.5, "not_enough_data")
    overall = [card(one, "overall", 1.0, "star") for one in ("seller-elm", "seller-fir")]
    rows = printed(scorecards({"cards": [few], "overall": overall}))

    assert rows[3].split(maxsplit=1)[1].split("  ")[0] == "too few (9)"
    assert rows[3].rstrip().endswith("  none")


def test_what_was_never_done_is_not_done_yet() -> None:
    row = {"subject_id": "r-1", "due_at": "2025-03-07T16:01:30Z", "kept_at": None}
    *_, line = printed(obligations([{**row, "facts": []}]))

    assert line.split() == ["r-1", "03-07", "16:01", "not", "yet"]
