"""`market scorecards`: how well sellers keep what they owe, at any moment."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from market.asking import ask
from market.errors import EXIT_CODES
from market.moments import as_text, parse_moment
from market.output import Format, FormatOption, print_ndjson, print_table
from market.platform import running

app = typer.Typer()

CARD: Final = ("seller_id", "metric", "window_days", "due", "kept", "rate", "level")
OVERALL: Final = ("seller_id", "metric", "level")
EVIDENCE: Final = (
    "seller_id",
    "metric",
    "subject_id",
    "opened_at",
    "due_at",
    "kept_at",
    "due",
    "kept",
    "facts",
)
MOMENT: Final = {"parser": parse_moment, "metavar": "TIME"}


@app.command(epilog=EXIT_CODES)
def scorecards(
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", help="What was true by then.", **MOMENT),
    ],
    known_at: Annotated[
        datetime | None,
        typer.Option("--known-at", help="As far as it was known by then.", **MOMENT),
    ] = None,
    seller: Annotated[
        str | None, typer.Option("--seller", metavar="ID", help="One seller alone.")
    ] = None,
    output: FormatOption = Format.TABLE,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="With metrics that have too few to judge.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="With the facts behind each number.")
    ] = False,
) -> None:
    """Show scorecards: per seller and metric what was due, what was kept, and the level.

    Rates are kept / due over the window: 30 days, or 90 where fewer than 10 fell due; a
    window of 0 days is taken at the moment itself. TIME is ISO 8601 with its offset, such
    as 2018-03-01T00:00:00Z.
    """
    moments = {"as_of": as_text(as_of), "known_at": as_text(known_at)}
    asked = {**moments, "seller_id": seller, "all": every, "explain": explain}
    answer = ask(running(), "performance", "/scorecards", asked)
    if output is Format.NDJSON:
        print_ndjson(in_order(answer))
    else:
        show(answer)


def in_order(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each seller's metrics, then the seller's level, then what they are made of."""
    cards, evidence = _by_seller(answer["cards"]), _by_seller(answer["evidence"] or ())
    for level in answer["overall"]:
        seller_id = level["seller_id"]
        yield from ({n: card[n] for n in CARD} for card in cards.get(seller_id, ()))
        yield {name: level[name] for name in OVERALL}
        yield from evidence.get(seller_id, ())


def show(answer: Mapping[str, Any]) -> None:
    """Print scorecards for people: a row per metric, then each seller's level."""
    cards = _by_seller(answer["cards"])
    rows: list[tuple[object, ...]] = []
    for level in answer["overall"]:
        found = cards.get(level["seller_id"], ())
        rows += [tuple(_shown(name, card[name]) for name in CARD) for card in found]
        rows.append((level["seller_id"], "overall", None, None, None, None, level["level"]))
    print_table(f"scorecards by policy {answer['policy']}", CARD, rows)
    if answer["evidence"] is not None:
        print_table(
            "what they are made of",
            EVIDENCE,
            (_evidence(row) for row in answer["evidence"]),
        )


def _evidence(row: Mapping[str, Any]) -> list[object]:
    facts = "\n".join(f"{f['says']} {f['at']} {f['event_id']}" for f in row["facts"] or ())
    return [facts if name == "facts" else row[name] for name in EVIDENCE]


def _shown(name: str, value: object) -> object:
    return f"{value:.2%}" if name == "rate" and isinstance(value, float) else value


def _by_seller(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["seller_id"], []).append(row)
    return found
