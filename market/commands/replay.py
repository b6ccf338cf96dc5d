"""`market replay`: a metric made again from Kafka alone, beside what the service says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from contracts.performance import METRICS
from market.answers import Counted, Replay, understood
from market.asking import ask
from market.errors import EXIT_CODES
from market.moments import as_text
from market.output import Format, FormatOption, print_lines, print_ndjson, print_table, say
from market.platform import running
from market.questions import MOMENT, KnownAtOption, PolicyVersionOption

app = typer.Typer()

COUNTED: Final = ("from", "sellers", "due", "kept", "rate")
DIFFERING: Final = ("seller_id", "from", "window_days", "due", "kept", "rate", "level")


WRONG: Final = (
    "market: of {} the tables don't say what the topics say: `market verify` tells which"
    " table; the service makes it again at POST /read-models/rebuild"
)
MetricArgument = Annotated[
    str, typer.Argument(metavar="METRIC", help=f"One of {', '.join(METRICS)}.")
]
AsOfOption = Annotated[
    datetime, typer.Option("--as-of", help="What was true by then.", **MOMENT)
]


@app.command(epilog=EXIT_CODES)
def replay(
    metric: MetricArgument,
    as_of: AsOfOption,
    known_at: KnownAtOption = None,
    policy: PolicyVersionOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Count a metric of all sellers from the topics alone, and compare what tables say.

    Each fact is read again from Kafka, from the first one on, as far as the service has
    applied it. Exit 1 if the tables say otherwise of any seller.
    """  # noqa: DOC501 - a help text
    asked = {"metric": metric, "policy": policy}
    moments = {"as_of": as_text(as_of), "known_at": as_text(known_at)}
    answer = ask(running(), "performance", "/scorecards/replay", {**asked, **moments})
    found = understood(Replay, "performance", answer)
    if output is Format.NDJSON:
        print_ndjson([answer])
    else:
        show(found)
    if found.differ:
        say(WRONG.format("1 seller" if found.differ == 1 else f"{found.differ} sellers"))
        raise typer.Exit(1)
    if not found.replayed.sellers:
        say(f"nothing of {found.metric} was due of any seller by then")


def show(found: Replay) -> None:
    """Print what both say, how far was read, and the sellers of whom they differ."""
    both = (("topics", found.replayed), ("tables", found.live))
    rows = [(name, one.sellers, one.due, one.kept, _rate(one)) for name, one in both]
    print_table(f"{found.metric} by policy {found.policy}", COUNTED, rows)
    print_lines(
        f"{topic}: partition {number} read up to offset {end}"
        for topic, ends in found.ends.items()
        for number, end in ends.items()
    )
    differing = [
        _differing(one.seller_id, name, card)
        for one in found.differences
        for name, card in (("topics", one.replayed), ("tables", one.live))
    ]
    if differing:
        print_table("what differs", DIFFERING, differing)


def _differing(
    seller_id: str, name: str, card: Mapping[str, Any] | None
) -> Sequence[object]:
    said = card or {}
    rate = said.get("rate")
    shown = {**said, "rate": None if rate is None else f"{rate:.2%}"}
    return (seller_id, name, *(shown.get(column) for column in DIFFERING[2:]))


def _rate(counted: Counted) -> str | None:
    if not counted.due or counted.kept is None:
        return None
    return f"{counted.kept / counted.due:.2%}"
