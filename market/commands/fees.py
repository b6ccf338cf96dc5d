"""`market fees` and `market charge`: what keeping stock costs, and the month-end run."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from market.asking import ask, tell
from market.errors import EXIT_CODES
from market.output import Format, FormatOption, print_ndjson, print_table
from market.platform import Platform, running

app = typer.Typer()

LINE: Final = ("seller_id", "product_id", "unit_days", "days_in_month", "cents")
DAY: Final = (
    "product_id",
    "day",
    "lot_id",
    "manufactured_on",
    "units",
    "chargeable",
    "because",
)
Month = Annotated[str, typer.Argument(metavar="MONTH", help="Such as 2018-03.")]


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

    A line's cents are the rate times its chargeable unit-days over the days of the month.
    """
    answer = ask(
        running(),
        "billing",
        f"/store-fees/{month}",
        {"seller_id": seller, "explain": explain},
    )
    if output is Format.NDJSON:
        print_ndjson({name: line[name] for name in LINE} for line in answer["lines"])
        print_ndjson(answer["days"] or ())
    else:
        show(answer)


@app.command(epilog=EXIT_CODES)
def charge(month: Month) -> None:
    """Charge the store fees of a month that is over, and adjust months before it.

    Safe to repeat: what was charged stays so; what late facts changed is adjusted once.
    """
    typer.echo(said(charge_month(running(), month)))


def charge_month(platform: Platform, month: str) -> Mapping[str, Any]:
    """Let billing do its month-end run; return what it did."""
    done: Mapping[str, Any] = tell(platform, "billing", "/store-fee-runs", {"month": month})
    return done


def said(done: Mapping[str, Any]) -> str:
    """Return what a run did, for people."""
    charged, adjusted = _usd(done["charged_cents"]), _usd(done["adjusted_cents"])
    since = f", adjusted by {adjusted} since" if done["adjusted_cents"] else ""
    return f"{done['month']}: {charged} charged to {done['sellers']} sellers{since}"


def show(answer: Mapping[str, Any]) -> None:
    """Print fees for people: a row per line, and their days if they were asked for."""
    lines = answer["lines"]
    rows = [[line[name] for name in LINE[:-1]] + [_usd(line["cents"])] for line in lines]
    total = sum(line["cents"] for line in lines)
    title = f"store fees of {answer['month']}: {_usd(total)} in all"
    print_table(title, (*LINE[:-1], "fee"), rows)
    if answer["days"] is not None:
        print_table("what they are made of", DAY, (_day(day) for day in answer["days"]))


def _day(day: Mapping[str, Any]) -> list[object]:
    return ["\n".join(day[n]) if n == "because" else day[n] for n in DAY]


def _usd(cents: int) -> str:
    sign, amount = "-" if cents < 0 else "", abs(cents)
    return f"{sign}{amount // 100}.{amount % 100:02} USD"
