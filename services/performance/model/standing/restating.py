"""Whether steps still stand on what they stood on, once more is known.

The same question is asked again: the same moment, the same policy, more facts. So a newer
policy never lifts a step, and neither does what happened since.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import polars as pl

from contracts.performance import MOST_FACTS, Restated
from services.performance.commands import LiftStep
from services.performance.model.evidence import explain
from services.performance.model.losses import family_roots
from services.performance.model.metrics import METRICS
from services.performance.model.obligation import MOMENT
from services.performance.model.policy import Policy
from services.performance.model.proposed import claimed
from services.performance.model.scorecard import scorecards
from services.performance.model.standing.findings import at_limit, very_poor
from services.performance.model.standing.heard import was_heard
from services.performance.model.standing.state import Footing, Rung, Standing

AT_AS_OF: Final = frozenset(metric.name for metric in METRICS if metric.at_as_of)


class Asked(NamedTuple):
    """What was asked when steps were taken: by which policy, of which moment."""

    policy: str
    as_of: datetime


def fallen(
    standings: Mapping[str, Standing],
    sayings: pl.DataFrame,
    listings: pl.DataFrame,
    policies: Mapping[str, Policy],
    at: datetime,
) -> Iterator[LiftStep]:
    """Yield each step of `standings` that stands on nothing any more, lower ones first.

    Shape: `sayings` and `listings` of these sellers, all that is known at `at`, each with
        `source` and `pos`: the place in whose history its fact has; a step
        by a policy that is not in `policies` is left as it is, and so is one that was
        taken knowing more than that.
    """
    asked = defaultdict[Asked, list[tuple[str, Rung]]](list)
    for seller_id, standing in standings.items():
        for rung in standing.rungs:
            if rung.known_at > at:
                continue
            asked[Asked(rung.policy, rung.at)].append((seller_id, rung))
    for question in sorted(asked, key=lambda one: one.as_of):
        policy = policies.get(question.policy)
        if policy is not None:
            rows = _of(asked[question], sayings), _of(asked[question], listings)
            yield from _fallen_of(asked[question], rows, policy, at, standings)


def _of(some: Sequence[tuple[str, Rung]], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("seller_id").is_in({seller for seller, _ in some}))


def _fallen_of(
    some: Sequence[tuple[str, Rung]],
    rows: tuple[pl.DataFrame, pl.DataFrame],
    policy: Policy,
    at: datetime,
    standings: Mapping[str, Standing],
) -> Iterator[LiftStep]:
    as_of = some[0][1].at
    cards = scorecards(*rows, policy, as_of, at).with_columns(
        limit=at_limit(), very_poor=very_poor(policy)
    )
    known = {(c["seller_id"], c["metric"]): c for c in cards.iter_rows(named=True)}
    for seller_id, rung in some:
        found = [known.get((seller_id, footing.metric)) for footing in rung.footings]
        still = [
            card is not None and card[footing.rule]
            for card, footing in zip(found, rung.footings, strict=True)
        ]
        if not any(still):
            mine = [frame.filter(pl.col("seller_id") == seller_id) for frame in rows]
            late = _because(mine[0], mine[1], rung, policy, at)
            because = _told_in(late, standings[seller_id])
            if not because:
                continue  # only a fact lifts a step: no other way of counting does
            yield LiftStep(
                seller_id=seller_id,
                step=rung.step,
                stepped_at=rung.at,
                because=tuple(because[:MOST_FACTS]),
                changed=len(because),
                metrics=tuple(
                    _restated(
                        footing, None if card is None else (card["rate"], card["due"])
                    )
                    for footing, card in zip(rung.footings, found, strict=True)
                ),
                at=at,
            )


def _restated(footing: Footing, now: tuple[float, int] | None) -> Restated:
    rate, due = (None, 0) if now is None else now
    return Restated(
        metric=footing.metric,
        was_rate=footing.rate,
        was_due=footing.due,
        is_rate=rate,
        is_due=due,
    )


def _because(
    sayings: pl.DataFrame,
    listings: pl.DataFrame,
    rung: Rung,
    policy: Policy,
    at: datetime,
) -> Sequence[str]:
    """Return the facts that made the difference, by when they were recorded.

    They are those that the step was taken without, and that say anything of an obligation
    that counts otherwise now.
    """
    heard = was_heard(rung)
    names = [footing.metric for footing in rung.footings]
    then, now = (
        explain(*rows, policy, rung.at, at)
        .filter(pl.col("metric").is_in(names))
        .select("metric", "subject_id", "due", "kept", "rate")
        for rows in (
            (sayings.filter(heard), listings.filter(heard)),
            (sayings, listings),
        )
    )
    same = [*then.columns]
    changed = pl.concat(
        [
            then.join(now, on=same, how="anti", nulls_equal=True),
            now.join(then, on=same, how="anti", nulls_equal=True),
        ]
    ).select("metric", "subject_id")
    late = pl.concat([_said(sayings), _listed(listings, names)]).filter(
        pl.col("at") <= pl.lit(rung.at, MOMENT),
        ~heard,
        pl.col("recorded_at") <= pl.lit(at, MOMENT),
    )
    found = late.join(changed, on=["metric", "subject_id"], how="semi")
    ids: list[str] = found.sort("recorded_at", "event_id")["event_id"].to_list()
    return [*dict.fromkeys(ids)]


def _told_in(late: Sequence[str], standing: Standing) -> Sequence[str]:
    """Return the facts that were recorded: for claims, the one by which they count."""
    decided = {
        str(each): appeal.decided_in
        for appeal in standing.appeals.values()
        if appeal.decided_in is not None and appeal.state == "upheld"
        for each in claimed(appeal.claims).ids
    }
    return [*dict.fromkeys(decided.get(name, name) for name in late)]


_COLUMNS: Final = (
    "metric",
    "subject_id",
    "at",
    "recorded_at",
    "event_id",
    "source",
    "pos",
)


def _said(sayings: pl.DataFrame) -> pl.DataFrame:
    """Return what was said of obligations, parts of an order as their root's."""
    roots = family_roots(sayings.lazy()).select("subject_id", "root")
    rows = sayings.with_columns(pl.col("metric").cast(pl.String))
    return (
        rows.join(roots, on="subject_id", how="left")
        .with_columns(
            subject_id=pl.when(pl.col("metric") == "inventory.units_filled")
            .then(pl.coalesce("root", "subject_id"))
            .otherwise("subject_id")
        )
        .select(_COLUMNS)
    )


def _listed(listings: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    of = [name for name in names if name in AT_AS_OF]
    metrics = pl.DataFrame({"metric": of}, {"metric": pl.String()})
    rows = listings.rename({"product_id": "subject_id"})
    return rows.join(metrics, how="cross").select(_COLUMNS)
