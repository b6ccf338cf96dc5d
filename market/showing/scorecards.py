"""What scorecards are made of: obligations and listings, each with its facts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from market.answers import Card, Obligation, Part, Saying, Scorecards

FULL_POINTS: Final = 100


def explained(answer: Scorecards) -> Iterator[str]:
    """Yield lines: of each seller each metric's figures, and what they count.

    What was not kept stands before what was, and listings that lack points before full
    ones.
    """
    cards = {(card.seller_id, card.metric): card for card in answer.cards}
    levels = {each.seller_id: each.level for each in answer.overall}
    for seller_id, of_seller in groupby(answer.evidence or (), lambda row: row.seller_id):
        yield ""
        yield f"{seller_id}: overall {levels.get(seller_id, '')}".rstrip()
        for metric, rows in groupby(of_seller, lambda row: row.metric):
            yield ""
            yield from _metric(metric, list(rows), cards.get((seller_id, metric)))


def _metric(metric: str, rows: Sequence[Obligation], card: Card | None) -> Iterator[str]:
    yield f"  {metric}: {_figures(rows, card)}"
    for row in sorted(rows, key=_fulfilled):
        yield from _listing(row) if row.kept is None else _obligation(row)


def _fulfilled(row: Obligation) -> float:
    return (row.rate or 0) if row.kept is None else row.kept / max(row.due, 1)


def _figures(rows: Sequence[Obligation], card: Card | None) -> str:
    """Return a card's figures; without one, those that are too few to make one."""
    due, kept = sum(row.due for row in rows), [row.kept for row in rows]
    verdict = "too few to judge" if card is None else card.level
    rate = "" if card is None or card.rate is None else f"{card.rate:.2%}"
    if None in kept:
        what = f"{rate} of the points of {due} listing{'' if due == 1 else 's'}"
        return f"{what}, {verdict}"
    done = sum(each or 0 for each in kept)
    what = f"{done} of {due} kept in {rows[0].window_days} days"
    return ", ".join(each for each in (what, rate, verdict) if each)


def _obligation(row: Obligation) -> Iterator[str]:
    yield f"    {row.subject_id}  due {row.due_at}  {_outcome(row)}"
    yield from _facts(row.facts or ())


def _outcome(row: Obligation) -> str:
    """Return how an obligation ended; one of several units, how many of them."""
    kept = row.kept or 0
    if kept >= row.due:
        word = "kept"
    elif kept:
        word = "in part"
    else:
        word = "late" if row.kept_at else "missing"
    return word if row.due == 1 else f"{word}  {kept} of {row.due}"


def _listing(row: Obligation) -> Iterator[str]:
    yield f"    {row.subject_id}  {_points((row.rate or 0) * FULL_POINTS)} of 100 points"
    yield from (f"      {_part(part)}" for part in row.points or ())
    yield from _facts(row.facts or ())


def _part(part: Part) -> str:
    short = part.of - part.points
    missing = f"  missing {_points(short)}" if short > 0 else ""
    has = f"{part.given} of {part.enough}"
    return f"{part.part:<18} {has:<12} {_points(part.points):>5} of {part.of}{missing}"


def _points(points: float) -> str:
    return f"{round(points, 2):g}"


def _facts(facts: Iterable[Saying]) -> Iterator[str]:
    """Yield a line for each thing that was said."""
    for fact in facts:
        amount = "" if fact.amount is None else f"  {fact.amount}"
        yield f"      {fact.says:<7} {fact.at}  {fact.event_id}{amount}"
