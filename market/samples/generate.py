"""Write the small history that ships with the project: an Olist export, and what is beside.

The same seed gives the same bytes, on every machine. All names are invented. Sellers
behave as they are described, so that there is one of every level at the end; the awkward
cases of real exports are in there, each once at least.
"""

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from market.samples import HISTORY
from market.samples.buyers import customer_rows, request_rows, requests, rule_rows
from market.samples.letters import letter_rows, letters
from market.samples.orders import item_rows, order_rows, orders, product_rows
from market.samples.parcels import parcel_rows, parcels
from market.samples.sellers import Cells, Draws
from market.samples.stock import movement_rows, movements

SEED: Final = 2025


def write_history(directory: Path, seed: int = SEED) -> None:
    """Write the files of the history into `directory`."""
    draws = Draws(seed)
    made = orders(draws)
    asked = requests(made, draws)
    directory.mkdir(parents=True, exist_ok=True)
    for name, rows in (
        ("olist_orders_dataset", order_rows(made)),
        ("olist_order_items_dataset", item_rows(made, draws)),
        ("olist_products_dataset", product_rows(draws)),
        ("inventory_movements", movement_rows(movements(draws))),
        ("shipments", parcel_rows(parcels(made, draws))),
        ("access_rules", rule_rows()),
        ("access_requests", request_rows(asked)),
        ("customers", customer_rows(asked)),
        ("messages", letter_rows(letters(made, draws))),
    ):
        _write(directory / f"{name}.csv", rows)


def _write(path: Path, rows: Iterable[Cells]) -> None:
    cells = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(cells[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(cells)


def main() -> None:
    """Write the history where the arguments say, by default where it belongs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, nargs="?", default=HISTORY)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    write_history(given.directory, given.seed)


if __name__ == "__main__":
    main()
