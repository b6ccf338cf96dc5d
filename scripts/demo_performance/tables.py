"""What performance answers, as tables that fit a hundred columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from rich.table import Table
from rich.text import Text

from market.demo.notices import day
from market.demo.showing import STYLES, table
from scripts.demo_orders.clients import Client, Json
from scripts.demo_orders.tables import NEW

STEPS: Final = {
    "healthy": "green",
    "warned": "yellow",
    "reduced_for_some": "dark_orange",
    "reduced_for_all": "red",
    "suspended": "bold red",
}
REVIEWED: Final = "performance.seller-reviewed.v1"


@dataclass(frozen=True)
class Rung:
    """Where a seller stands, and the last fact that says so."""

    seller: str
    step: str
    level: str
    boosted: bool
    said: str
    at: str
    fact_id: str

    @classmethod
    def of(cls, standing: Json, facts: Sequence[Json]) -> Self:
        """Return where a seller stands: what moved them comes before other reviews."""
        moving = [fact for fact in facts if fact["type"] != REVIEWED]
        last = next(iter([*moving, *facts]), None)
        return cls(
            standing["seller_id"],
            standing["step"],
            standing["level"],
            standing["boosted"],
            "" if last is None else words(last),
            "" if last is None else day(last["at"]),
            "" if last is None else last["event_id"],
        )

    @property
    def key(self) -> tuple[str, str]:
        """What makes another row of it."""
        return self.level, self.fact_id


def words(fact: Json) -> str:
    """Return what a fact of a standing says: `lifted: cured`."""
    match fact["type"].split(".")[1]:
        case "sanction-lifted":
            return f"lifted: {fact['data']['why']}"
        case "visibility-reduced":
            return f"reduced: {fact['data']['for_buyers']}"
        case "new-buyers-limited":
            return "no new buyers"
        case name:
            return str(name).removeprefix("seller-").replace("visibility-", "")


def span(first: date, last: date) -> str:
    """Return from when to when: `06 Aug … 12 Aug`."""
    return f"{first:%d %b %Y}" if first == last else f"{first:%d %b} … {last:%d %b %Y}"


def asked(who: Client, line: str) -> Table:
    """Return what was asked in many requests, in a line."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=17, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(str(who.asker), Text(line, style="bold"))
    return grid


def ladder(rows: Sequence[Rung], known: Mapping[str, tuple[str, str]]) -> Table:
    """Return where sellers stand; `known` is what was shown of them before."""
    made = table("", "seller", "standing", "level", "last said", "of")
    made.add_column("in the fact", no_wrap=True)
    for row in rows:
        boosted = Text(" boosted" if row.boosted else "", style="bold green")
        level = row.level.replace("not_enough_data", "too few")
        made.add_row(
            NEW if known.get(row.seller) != row.key else "",
            row.seller,
            Text(row.step, style=STEPS[row.step]).append_text(boosted),
            Text(level, style=STYLES.get(level, "dim")),
            row.said,
            row.at,
            row.fact_id,
        )
    return made


def before_and_after(overlay: Json) -> Table:
    """Return what an appeal's claims would make of each metric that they change."""
    made = table("metric", "as judged", "with the claims")
    after = {card["metric"]: card for card in overlay["after"]["metrics"]}
    for card in overlay["before"]["metrics"]:
        other = after[card["metric"]]
        if card != other:
            made.add_row(card["metric"], _card(card), _card(other))
    made.add_row("overall", overlay["before"]["level"], overlay["after"]["level"])
    return made


def _card(card: Json) -> str:
    return f"{card['kept']} of {card['due']}, {card['rate']:.1%}: {card['level']}"


def found(products: Sequence[Json]) -> str:
    """Return whose products a buyer is shown, in their order."""
    return ", ".join(product["seller_id"] for product in products) or "nothing"
