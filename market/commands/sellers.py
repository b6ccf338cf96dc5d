"""`market projection`, `market due`, `market evidence`: questions about one seller."""

from collections.abc import Mapping
from datetime import datetime
from json import dumps
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from market.answers import DueAhead, Evidence, Projection, understood
from market.asking import MOST_OF_A_PAGE, ask
from market.errors import EXIT_CODES, MarketError
from market.history.behind import read_behind
from market.moments import as_text
from market.output import Format, FormatOption, print_lines, print_ndjson, print_table, say
from market.platform import running
from market.questions import MOMENT, KnownAtOption, PolicyVersionOption
from market.showing.ahead import closing, levels, rates, ways_out

app = typer.Typer()

DUE: Final = ("due_at", "hours_left", "metric", "subject_id", "closed_by")

Seller = Annotated[str, typer.Argument(metavar="SELLER", help="The seller's id.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", help="What was true by then; none is now.", **MOMENT),
]


class FileTakenError(MarketError):
    """A file can't be written."""


@app.command(epilog=EXIT_CODES)
def due(
    seller: Seller,
    within_days: Annotated[
        int, typer.Option("--within-days", min=1, max=30, help="So many days ahead.")
    ] = 7,
    as_of: AsOf = None,
    known_at: KnownAtOption = None,
    policy: PolicyVersionOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show what a seller owes soon, soonest first, and which facts close it.

    Deadlines in weekday hours leave out weekends and the policy's holidays.
    """
    question = _question(as_of, known_at, policy) | {"within_days": str(within_days)}
    found = list[Mapping[str, Any]]()
    page = _asked(seller, "due", question | {"limit": MOST_OF_A_PAGE})
    known = understood(DueAhead, "performance", page)
    found += page["items"]
    while known.next is not None:
        again = {name: page[name] for name in ("as_of", "known_at", "policy", "seen")}
        page = _asked(
            seller, "due", question | again | {"limit": MOST_OF_A_PAGE, "after": known.next}
        )
        known = understood(DueAhead, "performance", page)
        found += page["items"]
    if not found:
        say(f"{seller!r} owes nothing that falls due within {within_days} days")
    elif output is Format.NDJSON:
        print_ndjson(found)
    else:
        rows = [[*(row[name] for name in DUE[:-1]), closing(row[DUE[-1]])] for row in found]
        print_table(f"{seller} as of {known.as_of}", DUE, rows)


@app.command(epilog=EXIT_CODES)
def evidence(
    seller: Seller,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")],
    as_of: AsOf = None,
    known_at: KnownAtOption = None,
    policy: PolicyVersionOption = None,
    *,
    with_facts: Annotated[
        bool,
        typer.Option(
            "--facts/--no-facts", help="With the facts as published, read from Kafka."
        ),
    ] = True,
) -> None:
    """Write what a seller's scorecard follows from to a file that proves itself.

    It holds the facts as they were published, what they say of obligations and listings,
    the policy and the result. Without any of this, scripts/verify_evidence.py checks the
    result by what is said, and scripts/verify_facts.py what is said by the facts.
    """
    answer = _asked(seller, "evidence", _question(as_of, known_at, policy))
    known = understood(Evidence, "performance", answer)
    counts = (
        f"{len(known.sayings)} sayings of obligations, {len(known.listings)} of listings"
    )
    check = f"`python scripts/verify_evidence.py {out}`"
    if with_facts:
        facts = _facts_behind(known)
        answer = {**answer, "facts": facts}
        counts = f"{len(facts)} facts, {counts}"
        check += f" and `python scripts/verify_facts.py {out}`"
    _write(out, dumps(answer, ensure_ascii=False, indent=1))
    say(f"{out}: {counts}; check it with {check}")


@app.command(epilog=EXIT_CODES)
def projection(
    seller: Seller,
    as_of: AsOf = None,
    known_at: KnownAtOption = None,
    policy: PolicyVersionOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show where a seller is heading: in 7, 14 and 30 days, and what leads out of trouble.

    No new orders are assumed. `nothing more` is if the seller does nothing more until then,
    `all kept` if all that is open is done in time. Each day is judged by the policy that
    applies then; with --policy, all by that one.
    """
    answer = _asked(seller, "projection", _question(as_of, known_at, policy))
    known = understood(Projection, "performance", answer)
    if output is Format.NDJSON:
        print_ndjson(answer["then"])
        print_ndjson(answer["overall"])
        print_ndjson(answer["ways_out"])
        return
    title = f"{seller} by policy {known.policy}, as of {known.as_of}: {known.level}"
    print_table(title, *levels(known))
    print_table("rates, if nothing more is done and if all is kept", *rates(known))
    print_lines(ways_out(known))


def _facts_behind(known: Evidence) -> list[dict[str, Any]]:
    ids = {str(row["event_id"]) for row in (*known.sayings, *known.listings)}
    return read_behind(running().kafka_bootstrap_servers, known.seller_id, ids, say)


def _write(file: Path, text: str) -> None:
    """Put `text` into `file`.

    Raises:
        FileTakenError: It can't be written.
    """
    try:
        file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as why:
        raise FileTakenError(f"{file} can't be written: {why.strerror}") from None


def _question(
    as_of: datetime | None, known_at: datetime | None, policy: str | None
) -> dict[str, str | None]:
    moments = {"as_of": as_text(as_of), "known_at": as_text(known_at)}
    return {**moments, "policy": policy}


def _asked(seller: str, what: str, question: Mapping[str, str | None]) -> Any:  # noqa: ANN401 - JSON
    path = f"/sellers/{quote(seller, safe='')}/{what}"
    return ask(running(), "performance", path, {**question})
