"""What services answer, as tables that fit a hundred columns."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from market.demo.showing import table
from market.output import harmless
from scripts.demo_orders.clients import Json

STATES: Final = {
    "open": "yellow",
    "accepted": "green",
    "rejected": "red",
    "expired": "red",
    "cancelled": "red",
}
NEW: Final = "*"
"""Stands before what is new since the table was last shown."""


_FRACTION: Final = re.compile(r"(?<=:\d\d)\.\d+(?=Z$)")
"""Of a second: nobody reads that far."""


def money(cents: int, currency: str) -> str:
    """Return an amount for people: `949.00 USD`."""
    return f"{cents // 100:,}.{cents % 100:02} {currency}"


def moment(said: str | None) -> str:
    """Return the time of today, or the day of another, in UTC."""
    if said is None:
        return ""
    at = datetime.fromisoformat(said)
    today = at.date() == datetime.now(at.tzinfo).date()  # noqa: TID251 - for people
    return f"{at:%H:%M:%S}" if today else f"{at:%d %b}"


def state(name: str) -> Text:
    """Return the state of an order."""
    return Text(name, style=STATES.get(name, ""))


def all_orders(orders: Iterable[Json], known: Collection[tuple[str, int]]) -> Table:
    """Return the All Orders table: what matters of it here.

    Shape: `known` are the ids and versions that were shown before.
    """
    numbers = ("units", "shipped", "total")
    columns = ("order", "buyer", "state", *numbers, "invoice", "overdue", "split from")
    made = table("", *columns, right=numbers)
    for order in orders:
        made.add_row(
            "" if (order["order_id"], order["version"]) in known else NEW,
            order["order_id"],
            order["buyer_id"],
            state(order["state"]),
            str(order["units"]),
            str(order["shipped_units"]),
            money(order["total_cents"], order["currency"]),
            order["invoice_state"],
            "yes" if order["overdue"] else "",
            order["split_from"] or "",
        )
    return made


def timeline(entries: Iterable[Json], known: int) -> Table:
    """Return what happened to an order; after `known` facts, what is new."""
    made = table("", "when", "who", "what, from → to")
    made.add_column("event id", no_wrap=True)
    for entry in entries:
        change = " → ".join(entry[way] for way in ("from", "to") if entry[way])
        made.add_row(
            NEW if entry["version"] > known else "",
            moment(entry["at"]),
            Text(harmless(entry["who"] or "")),
            Text("\n".join(filter(None, (harmless(entry["what"]), change)))),
            entry["event_id"],
        )
    return made


def items(order: Json) -> Table:
    """Return the items of an order, or of what it would be, with what they come to."""
    numbers = ("quantity", "unit price", "total")
    made = table("item", "product", "title", *numbers, right=numbers)
    for line in order["lines"]:
        cents = line["unit_price_cents"]
        made.add_row(
            line["line_id"],
            line["product_id"],
            Text(harmless(line["title"])),
            str(line["quantity"]),
            money(cents, order["currency"]),
            money(line["quantity"] * cents, order["currency"]),
        )
    return made


def sums(order: Json) -> str:
    """Return an order's subtotal, shipping and total in a line."""
    kinds = ("subtotal", "shipping", "total")
    said = (f"{kind} {money(order[f'{kind}_cents'], order['currency'])}" for kind in kinds)
    return f"{order['order_id']}: {order['units']} units, {', '.join(said)}"


def standards(effects: Iterable[Json]) -> Table:
    """Return what an edit would do to the standards that its seller is measured by."""
    made = table("standard", "this edit", "because")
    for effect in effects:
        units = "" if effect["units"] is None else f" ({effect['units']} units)"
        at = "" if effect["at"] is None else f" ({effect['at'][:16].replace('T', ' ')})"
        made.add_row(
            effect["standard"], f"{effect['effect']}{units}", f"{effect['because']}{at}"
        )
    return made


def family(root: Json) -> Tree:
    """Return an order and all that was split from it, at any depth."""
    made = Tree(_member(root))
    waiting = [(made, part) for part in root["parts"]]
    while waiting:
        above, part = waiting.pop(0)
        here = above.add(_member(part))
        waiting += [(here, each) for each in part["parts"]]
    return made


def _member(order: Json) -> Text:
    worth = money(order["subtotal_cents"], order["currency"])
    clock = f"clock since {moment(order['clock_started_at'])}"
    said = Text(f"{order['order_id']}  ").append_text(state(order["state"]))
    return said.append(f"  {order['units']} units, {worth}, {clock}")


def rows(found: Sequence[Json], *columns: str) -> Table:
    """Return these columns of what was found; lists are written out."""
    made = table(*(column.replace("_", " ") for column in columns))
    for one in found:
        made.add_row(*(Text(_cell(one[column])) for column in columns))
    return made


def _cell(value: object) -> str:
    match value:
        case list():
            return ", ".join(map(_cell, value))
        case {"line_id": line_id, "quantity": units, **rest} if not rest:
            return f"{units} of {line_id}"
        case dict():
            return ", ".join(f"{name}: {_cell(each)}" for name, each in value.items())
        case bool():
            return "yes" if value else "no"
        case _:
            return "" if value is None else harmless(_FRACTION.sub("", str(value)))


def changed(facts: Iterable[Json]) -> Iterator[str]:
    """Yield what happened to an order since somebody looked, a line each."""
    for fact in facts:
        fields = {
            name: said
            for name, said in fact["fields"].items()
            if said is not None and name not in {"seller_id", "order_id"}
        }
        yield f"version {fact['version']}: {fact['type']}: {_cell(fields)}"
