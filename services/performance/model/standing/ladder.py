"""The ladder: one step per review, up while it stays bad, down once it is good.

Source: domain.md 3, "Standing".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from contracts.performance import (
    BoostEnded,
    Ground,
    Level,
    NewBuyersLimited,
    ReviewedMetric,
    SanctionLifted,
    SellerReinstated,
    SellerReviewed,
    SellerSuspended,
    SellerWarned,
    StandingEvent,
    VisibilityBoosted,
    VisibilityReduced,
)
from services.performance.commands import Counted, LiftStep, ReviewSeller, Terms
from services.performance.model.standing.state import STEPS, Rung, Standing

CURED: Final = frozenset({"star", "good", "not_enough_data"})
"""Levels at which nothing is under warn: what is not measured is not."""


class FirstSight(NamedTuple):
    """What is seen of a seller at first sight, before any evidence.

    Shape: `measured` says whether a window showed anything: listings and stock are of none.
    """

    level: Level
    very_poor: bool
    measured: bool


def is_quiet(sight: FirstSight, standing: Standing, as_of: datetime, terms: Terms) -> bool:
    """Say whether a review has nothing to say, whatever its evidence is."""
    if sight.level != standing.level:
        return False
    suspended, healthy = standing.step == "suspended", not standing.rungs
    if sight.very_poor:
        return suspended
    match sight.level:
        case "limit":
            return suspended or not _is_over(standing.stepped_at, as_of, terms.to_cure)
        case "star":
            due = as_of - _star_since(standing, as_of) >= terms.star_for
            earned = due and sight.measured and not standing.boosted
            return not earned if healthy else suspended and not sight.measured
        case "warn":
            return True
        case _:
            return healthy or (suspended and not sight.measured)


def review(command: ReviewSeller, standing: Standing) -> Sequence[StandingEvent]:
    """Return what a review says: nothing, if nothing moved.

    A day that was reviewed, or lies before one that was, has been judged.
    """
    if standing.reviewed_at is not None and command.as_of <= standing.reviewed_at:
        return []
    moves = [*_step(command, standing), *_boost(command, standing)]
    if not moves and command.level == standing.level:
        return []
    return [_reviewed(command), *moves]


def lift(command: LiftStep, standing: Standing) -> Sequence[StandingEvent]:
    """Return that a step is undone, and what stood on it: nothing, if it holds no more."""
    places = [
        place
        for place, rung in enumerate(standing.rungs)
        if (rung.step, rung.at) == (command.step, command.stepped_at)
    ]
    if not places:
        return []
    left = _without(standing.rungs, places[0])
    return [
        SanctionLifted(
            seller_id=command.seller_id,
            why="restated",
            lifted=tuple(rung.step for rung in standing.rungs if rung not in left),
            step=left[-1].step if left else "healthy",
            because=command.because,
            changed=command.changed,
            metrics=command.metrics,
            lifted_at=command.at,
        )
    ]


def _without(rungs: Sequence[Rung], place: int) -> Sequence[Rung]:
    """Return the steps that are left without one: those under it, or that stand alone."""
    above = [rung for rung in rungs[place + 1 :] if rung.stands_alone]
    return [*rungs[:place], *above]


def _step(command: ReviewSeller, standing: Standing) -> Sequence[StandingEvent]:
    suspended = standing.step == "suspended"
    if not suspended and (at_once := _too_poor(command, standing)):
        return at_once
    if command.limits:
        if standing.rungs and all(
            _reaches_back(each, command, standing) for each in command.limits
        ):
            return []  # warned, until what counts is of the time since
        waited = _is_over(standing.stepped_at, command.as_of, command.terms.to_cure)
        return _up(command, standing) if waited and not suspended else []
    shown = command.measured or not suspended  # an empty window reinstates nobody
    if shown and command.level in CURED and standing.rungs:
        return _down(command, standing)
    return []


def _is_over(since: datetime | None, as_of: datetime, to_cure: timedelta) -> bool:
    return since is None or as_of - since >= to_cure


def _reaches_back(ground: Ground, command: ReviewSeller, standing: Standing) -> bool:
    """Say whether a ground may be what a plan is about that was accepted.

    Until its window lies after it, the seller would be sanctioned for the time before.
    """
    since = standing.trusted_since
    window = max(timedelta(days=ground.window_days), command.terms.window)
    return since is not None and command.as_of - since < window


def _too_poor(command: ReviewSeller, standing: Standing) -> Sequence[SellerSuspended]:
    """Suspend at once; after a plan, by what fell due since it alone."""
    since, terms = standing.trusted_since, command.terms
    if since is None:
        return [_suspended(command, command.very_poor)] if command.very_poor else []
    counted = command.counted
    new = [_since(each, counted[each.metric], since) for each in command.very_poor]
    reasons = tuple(
        each
        for each in new
        if each.due >= terms.very_poor_due and each.rate < terms.very_poor
    )
    earliest = min((c.due_at for each in counted.values() for c in each), default=since)
    told = None if earliest > since else since
    return [_suspended(command, reasons, told)] if reasons else []


def _since(ground: Ground, counted: Sequence[Counted], since: datetime) -> Ground:
    """Return a ground by what fell due after a moment."""
    new = [each for each in counted if each.due_at > since]
    due, kept = sum(each.due for each in new), sum(each.kept for each in new)
    obligations = [o for o in ground.obligations if o.due_at and o.due_at > since]
    by_itself = {
        "due": due,
        "kept": kept,
        "rate": kept / due if due else 1.0,
        "broken": sum(each.kept < each.due for each in new),
        "obligations": tuple(obligations),
    }
    return ground.model_copy(update=by_itself)


def _up(command: ReviewSeller, standing: Standing) -> Sequence[StandingEvent]:
    match STEPS[STEPS.index(standing.step) + 1]:
        case "warned":
            return [
                SellerWarned(
                    seller_id=command.seller_id,
                    known_at=command.known_at,
                    policy=command.terms.policy,
                    grounds=command.limits,
                    cure_by=command.as_of + command.terms.to_cure,
                    warned_at=command.as_of,
                    heard=command.heard,
                )
            ]
        case "suspended":
            return [_suspended(command, command.limits)]
        case step:
            return _reduced(command, for_all=step == "reduced_for_all")


def _reduced(command: ReviewSeller, *, for_all: bool) -> Sequence[StandingEvent]:
    reduced = VisibilityReduced(
        seller_id=command.seller_id,
        for_buyers="all" if for_all else "some",
        known_at=command.known_at,
        policy=command.terms.policy,
        grounds=command.limits,
        cure_by=command.as_of + command.terms.to_cure,
        reduced_at=command.as_of,
        heard=command.heard,
    )
    if not for_all:
        return [reduced]
    limited = NewBuyersLimited(seller_id=command.seller_id, limited_at=command.as_of)
    return [reduced, limited]


def _suspended(
    command: ReviewSeller, reasons: tuple[Ground, ...], since: datetime | None = None
) -> SellerSuspended:
    return SellerSuspended(
        seller_id=command.seller_id,
        known_at=command.known_at,
        policy=command.terms.policy,
        reasons=reasons,
        suspended_at=command.as_of,
        heard=command.heard,
        since=since,
    )


def _down(command: ReviewSeller, standing: Standing) -> Sequence[StandingEvent]:
    top = standing.rungs[-1]
    if top.step == "suspended":
        if command.as_of - top.at < command.terms.window:
            return []  # the window reaches back to before: it can't have been clean
        return [
            SellerReinstated(
                seller_id=command.seller_id,
                because="clean_window",
                plan_id=None,
                reinstated_at=command.as_of,
            )
        ]
    left = standing.rungs[:-1]
    return [
        SanctionLifted(
            seller_id=command.seller_id,
            why="cured",
            lifted=(top.step,),
            step=left[-1].step if left else "healthy",
            because=(),
            changed=0,
            metrics=(),
            lifted_at=command.as_of,
        )
    ]


def _boost(command: ReviewSeller, standing: Standing) -> Sequence[StandingEvent]:
    seller_id, at = command.seller_id, command.as_of
    if command.level != "star":
        ended = BoostEnded(seller_id=seller_id, level=command.level, ended_at=at)
        return [ended] if standing.boosted else []
    if standing.boosted or standing.rungs or not command.measured:
        return []  # listings and stock alone earn nothing
    since = _star_since(standing, at)
    if at - since < command.terms.star_for:
        return []
    return [VisibilityBoosted(seller_id=seller_id, star_since=since, boosted_at=at)]


def _star_since(standing: Standing, as_of: datetime) -> datetime:
    """Return since when a seller is star and not sanctioned."""
    since = standing.star_since or as_of
    return max(since, standing.sanctioned_until or since)


def _reviewed(command: ReviewSeller) -> SellerReviewed:
    return SellerReviewed(
        seller_id=command.seller_id,
        as_of=command.as_of,
        known_at=command.known_at,
        policy=command.terms.policy,
        level=command.level,
        metrics=tuple(
            ReviewedMetric(**{name: card[name] for name in ReviewedMetric.model_fields})
            for card in command.cards
        ),
    )
