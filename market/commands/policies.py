"""`market policies`: by what sellers are judged, from when on, and what differs."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from market.answers import DatedPolicies, PolicyTerms, WholePolicy, understood
from market.asking import ask
from market.errors import EXIT_CODES
from market.output import Format, FormatOption, print_lines, print_ndjson, print_table
from market.platform import running
from market.policy_files import policy_named
from market.questions import DaysOption
from market.review_answers import MetricMoves, ShadowDays

app = typer.Typer(
    name="policies",
    help="Show by which policies sellers are judged, and when.",
    epilog="A policy is a TOML file; it applies from its applies_from until the next one "
    "does. The performance service reads those that ship, or the file or folder that "
    "POLICIES names, and never lets a file change what was judged before.",
    no_args_is_help=True,
)

LISTED: Final = ("version", "applies_from", "until", "state", "digest")
STANDARD: Final = ("metric", "star", "warn", "limit", "weekday_hours", "days")
MOVES: Final = ("sellers", "better", "worse", "other", "same", "from which level to which")
SHORT: Final = 12
"""How much of a digest people are shown."""

PolicyArgument = Annotated[
    str,
    typer.Argument(
        metavar="POLICY",
        help="A version, as `market policies list` has it, or a file.",
    ),
]


@app.command("list", epilog=EXIT_CODES)
def list_policies(output: FormatOption = Format.TABLE) -> None:
    """List the policies: the oldest first, then the shadows that are judged beside them."""
    answer = ask(running(), "performance", "/policies")
    known = understood(DatedPolicies, "performance", answer)
    if output is Format.NDJSON:
        print_ndjson(each.model_dump() for each in known.policies)
        return
    rows = [
        each.model_dump() | {"digest": each.digest[:SHORT]}
        | {"applies_from": each.applies_from or ("" if each.state == "shadow" else "ever")}
        for each in known.policies
    ]  # fmt: skip
    print_table(None, LISTED, ([row[name] for name in LISTED] for row in rows))


@app.command(epilog=EXIT_CODES)
def show(policy: PolicyArgument, output: FormatOption = Format.TABLE) -> None:
    """Show all that a policy says; of a file, or say what is wrong with it.

    With --format ndjson it is one object, as the service understands it.
    """
    found = policy_named(running(), policy)
    if output is Format.NDJSON:
        print_ndjson([found.policy.model_dump() | {"digest": found.digest}])
        return
    print_lines(summary(found))
    standards = found.policy.standards.items()
    rows = ([name, *(getattr(s, what) for what in STANDARD[1:])] for name, s in standards)
    print_table(None, STANDARD, rows)


@app.command(epilog=EXIT_CODES)
def diff(
    before: PolicyArgument, after: PolicyArgument, output: FormatOption = Format.TABLE
) -> None:
    """Show what differs between two policies, threshold by threshold.

    Each is a version or a file. Exit 0 whether or not they differ.
    """
    platform = running()
    one, other = (policy_named(platform, named) for named in (before, after))
    rows = list(differences(one.policy, other.policy))
    if output is Format.NDJSON:
        print_ndjson(rows)
    elif rows:
        columns = ("what", one.policy.version, other.policy.version)
        print_table(None, columns, (list(row.values()) for row in rows))
    else:
        typer.echo("they say the same")


@app.command(epilog=EXIT_CODES)
def shadow(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A shadow's.")],
    days: DaysOption = 14,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show what a shadow would have changed, review by review.

    Each daily review judges all sellers by the shadows that are there, too: how many would
    stand better, worse or otherwise, overall and, of the newest day, by metric.
    """
    path = f"/policies/{quote(version, safe='')}/shadow"
    answer = ask(running(), "performance", path, {"limit": str(days)})
    known = understood(ShadowDays, "performance", answer)
    if output is Format.NDJSON:
        print_ndjson(answer["days"])
        return
    if not known.days:
        typer.echo(f"{version} was beside no review", err=True)
        return
    overall = [
        (one.day, one.policy, one.sellers, *_moved(each))
        for one in known.days
        for each in one.by_metric
        if each.metric == "overall"
    ]
    print_table(f"{version} beside the official policy", ("day", "policy", *MOVES), overall)
    newest = known.days[0]
    rows = ((each.metric, *_moved(each)) for each in newest.by_metric)
    print_table(f"{newest.day}, by metric", ("metric", *MOVES[1:]), rows)


def _moved(each: MetricMoves) -> tuple[object, ...]:
    moves = (
        f"{move.sellers} {move.official} to {move.shadow}"
        for move in each.moves
        if move.official != move.shadow
    )
    return each.better, each.worse, each.other, each.same, ", ".join(moves)


def summary(found: WholePolicy) -> Iterator[str]:
    """Yield in lines what a policy says apart from its standards."""
    said = found.policy
    when = "is a shadow" if said.shadow else f"applies from {said.applies_from or 'ever'}"
    yield f"policy {said.version} {when}; digest {found.digest}"
    yield (
        f"due in {said.window_days} days, or {said.long_window_days} with fewer than "
        f"{said.enough_due}; z {said.z:g}"
    )
    yield f"holidays: {', '.join(sorted(said.holidays)) or 'none'}"


def differences(one: PolicyTerms, other: PolicyTerms) -> Iterator[Mapping[str, Any]]:
    """Yield what two policies say differently: what, before and after, None for nothing.

    Shape: a metric's figures as `acceptance.timely star`; a holiday that only one has is
        that holiday, or None. Versions differ anyhow.
    """
    before, after = _flat(one), _flat(other)
    for what in dict.fromkeys([*before, *after]):
        if before.get(what) != after.get(what):
            yield {"what": what, "before": before.get(what), "after": after.get(what)}


def _flat(policy: PolicyTerms) -> dict[str, Any]:
    said = policy.model_dump(exclude={"version", "standards", "holidays"})
    holidays = {f"holiday {day}": day for day in sorted(policy.holidays)}
    figures = {
        f"{metric} {name}": value
        for metric, standard in sorted(policy.standards.items())
        for name, value in standard.model_dump().items()
    }
    return said | figures | holidays
