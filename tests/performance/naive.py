"""Scorecards as domain.md says them, from facts, one at a time. Slow on purpose."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from math import sqrt
from typing import TypeAlias

from contracts.catalog import ProductChanged, ProductDelisted, ProductListed
from contracts.orders import (
    OrderCancelled,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    ShipmentCorrected,
    ShipmentSaved,
    TrackingAdded,
)
from kit.consumers.records import Received
from services.performance.model.policy import Policy, Standard
from tests.performance.naive_buyers import answered, approved
from tests.performance.naive_orders import accepted, on_time, timely
from tests.performance.naive_stock import confirmed
from tests.performance.naive_units import empties, most_units, root, units_gone, units_of
from tests.performance.naive_world import DAY, Due, World, weekday_deadline

Card: TypeAlias = tuple[str, str, int, int, int | None, float, str]


def scorecards(
    facts: Iterable[Received],
    policy: Policy,
    as_of: datetime,
    known_at: datetime | None = None,
) -> list[Card]:
    cards: list[Card] = []
    for seller, told in by_seller(facts, known_at).items():
        world = World(told, as_of)
        for metric, due in dues(world, policy).items():
            cards += judged(seller, metric, due, policy, as_of)
        cards += completeness(seller, world, policy)
        cards += confirmation(seller, world, policy)
    return sorted(cards)


def overall(
    facts: Iterable[Received],
    policy: Policy,
    as_of: datetime,
    known_at: datetime | None = None,
) -> list[tuple[str, str, str]]:
    facts = list(facts)
    cards = scorecards(facts, policy, as_of, known_at)
    levels: list[tuple[str, str, str]] = []
    for seller, told in sorted(by_seller(facts, known_at).items()):
        if World(told, as_of).is_empty():
            continue
        measured = {c[1]: c[6] for c in cards if c[0] == seller}
        levels.append((seller, "overall", worst(measured, policy)))
    return levels


def worst(levels: dict[str, str], policy: Policy) -> str:
    measured = {m: level for m, level in levels.items() if level != "not_enough_data"}
    if not measured:
        return "not_enough_data"
    for bad in ("limit", "warn"):
        if bad in measured.values():
            return bad
    best = {m: "good" if policy.standards[m].star is None else "star" for m in measured}
    return "star" if measured == best else "good"


def by_seller(
    facts: Iterable[Received], known_at: datetime | None
) -> dict[str, list[Received]]:
    once = {received.envelope.id: received for received in facts}
    sellers: dict[str, list[Received]] = defaultdict(list)
    for received in once.values():
        if known_at is None or received.envelope.recordedtime <= known_at:
            sellers[received.fact.seller_id].append(received)
    return sellers


def dues(world: World, policy: Policy) -> dict[str, list[Due]]:
    def by(metric: str) -> Callable[[datetime], datetime]:
        return lambda opened: weekday_deadline(opened, policy, metric)

    facts = [r.fact for r in world.told]
    return {
        "acceptance.timely": list(timely(world, policy)),
        "acceptance.accepted": list(accepted(world)),
        "approvals.timely": list(approved(facts, by("approvals.timely"), world.first)),
        "responses.timely": list(answered(facts, by("responses.timely"), world.first)),
        "shipping.on_time": list(on_time(world)),
        "shipping.tracked": list(tracked(world, policy)),
        "inventory.units_filled": list(units_filled(world)),
    }


def tracked(world: World, policy: Policy) -> Iterator[Due]:
    shipments: dict[tuple[str, str], list[ShipmentSaved]] = defaultdict(list)
    for fact in world.all(ShipmentSaved):
        shipments[fact.order_id, fact.shipment_id].append(fact)
    for key, saved in shipments.items():
        opened = world.first(f.shipped_at for f in saved)
        ours = [f for f in saved if f.shipped_by == "marketplace"]
        if opened is None or world.first(f.shipped_at for f in ours) is not None:
            continue
        numbered = [f.saved_at for f in saved if f.tracking_number is not None]
        added = [f for f in world.all(TrackingAdded) if (f.order_id, f.shipment_id) == key]
        told = [f.added_at for f in added]
        told += [
            f.corrected_at
            for f in world.all(ShipmentCorrected)
            if (f.order_id, f.shipment_id) == key and f.tracking_number is not None
        ]
        kept = world.first(numbered + told)
        due = weekday_deadline(opened, policy, "shipping.tracked")
        yield due, 1, int(kept is not None and kept <= due)


def units_filled(world: World) -> Iterator[Due]:
    orders = {
        order: [p for p in placed if p.placed_at <= world.as_of]
        for order, placed in world.placed.items()
    }
    whole = {o: [p for p in ps if p.split_from is None] for o, ps in orders.items()}
    parent = {
        o: min(p.split_from for p in ps if p.split_from is not None)
        for o, ps in orders.items()
        if any(p.split_from for p in ps)
    }
    lost: dict[str, int] = defaultdict(int)
    for order in touched(world):
        lost[root(order, parent)] += lost_in(order, world, orders, parent)
    for order, placed in whole.items():
        if placed:
            units = max(map(units_of, placed))
            yield min(p.placed_at for p in placed), units, max(units - lost[order], 0)


def touched(world: World) -> set[str]:
    kinds = (OrderLineQuantityChanged, OrderLineRemoved, OrderRejected, OrderCancelled)
    return {r.fact.order_id for r in world.told if isinstance(r.fact, kinds)}


def lost_in(
    order: str,
    world: World,
    orders: dict[str, list[OrderPlaced]],
    parent: dict[str, str],
) -> int:
    here = [r.fact for r in world.told if getattr(r.fact, "order_id", None) == order]
    gone = [g for fact in here for g in units_gone(fact) if g[0] <= world.as_of]
    cut = sum(units for _, units, out_of_stock in gone if out_of_stock)
    if not any(empties(fact) and fact.happened_at <= world.as_of for fact in here):
        return cut
    children = [child for child in parent if parent[child] == order]
    moved = sum(most_units(child, orders, part=True) for child in children)
    came_in = most_units(order, orders, part=False) + most_units(order, orders, part=True)
    return cut + max(came_in - moved - sum(units for _, units, _ in gone), 0)


def judged(
    seller: str, metric: str, all_due: Sequence[Due], policy: Policy, as_of: datetime
) -> Iterator[Card]:
    for days in (policy.window_days, policy.long_window_days):
        within = [d for d in all_due if as_of - days * DAY < d[0] <= as_of]
        due, kept = sum(d[1] for d in within), sum(d[2] for d in within)
        enough = due >= policy.enough_due
        if due and (enough or days == policy.long_window_days):
            rate = kept / due
            level = level_of(rate, due, policy.standards[metric], policy.z)
            verdict = level if enough else "not_enough_data"
            yield seller, metric, days, due, kept, rate, verdict
            return


def completeness(seller: str, world: World, policy: Policy) -> Iterator[Card]:
    points = [*for_sale(world).values()]
    if points:
        rate = float(sum(points) / len(points) / 100)
        standard = policy.standards["listings.complete"]
        level = level_of(rate, None, standard, policy.z)
        yield seller, "listings.complete", 0, len(points), None, rate, level


def confirmation(seller: str, world: World, policy: Policy) -> Iterator[Card]:
    standard = policy.standards["inventory.confirmed"]
    facts = [r.fact for r in world.told]
    found = [*confirmed(for_sale(world), facts, standard.days or 0, world.as_of)]
    if found:
        rate = sum(found) / len(found)
        level = level_of(rate, None, standard, policy.z)
        yield seller, "inventory.confirmed", 0, len(found), sum(found), rate, level


def for_sale(world: World) -> dict[str, Fraction]:
    told: dict[str, list[Received]] = defaultdict(list)
    for r in world.told:
        if isinstance(r.fact, ProductListed | ProductChanged | ProductDelisted):
            told[r.fact.product_id].append(r)
    points = {product: points_of(rs, world.as_of) for product, rs in told.items()}
    return {product: found for product, found in points.items() if found is not None}


def points_of(told: Sequence[Received], as_of: datetime) -> Fraction | None:
    now: ProductListed | ProductChanged | None = None
    for_sale = False
    order = sorted(
        told, key=lambda r: (r.fact.happened_at, r.envelope.sequence, str(r.envelope.id))
    )
    for r in order:
        if r.fact.happened_at > as_of:
            break
        for_sale = (for_sale or isinstance(r.fact, ProductListed)) and not isinstance(
            r.fact, ProductDelisted
        )
        if isinstance(r.fact, ProductListed | ProductChanged):
            now = r.fact
    if now is None or not for_sale:
        return None
    sized = now.length_mm and now.width_mm and now.height_mm
    return (
        Fraction(30 * min(now.image_count, 3), 3)
        + Fraction(25 * min(now.description_chars, 300), 300)
        + (20 if now.weight_g else 0)
        + (25 if sized else 0)
    )


def level_of(rate: float, due: int | None, standard: Standard, z: float) -> str:
    """`due` is None where all are known, and the sample needs no guard."""
    sure = due is None or wilson_upper(rate, due, z) < standard.limit
    if rate < standard.limit and sure:
        return "limit"
    if rate < standard.warn:
        return "warn"
    return "star" if standard.star is not None and rate >= standard.star else "good"


def wilson_upper(rate: float, n: int, z: float) -> float:
    centre = rate + z * z / (2 * n)
    spread = z * sqrt((rate * (1 - rate) + z * z / (4 * n)) / n)
    return (centre + spread) / (1 + z * z / n)
