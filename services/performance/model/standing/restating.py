"""Whether steps still stand on what they stood on, once more is known.

The same question is asked again: the same moment, the same policy, more facts. So a newer
policy never lifts a step, and neither does what happened since.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl

from contracts.performance import MOST_FACTS, Restated
from services.performance.commands import LiftStep
from services.performance.model.policy import Policy
from services.performance.model.proposed import claimed
from services.performance.model.standing.footings import (
    Card,
    Cards,
    cards_of,
    stands,
    stood_on,
)
from services.performance.model.standing.late_facts import Late
from services.performance.model.standing.state import Footing, Rung, Standing


def fallen(
    standings: Mapping[str, Standing],
    sayings: pl.DataFrame,
    listings: pl.DataFrame,
    policies: Mapping[str, Policy],
    at: datetime,
) -> Iterator[LiftStep]:
    """Yield each step of `standings` that stands on nothing any more, lower ones first.

    One that does not say what had come may have been taken without facts that nobody can
    tell now: it has the benefit of the doubt, and is lifted also where none is named.

    Shape: `sayings` and `listings` of these sellers, all that is known at `at`, each with
        `source` and `pos`: the place in whose history its fact has; a step
        by a policy that is not in `policies` is left as it is, and so is one that was
        taken knowing more than that.
    """
    taken = defaultdict[tuple[datetime, str], list[tuple[str, Rung]]](list)
    for seller_id, standing in standings.items():
        for rung in standing.rungs:
            if rung.known_at > at:
                continue
            taken[rung.at, rung.policy].append((seller_id, rung))
    for moment, version in sorted(taken):
        policy, some = policies.get(version), taken[moment, version]
        if policy is not None:
            rows = _of(some, sayings), _of(some, listings)
            yield from _fallen_of(some, rows, policy, at, standings)


def _of(some: Sequence[tuple[str, Rung]], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("seller_id").is_in({seller for seller, _ in some}))


def _fallen_of(
    some: Sequence[tuple[str, Rung]],
    rows: tuple[pl.DataFrame, pl.DataFrame],
    policy: Policy,
    at: datetime,
    standings: Mapping[str, Standing],
) -> Iterator[LiftStep]:
    known = cards_of(rows, policy, some[0][1].at, at, some)
    for seller_id, rung in some:
        if stands(seller_id, rung, known):
            continue
        mine = [frame.filter(pl.col("seller_id") == seller_id) for frame in rows]
        late = Late(seller_id, rung, (mine[0], mine[1]), policy, at)
        named = late.named() if late.makes_the_difference() else ()
        if rung.heard and not named:
            continue  # only a fact lifts a step: no other way of counting does
        because = _told_in(named, standings[seller_id])
        yield _lift(seller_id, rung, because, known, at)


def _lift(
    seller_id: str, rung: Rung, because: Sequence[str], known: Cards, at: datetime
) -> LiftStep:
    return LiftStep(
        seller_id=seller_id,
        step=rung.step,
        stepped_at=rung.at,
        because=tuple(because[:MOST_FACTS]),
        changed=len(because),
        metrics=tuple(
            _restated(footing, card) for footing, card in stood_on(seller_id, rung, known)
        ),
        at=at,
    )


def _restated(footing: Footing, now: Card | None) -> Restated:
    return Restated(
        metric=footing.metric,
        was_rate=footing.rate,
        was_due=footing.due,
        is_rate=None if now is None else now["rate"],
        is_due=0 if now is None else now["due"],
    )


def _told_in(late: Sequence[str], standing: Standing) -> Sequence[str]:
    """Return the facts that were recorded: for claims, the one by which they count."""
    decided = {
        str(each): appeal.decided_in
        for appeal in standing.appeals.values()
        if appeal.decided_in is not None and appeal.state == "upheld"
        for each in claimed(appeal.claims).ids
    }
    return [*dict.fromkeys(decided.get(name, name) for name in late)]
