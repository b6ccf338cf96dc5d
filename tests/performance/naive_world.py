"""What one seller's facts say was true by a moment, one fact at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias, TypeVar

from contracts.buyers import (
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessRequested,
    BuyerAccessWithdrawn,
    MessageMarkedSpam,
    MessageSent,
)
from contracts.catalog import ProductChanged, ProductDelisted, ProductListed
from contracts.fact import Fact
from contracts.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    OrderSplit,
    ShipmentCorrected,
    ShipmentSaved,
    TrackingAdded,
)
from kit.consumers.records import Received
from services.performance.model.policy import Policy
from tests.performance.naive_units import units_gone

Due: TypeAlias = tuple[datetime, int, int]
"""When it fell due, how much was due, how much of it was kept."""

F = TypeVar("F", bound=Fact)
DAY = timedelta(days=1)
SATURDAY = 5


@dataclass
class World:
    """What one seller's facts say was true at `as_of`."""

    told: Sequence[Received]
    as_of: datetime
    placed: dict[str, list[OrderPlaced]] = field(init=False)

    def __post_init__(self) -> None:
        self.placed = self.by_order(OrderPlaced)

    def all(self, kind: type[F]) -> Iterator[F]:
        return (r.fact for r in self.told if isinstance(r.fact, kind))

    def by_order(self, kind: type[F]) -> dict[str, list[F]]:
        orders: dict[str, list[F]] = defaultdict(list)
        for fact in self.all(kind):
            orders[fact.order_id].append(fact)  # type: ignore[attr-defined] # facts of orders
        return orders

    def completed(self) -> Iterator[tuple[str, datetime]]:
        edits = (OrderSplit, OrderLineQuantityChanged, OrderLineRemoved)
        for fact in self.all(Fact):
            if isinstance(fact, edits) and fact.completed_at is not None:
                yield fact.order_id, fact.completed_at

    def first(self, moments: Iterable[datetime]) -> datetime | None:
        return min((moment for moment in moments if moment <= self.as_of), default=None)

    def is_empty(self) -> bool:
        moments = [at for _, at in self.completed()]
        for r in self.told:
            match r.fact:
                case OrderPlaced(placed_at=at, ship_by=by, clock_started_at=start):
                    moments += [at, by, start]
                case ShipmentSaved(shipped_at=at, saved_at=saved, tracking_number=number):
                    moments += [at, *([saved] if number else [])]
                case (
                    OrderAccepted()
                    | OrderRejected()
                    | OrderExpired()
                    | OrderCancelled()
                    | OrderLineRemoved()
                    | TrackingAdded()
                    | ProductListed()
                    | ProductChanged()
                    | ProductDelisted()
                    | BuyerAccessRequested()
                    | BuyerAccessApproved()
                    | BuyerAccessDeclined()
                    | BuyerAccessWithdrawn()
                    | MessageMarkedSpam()
                ):
                    moments.append(r.fact.happened_at)
                case ShipmentCorrected(tracking_number=str()):
                    moments.append(r.fact.happened_at)
                case OrderLineQuantityChanged() if any(n for _, n, _ in units_gone(r.fact)):
                    moments.append(r.fact.happened_at)
                case MessageSent(sender=sender, answers=answers) if sender == (
                    "buyer" if answers is None else "seller"
                ):
                    moments.append(r.fact.happened_at)
                case _:
                    pass
        return self.first(moments) is None


def weekday_deadline(opened_at: datetime, policy: Policy, metric: str) -> datetime:
    left = timedelta(hours=policy.standards[metric].weekday_hours or 0)
    at = opened_at
    while True:
        midnight = datetime.combine(at.date() + DAY, time(), tzinfo=UTC)
        counts = at.weekday() < SATURDAY and at.date() not in policy.holidays
        if counts and left <= midnight - at:
            return at + left
        left -= midnight - at if counts else timedelta()
        at = midnight
