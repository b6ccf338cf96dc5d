"""`market what-if`: who would change level if another policy applied."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Annotated, Final

import typer

from market.answers import Comparison, Figures, MetricCounts, SellerChange
from market.asking import page_by_page, tell
from market.errors import EXIT_CODES
from market.moments import as_text
from market.output import (
    Format,
    FormatOption,
    print_lines,
    print_ndjson,
    print_table,
    print_table_of_pages,
)
from market.platform import running
from market.policy_files import policy_named
from market.questions import MOMENT, KnownAtOption

app = typer.Typer()

COLUMNS: Final = ("seller_id", "now", "then", "metric", "rate now", "rate then", "changes")


PolicyOption = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="A TOML file, or the version of a policy that is there, such as a shadow.",
    ),
]
SellerOption = Annotated[
    str | None,
    typer.Option("--seller", metavar="ID", help="One alone, whether or not it changes."),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="With sellers whose level stays as it is.")
]


@app.command("what-if", epilog=EXIT_CODES)
def what_if(
    policy: PolicyOption,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", help="What was true by then; else now.", **MOMENT),
    ] = None,
    known_at: KnownAtOption = None,
    seller: SellerOption = None,
    output: FormatOption = Format.TABLE,
    *,
    every: AllOption = False,
) -> None:
    """Show who would change level if another policy applied. Nothing is recorded.

    The same history is judged by the official policy of that moment and by POLICY. TIME is
    ISO 8601 with its offset, such as 2018-03-01T00:00:00Z.
    """
    platform = running()
    proposed = policy_named(platform, policy)
    body = {
        "policy": proposed.policy.model_dump(),
        "as_of": as_text(as_of),
        "known_at": as_text(known_at),
        "seller_id": seller,
        "all": every or seller is not None,
    }
    asked = partial(tell, platform, "performance", "/what-if", body)
    found = page_by_page(Comparison, "performance", asked)
    if output is Format.NDJSON:
        print_ndjson(each.model_dump() for _, known in found for each in known.sellers)
    else:
        show(known for _, known in found)


def show(found: Iterator[Comparison]) -> None:
    """Print for people who would change, on which metrics, and how many do not."""
    first = next(found)
    counts = first.by_metric or ()  # told with the first page
    print_lines([heading(first, counts)])
    showing = (known.sellers for known in chain([first], found) if known.sellers)
    print_table_of_pages(
        None, COLUMNS, (chain.from_iterable(map(_rows, sellers)) for sellers in showing)
    )
    changing = [each for each in counts if each.better + each.worse + each.other]
    if changing:
        columns = ("metric", "better", "worse", "other", "same")
        figures = ([getattr(each, name) for name in columns] for each in changing)
        print_table("how many sellers change, by metric", columns, figures)


def heading(known: Comparison, counts: Sequence[MetricCounts]) -> str:
    """Return in a sentence how many would change level."""
    overall = next(each for each in counts if each.metric == "overall")
    changed = overall.better + overall.worse + overall.other
    count = changed + overall.same
    return (
        f"{changed} of {count} seller{'' if count == 1 else 's'} would change level at "
        f"{known.as_of} if {known.proposed.version} applied instead of "
        f"{known.official.version}"
    )


def _rows(seller: SellerChange) -> Iterator[Sequence[object]]:
    """Yield a row for each metric that makes the difference; the seller on the first."""
    who: tuple[object, ...] = (seller.seller_id, seller.official, seller.proposed)
    if not seller.metrics:
        yield (*who, None, None, None, seller.changes)
    for metric in seller.metrics:
        rates = (_figures(metric.official), _figures(metric.proposed))
        yield (*who, metric.metric, *rates, metric.changes)
        who = (None, None, None)


def _figures(card: Figures | None) -> str:
    if card is None or card.rate is None:
        return "none due"
    counted = f"{card.due}" if card.kept is None else f"{card.kept}/{card.due}"
    return f"{card.rate:.2%} ({counted}) {card.level}"
