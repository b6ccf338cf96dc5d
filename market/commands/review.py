"""`market review`: all sellers are reviewed, of each day that is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import typer

from market.answers import DayReviewed, Reviewed, understood
from market.asking import tell
from market.errors import EXIT_CODES
from market.moments import as_text, parse_day, parse_moment
from market.output import Format, FormatOption, print_ndjson, print_table, say
from market.platform import running

app = typer.Typer()

DAY: Final = ("day", "policy", "sellers", "passed over", "recorded", "failed")
PASSED_OVER: Final = (
    "{} passed over: the review of a later day knew of them, and days are judged in order."
    " Review the oldest day first; steps taken since are lifted where late facts say so"
)


@app.command(epilog=EXIT_CODES)
def review(
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DAY",
            parser=parse_day,
            help="The last day to review, such as 2018-03-01; today without it.",
        ),
    ] = None,
    known_at: Annotated[
        datetime | None,
        typer.Option(
            "--known-at",
            metavar="TIME",
            parser=parse_moment,
            help="On what was known by then; else of each day on what was known when it"
            " began.",
        ),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Review all sellers, of each day since the last review: warnings, sanctions, cures.

    Safe to repeat: a day is judged once. What was imported later than it happened was not
    known on its day: `--known-at` judges a day of the past on it.
    """
    asked = {"as_of": as_of, "known_at": as_text(known_at)}
    said = {name: value for name, value in asked.items() if value is not None}
    answer = tell(running(), "performance", "/reviews", said)
    done = understood(Reviewed, "performance", answer)
    if not done.days:
        typer.echo("every day until then was reviewed before", err=True)
    elif output is Format.NDJSON:
        print_ndjson(answer["days"])
    else:
        print_table("reviews: sellers seen, facts recorded", DAY, map(_row, done.days))
    if passed := sum(one.passed_over for one in done.days):
        say(PASSED_OVER.format(f"{passed} sellers" if passed > 1 else "1 seller"))


def _row(one: DayReviewed) -> Sequence[object]:
    seen = one.sellers, one.passed_over
    return (one.day, one.policy, *seen, one.recorded, len(one.failed))
