"""What orders owe, from facts, one at a time: an order and all its parts together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderRejected,
    ShipmentSaved,
)
from services.performance.model.policy import Policy
from tests.performance.naive_units import root
from tests.performance.naive_world import Due, World, weekday_deadline

Owed = TypeVar("Owed")


def parents(world: World, known_from: Callable[[OrderPlaced], datetime]) -> dict[str, str]:
    """Of each split child, the order that it was split from, once that can be known."""
    return {
        order: min(split)
        for order, placed in world.placed.items()
        if (
            split := [
                p.split_from
                for p in placed
                if p.split_from and known_from(p) <= world.as_of
            ]
        )
    }


def together(parts: dict[str, Owed], parent: dict[str, str]) -> Iterator[list[Owed]]:
    """What the orders of each family owe."""
    families: dict[str, list[Owed]] = defaultdict(list)
    for order, owed in parts.items():
        families[root(order, parent)].append(owed)
    yield from families.values()


def timely(world: World, policy: Policy) -> Iterator[Due]:
    parent = parents(world, lambda placed: placed.clock_started_at)
    for parts in together(dict(answers(world)), parent):
        due = weekday_deadline(min(at for at, _ in parts), policy, "acceptance.timely")
        yield due, 1, int(all(at is not None and at <= due for _, at in parts))


def answers(world: World) -> Iterator[tuple[str, tuple[datetime, datetime | None]]]:
    """When each order that waits for an answer was opened, and decided."""
    for order, placed in world.placed.items():
        opened = world.first(p.clock_started_at for p in placed)
        decided = world.first(
            [f.accepted_at for f in world.all(OrderAccepted) if f.order_id == order]
            + [f.rejected_at for f in world.all(OrderRejected) if f.order_id == order]
        )
        withdrawn = [
            f.cancelled_at
            for f in world.all(OrderCancelled)
            if f.order_id == order and f.by == "buyer"
        ]
        gone = world.first(withdrawn)
        if opened is None or (gone is not None and (decided is None or gone < decided)):
            continue
        yield order, (opened, decided)


def at_the_end_of_all(
    parts: Iterable[tuple[str, tuple[datetime, bool]]], parent: dict[str, str]
) -> Iterator[Due]:
    for family in together(dict(parts), parent):
        yield max(at for at, _ in family), 1, int(all(kept for _, kept in family))


def accepted(world: World) -> Iterator[Due]:
    parent = parents(world, lambda placed: placed.clock_started_at)
    yield from at_the_end_of_all(decisions(world), parent)


def decisions(world: World) -> Iterator[tuple[str, tuple[datetime, bool]]]:
    yes, no = world.by_order(OrderAccepted), world.by_order(OrderRejected)
    late = world.by_order(OrderExpired)
    for order in yes.keys() | no.keys() | late.keys():
        kept = world.first(f.accepted_at for f in yes.get(order, []))
        refused = [f for f in no.get(order, []) if f.rejected_at <= world.as_of]
        expired = world.first(f.expired_at for f in late.get(order, []))
        due = world.first(
            at for at in [kept, expired, *(f.rejected_at for f in refused)] if at
        )
        excused = any(f.reason in {"out_of_territory", "buyer_request"} for f in refused)
        if due is not None and not excused:
            yield order, (due, kept == due)


def on_time(world: World) -> Iterator[Due]:
    parent = parents(world, lambda placed: placed.ship_by)
    yield from at_the_end_of_all(to_ship(world), parent)


def to_ship(world: World) -> Iterator[tuple[str, tuple[datetime, bool]]]:
    yes, off = world.by_order(OrderAccepted), world.by_order(OrderCancelled)
    parcels = world.by_order(ShipmentSaved)
    completed = list(world.completed())
    for order, placed in world.placed.items():
        due = world.first(p.ship_by for p in placed)
        if due is None or world.first(f.accepted_at for f in yes.get(order, [])) is None:
            continue
        if any(f.cancelled_at < due for f in off.get(order, [])):
            continue
        last = [p.shipped_at for p in parcels.get(order, []) if p.completes_order]
        last += [at for edited, at in completed if edited == order]
        yield order, (due, any(at <= due for at in last))
