"""How often daily reviews sanction sellers of twenty obligations: by chance, or rightly.

Seeded populations, each of one metric, an obligation each 36 hours. All else is well.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import chain
from random import Random  # noqa: TID251 - seeded: the same each time
from typing import Final, NamedTuple, TypeAlias

import polars as pl
import pytest

from contracts.performance import SellerSuspended, StandingEvent, VisibilityReduced
from services.performance.commands import ReviewSeller
from services.performance.model.metrics import UNITS_FILLED
from services.performance.model.scorecard import scorecards, sellers
from services.performance.model.standing import STANDING
from services.performance.model.standing.findings import first_sight, found_of
from services.performance.model.standing.ladder import FirstSight, is_quiet
from tests.performance.guarded import STORIES
from tests.performance.naive import level_of
from tests.performance.standings import TERMS, found
from tests.performance.test_guard import ALLOWED, DUE, WANTED, bad_rate, limit_of, percent
from tests.performance.world import AS_OF, DAY, POLICY, received, sayings_of

SELLERS: Final = 400
MONTH, HALF_A_YEAR = 31, 182
EVERY: Final = timedelta(hours=36)
"""So 20 fall due in 30 days."""
BEFORE: Final = 40 * DAY

AT_THE_LIMIT: Final = {
    "acceptance.timely": ("10.64 %", "40.50 %"),
    "acceptance.accepted": ("10.00 %", "44.00 %"),
    "shipping.on_time": ("4.31 %", "23.25 %"),
    "shipping.tracked": ("9.93 %", "45.25 %"),
    "approvals.timely": ("5.46 %", "28.00 %"),
    "responses.timely": ("14.48 %", "51.25 %"),
    "inventory.units_filled": ("10.59 %", "54.75 %"),
}
"""Of half a year: after how many reviews a sanction holds, and how many sellers had one.

