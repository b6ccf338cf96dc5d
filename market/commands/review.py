"""`market review`: all sellers are reviewed, of each day that is due; `market reviews`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import typer

from market.answers import DayReviewed, Reviewed, understood
from market.asking import ask, tell
from market.errors import EXIT_CODES
from market.moments import as_text, parse_day, parse_moment
from market.output import Format, FormatOption, print_lines, print_ndjson, print_table, say
from market.platform import running
from market.questions import DaysOption
from market.review_answers import DayNoted, DaysNoted

app = typer.Typer()

DAY: Final = ("day", "policy", "sellers", "passed over", "recorded", "failed")
PASSED_OVER: Final = (
    "{} passed over: the review of a later day knew of them, and days are judged in order."
    " Review the oldest day first; steps taken since are lifted where late facts say so"
)
NOTED: Final = ("day", "policy", "sellers", "failed", "still waiting")
TRIED_AGAIN: Final = "tried again: sellers who could not be reviewed before"


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
    known on its day: `--known-at` judges a day of the past on it. Who could not be
    reviewed before is tried again first; `market reviews` shows who still waits, and why.
    """
    asked = {"as_of": as_of, "known_at": as_text(known_at)}
    said = {name: value for name, value in asked.items() if value is not None}
    answer = tell(running(), "performance", "/reviews", said)
    done = understood(Reviewed, "performance", answer)
    if output is Format.NDJSON:
        print_ndjson([*answer["again"], *answer["days"]])
    else:
        _show(done)
    if not done.days:
        typer.echo("every day until then was reviewed before", err=True)
    if passed := sum(one.passed_over for one in done.days):
        say(PASSED_OVER.format(f"{passed} sellers" if passed > 1 else "1 seller"))


def _show(done: Reviewed) -> None:
    if done.again:
        print_table(TRIED_AGAIN, DAY, map(_row, done.again))
    if done.days:
        print_table("reviews: sellers seen, facts recorded", DAY, map(_row, done.days))
    for one in (*done.again, *done.days):
        for stream, why in one.failed.items():
            say(f"{stream} could not be reviewed of {one.day}: {why}")


def _row(one: DayReviewed) -> Sequence[object]:
    seen = one.sellers, one.passed_over
    return (one.day, one.policy, *seen, one.recorded, len(one.failed))


@app.command(epilog=EXIT_CODES)
def reviews(
    days: DaysOption = 14,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show which days were reviewed, and which sellers could not be, and why.

    Those are tried again by the clock, or by `market review`; until then they wait.
    """
    answer = ask(running(), "performance", "/reviews", {"limit": str(days)})
    known = understood(DaysNoted, "performance", answer)
    if output is Format.NDJSON:
        print_ndjson(answer["days"])
        return
    print_table("reviews, the newest first", NOTED, map(_noted, known.days))
    for one in known.days:
        for each in one.failures:
            print_lines([f"{each.seller_id} of {one.day}, {each.state}: {each.why}"])


def _noted(one: DayNoted) -> Sequence[object]:
    return (one.day, one.policy, one.sellers, one.failed, one.waiting)
