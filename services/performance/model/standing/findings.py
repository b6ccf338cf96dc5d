"""What a review finds of sellers, in columns: their levels, and what a step stands on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Literal, TypeAlias

import polars as pl

from contracts.performance import (
    MOST_OBLIGATIONS,
    BrokenObligation,
    Ground,
    WayOut,
)
from services.performance.commands import Counted, ReviewSeller, Terms
from services.performance.model.evidence import explain
from services.performance.model.foresight import LAST
from services.performance.model.metrics import METRICS
from services.performance.model.obligation import known
from services.performance.model.policy import Policy
from services.performance.model.scorecard import (
    NOT_ENOUGH,
    SELLER,
    Rows,
    overall,
    scorecards,
    sellers,
)
from services.performance.model.standing.ladder import FirstSight
from services.performance.model.succession import Succession
from services.performance.model.ways_out import ways_out

Card: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Literal["limit", "very_poor"]
Of: TypeAlias = tuple[str, str]
"""A seller and a metric."""

MOST_FACTS_EACH: Final = 10
_AT_AS_OF: Final = [metric.name for metric in METRICS if metric.at_as_of]


def terms_of(policy: Policy) -> Terms:
    """Return what `policy` says of the ladder."""
    return Terms(
        policy=policy.version,
        to_cure=policy.standing.time_to_cure,
        window=timedelta(days=policy.window_days),
        star_for=timedelta(days=policy.standing.star_days),
        very_poor=policy.standing.very_poor,
        very_poor_due=policy.standing.very_poor_due,
    )


def at_limit() -> pl.Expr:
    """Say of a card whether a step can stand on it."""
    return pl.col("level") == "limit"


def very_poor(policy: Policy) -> pl.Expr:
    """Say of a card whether it suspends its seller at once."""
    rule = policy.standing
    named = pl.col("metric").is_in(rule.very_poor_metrics)
    return named & (pl.col("due") >= rule.very_poor_due) & (pl.col("rate") < rule.very_poor)


def threshold_of(metric: str, rule: Rule, policy: Policy) -> float:
    """Return the rate under which a step can stand on a metric, by a rule."""
    return policy.standards[metric].limit if rule == "limit" else policy.standing.very_poor


def first_sight(
    cards: pl.DataFrame, of: pl.DataFrame, policy: Policy
) -> Mapping[str, FirstSight]:
    """Return what is seen of each seller of whom anything was ever said.

    Shape: `cards` by `policy`, of `scorecards`; `of` as of `sellers`.
    """
    found = overall(cards, of, policy)
    poor = {*cards.filter(very_poor(policy))["seller_id"]}
    measured = {*cards.filter(_of_a_window())["seller_id"]}
    return {
        seller_id: FirstSight(level, seller_id in poor, seller_id in measured)
        for seller_id, level in zip(found["seller_id"], found["level"], strict=True)
    }


def found_of(
    sayings: Rows, listings: Rows, policy: Policy, as_of: datetime, known_at: datetime
) -> Iterator[ReviewSeller]:
    """Yield what is found of each seller, with the evidence of what is at limit."""
    asked = (policy, as_of, known_at)
    cards = scorecards(sayings, listings, *asked)
    whole = overall(cards, sellers(sayings, listings, as_of, known_at), policy)
    bad = cards.filter(at_limit() | very_poor(policy))
    evidence = _evidence(bad, sayings, listings, *asked)
    grounds = _Grounds(policy, evidence)
    by_seller = {
        seller: list(some)
        for seller, some in groupby(
            cards.with_columns(
                very_poor=very_poor(policy), of_a_window=_of_a_window()
            ).iter_rows(named=True),
            itemgetter("seller_id"),
        )
    }
    for seller_id, level in zip(whole["seller_id"], whole["level"], strict=True):
        mine = by_seller.get(seller_id, [])
        poor = [card for card in mine if card["very_poor"]]
        yield ReviewSeller(
            seller_id=seller_id,
            as_of=as_of,
            known_at=known_at,
            terms=terms_of(policy),
            level=level,
            measured=any(card["of_a_window"] for card in mine),
            cards=mine,
            limits=grounds.of((c for c in mine if c["level"] == "limit"), "limit"),
            very_poor=grounds.of(poor, "very_poor"),
            counted={
                card["metric"]: evidence.counted[seller_id, card["metric"]] for card in poor
            },
        )


def _of_a_window() -> pl.Expr:
    """Say of a card whether it is of a window, and measured."""
    return (pl.col("level") != NOT_ENOUGH) & ~pl.col("metric").is_in(_AT_AS_OF)


class _Evidence:
    """Of each seller and metric: what is broken, and how many kept, or days, lead out.

    Shape: `counted` is all that is counted of those that are at limit or very poor.
    """

    def __init__(self) -> None:
        self.counted = defaultdict[Of, list[Counted]](list)
        self.broken = defaultdict[Of, list[Card]](list)
        self.ways_out = defaultdict[Of, tuple[int | None, int | None]](lambda: (0, 0))


def _evidence(
    bad: pl.DataFrame,
    sayings: Rows,
    listings: Rows,
    policy: Policy,
    as_of: datetime,
    known_at: datetime,
) -> _Evidence:
    found = _Evidence()
    if bad.is_empty():
        return found
    theirs = bad.lazy().select("seller_id").unique()
    mine = [
        known(rows.lazy(), LAST, known_at)
        .join(theirs, on="seller_id", how="semi")
        .collect()
        for rows in (sayings, listings)
    ]
    # A step is said by one policy, its way out too: what follows may yet be withdrawn.
    ways = ways_out(mine[0], mine[1], Succession(policy), as_of).filter(leave="warn")
    for seller_id, metric, more, wait in ways.select(*SELLER, "more", "wait").iter_rows():
        found.ways_out[seller_id, metric] = more, wait
    evidence = explain(mine[0], mine[1], policy, as_of)
    for row in evidence.join(bad, on=SELLER, how="semi").iter_rows(named=True):
        kept, due, of = row["kept"], row["due"], (row["seller_id"], row["metric"])
        if row["due_at"] is not None:
            found.counted[of].append(Counted(row["due_at"], due, kept))
        if kept < due if row["rate"] is None else row["rate"] < 1:
            found.broken[of].append(row)
    return found


class _Grounds:
    """Makes of cards what a step stands on."""

    def __init__(self, policy: Policy, evidence: _Evidence) -> None:
        self._policy = policy
        self._evidence = evidence

    def of(self, cards: Iterable[Card], rule: Rule) -> tuple[Ground, ...]:
        return tuple(self._ground(card, rule) for card in cards)

    def _ground(self, card: Card, rule: Rule) -> Ground:
        metric = card["metric"]
        of = card["seller_id"], metric
        broken = self._evidence.broken[of]
        more, wait = self._evidence.ways_out[of]
        return Ground(
            metric=metric,
            rule=rule,
            window_days=card["window_days"],
            due=card["due"],
            kept=card["kept"],
            rate=card["rate"],
            threshold=threshold_of(metric, rule, self._policy),
            broken=len(broken),
            obligations=tuple(map(_broken, _newest(broken))),
            way_out=WayOut(
                rate=self._policy.standards[metric].warn, good_in_a_row=more, days=wait
            ),
        )


def _newest(broken: Sequence[Card]) -> Sequence[Card]:
    return broken[-MOST_OBLIGATIONS:][::-1]


def _broken(row: Card) -> BrokenObligation:
    ids = dict.fromkeys(fact["event_id"] for fact in row["facts"])
    return BrokenObligation(
        subject_id=row["subject_id"],
        due_at=row["due_at"],
        fact_ids=tuple([*ids][-MOST_FACTS_EACH:]),
    )
