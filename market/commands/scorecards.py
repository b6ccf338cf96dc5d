"""`market scorecards`: how well sellers keep what they owe, at any moment."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from market.answers import Card, Scorecards, understood
from market.asking import ask
from market.errors import EXIT_CODES
from market.moments import as_text, parse_moment
from market.output import Format, FormatOption, print_lines, print_ndjson, print_table
from market.platform import running
from market.showing.scorecards import explained

app = typer.Typer()

CARD: Final = ("seller_id", "metric", "window_days", "due", "kept", "rate", "level")
OVERALL: Final = ("seller_id", "metric", "level")
MOMENT: Final = {"parser": parse_moment, "metavar": "TIME"}

AllOption = Annotated[
    bool,
    typer.Option(
        "--all",
        help="With metrics that have too few to judge: all that have anything due in the "
        "long window of 90 days.",
    ),
]


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
    every: AllOption = False,
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
    known = understood(Scorecards, "performance", answer)
    if not known.overall:
        typer.echo(_nobody(seller, as_of, known_at), err=True)
    elif output is Format.NDJSON:
        print_ndjson(in_order(answer))
    else:
        show(known)


def in_order(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each seller's metrics, then the seller's level, then what they are made of."""
    cards, evidence = _by_seller(answer["cards"]), _by_seller(answer["evidence"] or ())
    for level in answer["overall"]:
        seller_id = level["seller_id"]
        yield from ({n: card[n] for n in CARD} for card in cards.get(seller_id, ()))
        yield {name: level[name] for name in OVERALL}
        yield from evidence.get(seller_id, ())


def show(answer: Scorecards) -> None:
    """Print scorecards for people: a row per metric, then each seller's level.

    If evidence was asked for, all that these count follows in plain lines.
    """
    cards: dict[str, list[Card]] = {}
    for card in answer.cards:
        cards.setdefault(card.seller_id, []).append(card)
    rows: list[tuple[object, ...]] = []
    for level in answer.overall:
        rows += [_row(card) for card in cards.get(level.seller_id, ())]
        rows.append((level.seller_id, level.metric, None, None, None, None, level.level))
    heading = [name.removeprefix("window_") for name in CARD]
    print_table(f"scorecards by policy {answer.policy}", heading, rows)
    print_lines(explained(answer))


def _row(card: Card) -> tuple[object, ...]:
    rate = None if card.rate is None else f"{card.rate:.2%}"
    shown = card.model_dump() | {"rate": rate}
    return tuple(shown[name] for name in CARD)


def _nobody(seller: str | None, as_of: datetime, known_at: datetime | None) -> str:
    known = "now" if known_at is None else f"by {_short(known_at)}"
    who = "no seller had any" if seller is None else f"{seller!r} had no"
    return f"{who} obligation or listing by {_short(as_of)}, as far as known {known}"


def _short(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _by_seller(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["seller_id"], []).append(row)
    return found
