"""Count what the scorecards of an imported Olist export must be, from its files alone.

`count_olist.py FOLDER --as-of TIME` prints what `market scorecards --as-of TIME --all
--format ndjson` does; with `--compare FILE` (`-`: standard input), how many of such lines
agree, and the first that differ. Exit code 1 if any does, or if there are none.
Written from the rules, with nothing of the services.
Source: domain.md 3 and 7; docs/decisions/0006-imports.md.
"""

import argparse
import csv
import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

POLICY: Final = Path("services/performance/model/standards/2026-01.toml")
DAY: Final = timedelta(days=1)
NOT_ENOUGH: Final = "not_enough_data"
LEVELS: Final = ("star", "good", "warn", "limit")
SIZES: Final = ("product_length_cm", "product_height_cm", "product_width_cm")

Cells: TypeAlias = Mapping[str, str]
Line: TypeAlias = dict[str, Any]
Owed: TypeAlias = tuple[datetime, int, int]
"""When something fell due, how many, and how many of these were kept."""
Numbers: TypeAlias = tuple[int, int, int | None, Fraction]
"""Of a metric: the days of its window, due, kept, rate."""


class Order(NamedTuple):
    """What one seller sold in one order."""

    seller_id: str
    placed_at: datetime
    accepted_at: datetime | None
    shipped_at: datetime | None
    ship_by: datetime
    products: Sequence[str]


def policy_in(file: Path) -> Line:
    return tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Fraction)


def moment(cell: str) -> datetime:
    at = datetime.fromisoformat(cell)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def stamp(cell: str) -> datetime | None:
    return moment(cell) if cell else None


def whole(cell: str, scale: int = 1) -> int:
    """Return a number in units so many times smaller: a whole number of them.

    Raises:
        ValueError: It is none.
    """
    if not re.fullmatch(r"\d+(\.\d*)?", cell) or (Fraction(cell) * scale) % 1:
        raise ValueError(cell)
    return int(Fraction(cell) * scale)


def read(
    folder: Path, name: str, key: Sequence[str], check: Callable[[Cells], object]
) -> tuple[dict[tuple[str, ...], Cells], list[Cells]]:
    """Return the first readable row of each key, and rows that can't be trusted.

    Those can't be read, or say otherwise than the first of their key.
    """
    first, doubtful = dict[tuple[str, ...], Cells](), list[Cells]()
    path = folder / f"olist_{name}_dataset.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for cells in csv.DictReader(file):
            row = {column: cell.strip() for column, cell in cells.items()}
            try:
                check(row)
            except ValueError:
                doubtful.append(row)
                continue
            if first.setdefault(tuple(row[each] for each in key), row) != row:
                doubtful.append(row)
    return first, doubtful


def stamps(row: Cells) -> tuple[datetime, datetime | None, datetime | None]:
    """Return when an order was placed, accepted and shipped; a missing stamp was not."""
    stamp(row["order_delivered_customer_date"])
    accepted, shipped = row["order_approved_at"], row["order_delivered_carrier_date"]
    return moment(row["order_purchase_timestamp"]), stamp(accepted), stamp(shipped)


def ship_by(row: Cells) -> datetime | None:
    """Return the limit that an item states; amounts that can't be read spoil it."""
    whole(row["price"], 100), whole(row["freight_value"], 100)
    return stamp(row["shipping_limit_date"])


def points(row: Cells) -> Fraction:
    """Return the points of a product, of 100. What is not said of it counts nothing."""
    images, text, weight = (
        whole(row.get(f"product_{column}") or "0")
        for column in ("photos_qty", "description_lenght", "weight_g")
    )
    sizes = [whole(row.get(size) or "0", 10) for size in SIZES]
    shown = Fraction(30 * min(images, 3), 3) + Fraction(25 * min(text, 300), 300)
    return shown + 20 * (weight > 0) + 25 * all(sizes)


def placed(folder: Path) -> Iterator[Order]:
    """Yield the orders that can be imported: each seller's part of one whole, or not."""
    rows, _ = read(folder, "orders", ["order_id"], stamps)
    items, doubtful = read(folder, "order_items", ["order_id", "order_item_id"], ship_by)
    spoiled = {(row["order_id"], row["seller_id"]) for row in doubtful}
    sold = defaultdict[tuple[str, str], list[Cells]](list)
    for item in items.values():
        sold[item["order_id"], item["seller_id"]].append(item)
    for (order_id, seller_id), mine in sold.items():
        limits = [at for at in map(ship_by, mine) if at is not None]
        if (order_id,) in rows and (order_id, seller_id) not in spoiled and limits:
            products = [item["product_id"] for item in mine]
            yield Order(seller_id, *stamps(rows[order_id,]), max(limits), products)


def deadline(opened_at: datetime, hours: int, holidays: Iterable[object]) -> datetime:
    """Return the first moment by which so many weekday hours have passed."""
    at, left = opened_at, timedelta(hours=hours)
    while True:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        if at.isoweekday() not in {6, 7} and at.date() not in holidays:
            if at + left <= midnight:
                return at + left
            left -= midnight - at
        at = midnight