Few reviews sanction; but there is one each day, and a sanction lasts until none of what is
measured is under warn, which lies above the limit.
"""

Rows: TypeAlias = tuple[pl.DataFrame, pl.DataFrame]
Went: TypeAlias = Sequence[Sequence[bool]]
"""By seller, how each obligation went; the oldest first."""


class Told(NamedTuple):
    """What became of a population.

    Shape: how many reviews sanction, how many leave the seller sanctioned, and how many
        sellers ever are; each of all.
    """

    sanctioning: Fraction
    sanctioned: Fraction
    sellers: Fraction


def fortunes(metric: str, rate: Fraction, days: int) -> Went:
    """How it went for sellers who keep `rate` of what they owe."""
    chance, count = Random(metric), int((BEFORE + days * DAY) / EVERY)  # noqa: S311 - no secret
    return [[chance.random() < rate for _ in range(count)] for _ in range(SELLERS)]


def said_of(metric: str, went: Went) -> Rows:
    """What was said of sellers, named by their place.

    Each story is told once, kept and missed; a seller's rows are those of how it went.
    """
    told = [
        (n, well, fact)
        for n in range(len(went[0]))
        for well in (True, False)
        for fact in STORIES[metric](f"o-{n}", AS_OF - BEFORE + n * EVERY, well)
    ]
    facts = received(fact for _, _, fact in told)
    ids = [str(each.envelope.id) for each in facts]
    tags = pl.DataFrame(
        [(name, n, well) for name, (n, well, _) in zip(ids, told, strict=True)],
        ["event_id", "n", "well"],
        orient="row",
    )
    of_each = pl.DataFrame(
        [
            (f"{s:03}", n, well)
            for s, all_ in enumerate(went)
            for n, well in enumerate(all_)
        ],
        ["seller", "n", "well"],
        orient="row",
    )
    sayings, listings = sayings_of(facts)
    rows = sayings.join(tags, on="event_id").join(of_each, on=["n", "well"])
    return rows.with_columns(seller_id="seller").select(sayings.columns), listings


class Reviewed:
    """Sellers whom daily reviews judge, by their places; and what they hear."""

    def __init__(self, days: int) -> None:
        self.days = days
        self.stand = [STANDING.initial] * SELLERS
        self.told: list[list[StandingEvent]] = [[] for _ in range(SELLERS)]
        self.days_sanctioned = 0

    def may_hear(self, seller: int, seen: FirstSight, at: datetime) -> bool:
        """Say whether a review has to look closer."""
        return not is_quiet(seen, self.stand[seller], at, TERMS)

    def hear(self, seller: int, command: ReviewSeller) -> None:
        """Let a seller hear what a review found."""
        facts = STANDING.decide(command, self.stand[seller])
        for fact in facts:
            self.stand[seller] = STANDING.evolve(self.stand[seller], fact)
        self.told[seller] += facts

    def end_day(self) -> None:
        """Note whom a sanction holds."""
        self.days_sanctioned += sum(standing.is_sanctioned for standing in self.stand)

    @property
    def outcome(self) -> Told:
        """What became of them."""
        sanctions = [[*filter(is_sanction, each)] for each in self.told]
        reviews = self.days * len(self.told)
        return Told(
            Fraction(sum(map(len, sanctions)), reviews),
            Fraction(self.days_sanctioned, reviews),
            Fraction(sum(map(bool, sanctions)), len(self.told)),
        )


def is_sanction(fact: StandingEvent) -> bool:
    return isinstance(fact, VisibilityReduced | SellerSuspended)


def reviewed(rows: Rows, days: int) -> Reviewed:
    """Review sellers as a run over all of them does: at first sight, then with evidence."""
    done = Reviewed(days)
    for day in range(days):
        at = AS_OF + day * DAY
        cards = scorecards(*rows, POLICY, at, at)
        sight = first_sight(cards, sellers(*rows, at, at), POLICY)
        loud = [name for name, seen in sight.items() if done.may_hear(int(name), seen, at)]
        theirs = rows[0].filter(pl.col("seller_id").is_in(loud))
        for command in found_of(theirs, rows[1], POLICY, at, at):
            done.hear(int(command.seller_id), command)
        done.end_day()
    return done


def reviewed_by_the_rule(metric: str, went: Went, days: int) -> Reviewed:
    """Review sellers by the rule as it is written: its last twenty, each day."""
    standard, done = POLICY.standards[metric], Reviewed(days)
    levels = [level_of(kept / DUE, DUE, standard, POLICY.z) for kept in range(DUE + 1)]
    poor = DUE / 2 if metric in POLICY.standing.very_poor_metrics else 0
    for day in range(days):
        last = (BEFORE + day * DAY) // EVERY + 1
        for seller, each in enumerate(went):
            kept = sum(each[last - DUE : last])
            level, very_poor = levels[kept], kept < poor
            seen = FirstSight(level, very_poor, measured=True)  # type: ignore[arg-type]  # a level
            if done.may_hear(seller, seen, AS_OF + day * DAY):
                done.hear(seller, found(seen.level, day, very_poor=seen.very_poor))
        done.end_day()
    return done


def steps(done: Reviewed) -> list[list[tuple[str, datetime]]]:
    """By seller, what reviews said and when."""
    return [[(type(f).__name__, f.happened_at) for f in each] for each in done.told]


def test_reviews_of_facts_say_what_the_rule_says() -> None:
    half = SELLERS // 2
    went = [
        *fortunes(UNITS_FILLED, limit_of(UNITS_FILLED), MONTH)[:half],
        *fortunes(UNITS_FILLED, bad_rate(UNITS_FILLED), MONTH)[half:],
    ]
    told = reviewed(said_of(UNITS_FILLED, went), MONTH)

    assert steps(told) == steps(reviewed_by_the_rule(UNITS_FILLED, went, MONTH))
    assert any(map(is_sanction, chain(*told.told)))


@pytest.mark.parametrize("metric", STORIES)
def test_reviews_hardly_ever_sanction_who_is_at_the_limit(metric: str) -> None:
    went = fortunes(metric, limit_of(metric), HALF_A_YEAR)
    sanctioning, *others = reviewed_by_the_rule(metric, went, HALF_A_YEAR).outcome

    assert 0 < sanctioning < ALLOWED / 10
    assert tuple(map(percent, others)) == AT_THE_LIMIT[metric]


@pytest.mark.parametrize("metric", STORIES)
def test_who_is_bad_is_sanctioned_within_a_month(metric: str) -> None:
    went = fortunes(metric, bad_rate(metric), MONTH)

    assert reviewed_by_the_rule(metric, went, MONTH).outcome.sellers > WANTED
