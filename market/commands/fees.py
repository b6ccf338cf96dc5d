"""`market fees` and `market charge`: what keeping stock costs, and the month-end run."""

from typing import Annotated, Final

import typer

from contracts.topics import BILLING
from market.answers import understood
from market.answers_of_fees import RunDone, StoreFees
from market.asking import ask, tell
from market.errors import EXIT_CODES
from market.moments import parse_month
from market.output import Format, FormatOption, print_lines, print_ndjson, print_table
from market.platform import Platform, running
from market.showing.fees import explained, usd

app = typer.Typer()

LINE: Final = ("seller_id", "product_id", "unit_days", "days_in_month", "cents")
Month = Annotated[
    str, typer.Argument(metavar="MONTH", help="Such as 2018-03.", parser=parse_month)
]


@app.command(epilog=EXIT_CODES)
def fees(
    month: Month,
    seller: Annotated[
        str | None, typer.Option("--seller", metavar="ID", help="One seller alone.")
    ] = None,
    output: FormatOption = Format.TABLE,
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="With the days, lots and facts behind each.")
    ] = False,
) -> None:
    """Show a month's store fees, line by line, by what is known now.

    A line's cents are the rate times its chargeable unit-days over the days of the month,
    rounded once, half up.
    """
    answer = ask(
        running(),
        "billing",
        f"/store-fees/{month}",
        {"seller_id": seller, "explain": explain},
    )
    known = understood(StoreFees, "billing", answer)
    if not (known.lines or known.days):
        whose = "nobody owes a" if seller is None else f"{seller!r} owes no"
        typer.echo(f"{whose} store fee for {month}, as far as known now", err=True)
    elif output is Format.NDJSON:
        print_ndjson({name: line[name] for name in LINE} for line in answer["lines"])
        print_ndjson(answer["days"] or ())
    else:
        show(known)


@app.command(epilog=EXIT_CODES)
def charge(month: Month) -> None:
    """Charge the store fees of a month that is over, and adjust months before it.

    Safe to repeat: what was charged stays so; what late facts changed is adjusted once.
    """
    typer.echo(said(charge_month(running(), month)))


def charge_month(platform: Platform, month: str) -> RunDone:
    """Let billing do its month-end run; return what it did."""
    done = tell(platform, "billing", "/store-fee-runs", {"month": month})
    return understood(RunDone, "billing", done)


def said(done: RunDone) -> str:
    """Return what a run did, for people: a line, and how to see what it adjusted."""
    since = f", adjusted by {usd(done.adjusted_cents)} since" if done.adjusted_cents else ""
    line = f"{done.month}: {usd(done.charged_cents)} charged to {_sellers(done.sellers)}"
    if not done.re_rated:
        return f"{line}{since}"
    months = sorted({month for mine in done.re_rated.values() for month in mine})
    first = min(done.re_rated)
    return (
        f"{line}{since}\n"
        f"adjusted {', '.join(months)} of {_sellers(len(done.re_rated))}: "
        f"`market history --topic {BILLING} --seller {first}` shows it"
        f"{' for the first' if len(done.re_rated) > 1 else ''}"
    )


def show(answer: StoreFees) -> None:
    """Print fees for people: a row per line, and what they are made of if that is there."""
    rows = [
        (
            line.seller_id,
            line.product_id,
            line.unit_days,
            line.days_in_month,
            usd(line.cents),
        )
        for line in answer.lines
    ]
    total = usd(sum(line.cents for line in answer.lines))
    month, as_if = answer.month, ""
    if not answer.over:
        month, as_if = f"{month}, which is not over", ", as if nothing moved until its end"
    print_table(f"store fees of {month}: {total} in all{as_if}", (*LINE[:-1], "fee"), rows)
    print_lines(explained(answer))


def _sellers(count: int) -> str:
    return "1 seller" if count == 1 else f"{count} sellers"
