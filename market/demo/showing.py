"""What a demo shows of what the services answer: tables that fit a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from market.answers_of_fees import FeeDay
from market.imports.tables import RowReport
from market.showing.fees import stretches

Json: TypeAlias = Mapping[str, Any]

NARROW: Final = 100
STYLES: Final = {"star": "bold green", "good": "green", "warn": "yellow", "limit": "red"}
TOO_FEW: Final = "too few"
PERCENT_OF: Final = (
    "What was kept of what fell due in the days before. What stands at that moment falls\n"
    "due at no time: inventory.confirmed is the listings with a confirmed stock, of those\n"
    "with any, listings.complete the points that listings have on average, of 100.\n"
)
"""What the percents of scorecards are of."""


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """Return an empty table; the columns of `right` hold numbers."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def rejected(rows: Iterable[RowReport]) -> Table:
    """Return the rows that were not imported, and why."""
    made = table("file", "line", "why", right=["line"])
    for row in rows:
        made.add_row(row.place.file, str(row.place.line), Text(row.reason))
    return made


def scorecards(answer: Json) -> Table:
    """Return a row for each metric, a column for each seller: percent, and level.

    Shape: of what the percents are, `PERCENT_OF` says.
    """
    cards = {(card["metric"], card["seller_id"]): card for card in answer["cards"]}
    overall = {row["seller_id"]: _level(row["level"]) for row in answer["overall"]}
    sellers = sorted(overall)
    made = table("metric", *(_in_two(seller) for seller in sellers))
    for metric in sorted({metric for metric, _ in cards}):
        made.add_row(metric, *(_card(cards.get((metric, each))) for each in sellers))
    made.add_section()
    made.add_row("overall", *(overall[each] for each in sellers))
    return made


def _in_two(seller_id: str) -> str:
    """Return an id over two lines, if it has a place to part it: columns are narrow."""
    return seller_id.replace("-", "-\n", 1)


def _card(card: Json | None) -> Text:
    if card is None:
        return Text("none", style="dim")
    if card["level"] not in STYLES:
        return Text(f"{TOO_FEW} ({card['due']})", style="dim")
    return Text(f"{100 * card['rate']:5.1f} ").append(_level(card["level"]))


def _level(level: str) -> Text:
    return Text(level, style=STYLES.get(level, ""))


def cards(rows: Iterable[Json]) -> Table:
    """Return one seller's metrics: what fell due, what was kept, and the level."""
    numbers = ("due", "kept", "percent")
    made = table("metric", "days", *numbers, "level", right=("days", *numbers))
    for card in rows:
        kept = "" if card["kept"] is None else str(card["kept"])
        percent = f"{100 * card['rate']:.1f}"
        days, due = str(card["window_days"] or ""), str(card["due"])
        made.add_row(card["metric"], days, due, kept, percent, _level(card["level"]))
    return made


def before_and_after(metrics: Iterable[Json], before: Json, after: Json) -> Table:
    """Return the metrics that claims would change, and the level of all together."""
    made = table("metric", "as it is known", "if it were so")
    for one in metrics:
        made.add_row(one["metric"], *(_figures(one[when]) for when in ("before", "after")))
    made.add_row("overall", _level(before["level"]), _level(after["level"]))
    return made


def changes(sellers: Iterable[Json]) -> Table:
    """Return whose level another policy would change, and on which metrics."""
    made = table("seller", "stands at", "would be at", "because of")
    for one in sellers:
        metrics = "\n".join(
            f"{each['metric']}: {100 * each['proposed']['rate']:.1f}%"
            for each in one["metrics"]
        )
        levels = (_level(one[which]) for which in ("official", "proposed"))
        made.add_row(one["seller_id"], *levels, metrics)
    return made


def _figures(card: Json | None) -> Text:
    if card is None:
        return Text("none", style="dim")
    said = f"{card['kept']} of {card['due']}, {100 * card['rate']:.1f}% "
    return Text(said).append(_level(card["level"]))


def missed(evidence: Iterable[Json], metric: str) -> list[Json]:
    """Return what fell due for `metric` and was not kept."""
    return [row for row in evidence if row["metric"] == metric and row["due"] > row["kept"]]


def obligations(rows: Iterable[Json]) -> Table:
    """Return obligations with the facts that opened and closed them."""
    made = table("of", "due", "done", "what says so")
    for row in rows:
        facts = "\n".join(f"{f['says']:<6} {f['event_id']}" for f in row["facts"])
        done = _minute(row["kept_at"]) if row["kept_at"] else "not yet"
        subject = row["subject_id"].replace("/", "/\n")
        made.add_row(subject, _minute(row["due_at"]), done, facts)
    return made


def _minute(moment: str) -> str:
    return moment[5:16].replace("T", " ")


def _days(first: str, last: str) -> str:
    one, other = date.fromisoformat(first).day, date.fromisoformat(last).day
    return f"{one:2}" if one == other else f"{one:2} to {other:2}"


def fee(days: Iterable[FeeDay]) -> Table:
    """Return what a product's fee is made of, a row for each stretch of equal days."""
    numbers = ("units", "unit-days")
    made = table("days", "lot", "made on", "units", "", "unit-days", right=numbers)
    for one in sorted(stretches(days), key=lambda one: (one.first.day, one.first.lot_id)):
        made.add_row(
            _days(one.first.day, one.last),
            one.first.lot_id,
            one.first.manufactured_on,
            str(one.first.units),
            "counts" if one.first.chargeable else "free",
            str(one.unit_days),
        )
    return made


def places(statuses: Iterable[Json]) -> Table:
    """Return where every service stands, and what it has read of others."""
    numbers = ("pos", "published", "lag", "parked")
    made = table("service", "state", *numbers, "has read", right=numbers)
    for status in statuses:
        read: dict[str, int] = {}
        for part in status["consumers"]:
            read[part["topic"]] = max(read.get(part["topic"], 0), part["pos"])
        relay = status["relay"]
        made.add_row(
            status["service"],
            status["state"],
            str(status["pos"]),
            str(relay["published"]) if relay else "",
            str(status["lag"]),
            str(status["parked"]),
            ", ".join(f"{topic} to {pos}" for topic, pos in read.items()),
        )
    return made


def proofs(claims: Mapping[str, Sequence[str]]) -> Table:
    """Return what was proved, a row for each claim, and its figures."""
    made = table("proved", "of")
    for claim, figures in claims.items():
        made.add_row(claim, Text("; ".join(figures)))
    return made


def screen() -> Console:
    """Return what a demo prints on: a terminal as it is, else one of a usual width."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=NARROW, highlight=False)