def owed(order: Order, policy: Line, as_of: datetime) -> Iterator[tuple[str, Owed]]:
    """Yield what the seller owed of an order, by metric. None is rejected, no unit lost."""
    _, placed_at, accepted_at, shipped_at, limit, products = order
    accepted = accepted_at is not None and accepted_at <= as_of
    if accepted_at is not None and accepted:
        yield "acceptance.accepted", (accepted_at, 1, 1)
    if placed_at <= as_of:
        hours = policy["standards"]["acceptance.timely"]["weekday_hours"]
        by = deadline(placed_at, hours, policy["holidays"])
        timely = accepted_at is not None and accepted_at <= by
        yield "acceptance.timely", (by, 1, int(timely))
        yield "inventory.units_filled", (placed_at, len(products), len(products))
    if placed_at <= as_of and accepted:
        left = shipped_at is not None and shipped_at <= limit
        yield "shipping.on_time", (limit, 1, int(left))


def counted(mine: Sequence[Owed], policy: Line, as_of: datetime) -> Numbers | None:
    """Return what counts of what one seller owed: of the window, or of the long one."""
    days, due, kept = 0, 0, 0
    for days in (policy["window_days"], policy["long_window_days"]):
        within = [each for each in mine if as_of - days * DAY < each[0] <= as_of]
        due, kept = sum(each[1] for each in within), sum(each[2] for each in within)
        if due >= policy["enough_due"]:
            break
    return (days, due, kept, Fraction(kept, due)) if due else None


def numbers(folder: Path, policy: Line, as_of: datetime) -> dict[str, dict[str, Numbers]]:
    """Return the numbers of each seller and metric; of all sellers of whom there is any."""
    found = defaultdict[str, dict[str, Numbers]](dict)
    products, unread = read(folder, "products", ["product_id"], points)
    all_owed = defaultdict[tuple[str, str], list[Owed]](list)
    on_sale = defaultdict[str, dict[str, Fraction]](dict)
    hidden = {row["product_id"] for row in unread} - {key[0] for key in products}
    for order in placed(folder):
        for metric, each in owed(order, policy, as_of):
            all_owed[order.seller_id, metric].append(each)
        if order.placed_at <= as_of:
            shown = {p: points(products.get((p,), {})) for p in order.products}
            on_sale[order.seller_id] |= {p: n for p, n in shown.items() if p not in hidden}
    for (seller_id, metric), mine in all_owed.items():
        card = counted(mine, policy, as_of)
        found[seller_id] |= {} if card is None else {metric: card}
    for seller_id, mine_on_sale in on_sale.items():
        if n := len(mine_on_sale):
            rate = sum(mine_on_sale.values(), Fraction()) / (100 * n)
            found[seller_id]["listings.complete"] = 0, n, None, rate
    return found


def level(metric: str, card: Numbers, policy: Line) -> str:
    """Return the level of a card. A window of 0 days knows all, and needs no guard.

    Wilson's upper end lies under the limit exactly where the rate is more than z standard
    deviations of a seller at the limit away from it: so no root is drawn, and all is exact.
    """
    days, due, _, rate = card
    standard, z = policy["standards"][metric], policy["z"]
    limit = standard["limit"]
    if days and due < policy["enough_due"]:
        return NOT_ENOUGH
    if rate < limit and (
        not days or (limit - rate) ** 2 * due > z**2 * limit * (1 - limit)
    ):
        return "limit"
    if rate < standard["warn"]:
        return "warn"
    return "star" if rate >= standard.get("star", 2) else "good"


def lines(folder: Path, policy: Line, as_of: datetime) -> Iterator[Line]:
    """Yield each seller's metrics, then the seller's level: the worst that is measured."""
    for seller_id, cards in sorted(numbers(folder, policy, as_of).items()):
        worst = list[str]()
        for metric, card in sorted(cards.items()):
            of = {"seller_id": seller_id, "metric": metric}
            says = level(metric, card, policy)
            named = zip(("window_days", "due", "kept"), card[:3], strict=True)
            yield {**of, **dict(named), "rate": float(card[3]), "level": says}
            starless = says == "good" and "star" not in policy["standards"][metric]
            worst += ["star" if starless else says]
        measured = [LEVELS.index(each) for each in worst if each != NOT_ENOUGH]
        says = LEVELS[max(measured)] if measured else NOT_ENOUGH
        yield {"seller_id": seller_id, "metric": "overall", "level": says}


def differences(ours: Iterable[Line], theirs: Iterable[Line]) -> tuple[int, list[str]]:
    """Return how many lines agree, and what differs: counted here, told there."""
    sides = [defaultdict[tuple[str, str], list[Line]](list) for _ in range(2)]
    for side, told in zip(sides, (ours, theirs), strict=True):
        for line in told:
            side[line["seller_id"], line["metric"]].append(line)
    pairs = [(sides[0][key], sides[1][key]) for key in sorted({*sides[0], *sides[1]})]
    wrong = [f"counted {_said(a)}\ntold    {_said(b)}" for a, b in pairs if a != b]
    return len(pairs) - len(wrong), wrong


def _said(lines: Sequence[Line]) -> str:
    return " and ".join(map(str, lines)) or "nothing"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-of", type=moment, required=True)
    parser.add_argument("--policy", type=Path, default=POLICY)
    parser.add_argument("--compare", type=argparse.FileType(), metavar="FILE")
    given = parser.parse_args(arguments)
    ours = [*lines(given.folder, policy_in(given.policy), given.as_of)]
    if given.compare is None:
        sys.stdout.writelines(f"{json.dumps(line)}\n" for line in ours)
        return 0
    agree, wrong = differences(ours, map(json.loads, given.compare))
    first = "\n".join(["", *wrong[:1]])
    sys.stdout.write(f"{agree} lines agree, {len(wrong)} differ{first}\n")
    return 0 if agree and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
