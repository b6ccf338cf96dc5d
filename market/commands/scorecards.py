"""`market scorecards`: how well sellers keep what they owe, at any moment."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

import typer

from contracts.performance import METRICS
from market.answers import Card, Scorecards, Trend, understood
from market.asking import ask, page_by_page
from market.errors import EXIT_CODES, MarketError
from market.metrics import parse_metric
from market.moments import as_text
from market.output import (
    Format,
    FormatOption,
    print_lines,
    print_ndjson,
    print_table_of_pages,
    say,
)
from market.platform import running
from market.questions import (
    MOMENT,
    KnownAtOption,
    PolicyVersionOption,
    SeenOption,
    typed,
)
from market.showing.scorecards import explained

app = typer.Typer()

CARD: Final = ("seller_id", "metric", "window_days", "due", "kept", "rate", "level")
OVERALL: Final = ("seller_id", "metric", "level")
COMMAND: Final = ("market", "scorecards")


class By(StrEnum):
    """What a plot has a point for."""

    DAY = "day"
    WEEK = "week"


class PlotError(MarketError):
    """A picture that can't be drawn, or not be written where it should."""


AllOption = Annotated[
    bool,
    typer.Option(
        "--all",
        help="With metrics that have too few to judge: all that have anything due in the "
        "long window.",
    ),
]


AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        help="What was true by then: required, but for a plot, which has --until.",
        **MOMENT,
    ),
]
SellerOption = Annotated[
    str | None, typer.Option("--seller", metavar="ID", help="One seller alone.")
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="With the facts behind each number.")
]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="FILE", help="Draw a seller's trend instead, as .png or .svg."
    ),
]
MetricOption = Annotated[
    str | None,
    typer.Option(
        "--metric",
        help=f"Of the plot: which of {', '.join(METRICS)}; else overall, the level of all"
        " together.",
        parser=parse_metric,
        metavar="METRIC",
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="DAY", help="Of the plot: the first day."),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="DAY", help="Of the plot: the last; else yesterday."),
]
ByOption = Annotated[
    By | None, typer.Option("--by", help="Of the plot: a point a day, or a week.")
]


@app.command(epilog=EXIT_CODES)
def scorecards(  # noqa: PLR0913 - an option each
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    seller: SellerOption = None,
    output: FormatOption = Format.TABLE,
    *,
    policy: PolicyVersionOption = None,
    every: AllOption = False,
    explain: ExplainOption = False,
    plot: PlotOption = None,
    metric: MetricOption = None,
    first: FromOption = None,
    until: UntilOption = None,
    by: ByOption = None,
    seen: SeenOption = None,
) -> None:
    """Show scorecards: per seller and metric what was due, what was kept, and the level.

    Rates are kept / due over the window: 30 days, or 90 where fewer than 10 fell due; a
    window of 0 days is taken at the moment itself. TIME is ISO 8601 with its offset, such
    as 2018-03-01T00:00:00Z; DAY is 2018-03-01. With --plot, a seller's trend is drawn.
    What gives the same answer again, whatever comes late, is said below it, on stderr.
    """
    asked = {"known_at": as_text(known_at), "policy": policy}
    of_plot = {"metric": metric, "from": first, "until": until, "by": by}
    if plot is not None:
        others = {"--as-of": as_of, "--all": every, "--explain": explain}
        draw_trend(plot, seller, asked | of_plot | {"seen": seen}, others)
        return
    asked |= {"as_of": as_text(as_of), "seller_id": seller, "after": seen}
    show_scorecards({**asked, "all": every, "explain": explain}, of_plot, output)


def show_scorecards(
    asked: Mapping[str, Any], others: Mapping[str, object], output: Format
) -> None:
    """Ask for scorecards, and print them page by page; or that there are none.

    Raises:
        BadParameter: No moment is named, or something that is for a plot.
    """
    if said := [f"--{name}" for name, value in others.items() if value is not None]:
        raise typer.BadParameter(f"{', '.join(said)} only with --plot FILE")
    if asked["as_of"] is None:
        raise typer.BadParameter("say the moment: --as-of 2018-03-01T00:00:00Z")
    platform = running()
    pages = page_by_page(
        Scorecards,
        "performance",
        lambda more: ask(platform, "performance", "/scorecards", {**asked, **more}),
    )
    of_somebody = (page for page in pages if page[1].overall)
    first = next(of_somebody, None)
    if first is None:
        typer.echo(_nobody(asked["as_of"], asked["known_at"]), err=True)
    elif output is Format.NDJSON:
        for answer, _ in chain([first], of_somebody):
            print_ndjson(in_order(answer))
    else:
        title = f"scorecards by policy {first[1].policy}"
        show(title, (known for _, known in chain([first], of_somebody)))
    if first is not None and first[1].again is not None:
        shown = None if output is Format.TABLE else output.value
        _say_again({**asked, "format": shown}, first[1].again)


def _say_again(asked: Mapping[str, Any], token: str) -> None:
    """Say what gives all pages again: all else as it was asked, by what had come."""
    named = {"seller_id": "seller", "after": "seen"}
    options = {named.get(name, name): value for name, value in asked.items()}
    _say_the_same(typed(COMMAND, options | {"seen": token}))


def _say_the_same(command: str) -> None:
    say(f"the same again, whatever comes late: {command}")


def draw_trend(
    plot: Path,
    seller: str | None,
    asked: Mapping[str, str | None],
    others: Mapping[str, object],
) -> None:
    """Ask for a seller's trend, and draw it into the file `plot`.

    Raises:
        BadParameter: The options don't go together.
        PlotError: There is nothing to draw, or it can't be written there.
    """
    if said := [name for name, value in others.items() if value]:
        raise typer.BadParameter(f"{', '.join(said)} not with --plot")
    if seller is None:
        raise typer.BadParameter("say whose: --seller ID")
    if plot.suffix not in {".png", ".svg"}:
        raise typer.BadParameter(f"--plot: {plot} must end in .png or .svg")
    path = f"/sellers/{quote(seller, safe='')}/trend"
    trend = understood(Trend, "performance", ask(running(), "performance", path, asked))
    if not trend.points:
        raise PlotError("no week ends in that range: let it begin sooner, or say --by day")
    from market.showing.trend_plot import draw  # noqa: PLC0415 - takes a second to load

    try:
        draw(trend, plot)
    except OSError as why:
        raise PlotError(f"{plot}: it cannot be written ({why.strerror})") from None
    say(f"{trend.metric} of {seller} by {trend.by}: {plot}")
    if trend.again is not None:
        query = dict(parse_qsl(urlsplit(trend.again).query))
        _say_the_same(typed(COMMAND, {"plot": str(plot), "seller": seller} | query))


def in_order(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each seller's metrics, then the seller's level, then what they are made of."""
    cards, evidence = _by_seller(answer["cards"]), _by_seller(answer["evidence"] or ())
    for level in answer["overall"]:
        seller_id = level["seller_id"]
        yield from ({n: card[n] for n in CARD} for card in cards.get(seller_id, ()))
        yield {name: level[name] for name in OVERALL}
        yield from evidence.get(seller_id, ())


def show(title: str, answers: Iterable[Scorecards]) -> None:
    """Print scorecards for people: a row per metric, then each seller's level.

    If evidence was asked for, all that these count follows in plain lines.
    """
    behind: list[str] = []
    heading = [name.removeprefix("window_") for name in CARD]
    print_table_of_pages(title, heading, (_rows(each, behind) for each in answers))
    print_lines(behind)


def _rows(answer: Scorecards, behind: list[str]) -> Sequence[Sequence[object]]:
    """Return the rows of an answer; what is behind them is put `behind`."""
    behind += explained(answer)
    cards: dict[str, list[Card]] = {}
    for card in answer.cards:
        cards.setdefault(card.seller_id, []).append(card)
    rows: list[Sequence[object]] = []
    for level in answer.overall:
        rows += [_row(card) for card in cards.get(level.seller_id, ())]
        rows.append((level.seller_id, level.metric, None, None, None, None, level.level))
    return rows


def _row(card: Card) -> tuple[object, ...]:
    rate = None if card.rate is None else f"{card.rate:.2%}"
    shown = card.model_dump() | {"rate": rate}
    return tuple(shown[name] for name in CARD)


def _nobody(as_of: str, known_at: str | None) -> str:
    known = "now" if known_at is None else f"by {_short(known_at)}"
    by = _short(as_of)
    return f"no seller had any obligation or listing by {by}, as far as known {known}"


def _short(moment: str) -> str:
    return moment.replace("+00:00", "Z")


def _by_seller(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["seller_id"], []).append(row)
    return found
