"""What is known of an order, and so how many units may be set aside for it.

What facts say of it are added up, so neither their order nor what is missing yet matters.
Source: docs/decisions/0016-stock-for-orders.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Self, TypeAlias
from uuid import UUID

from services.catalog.commands import SettleOrder
from services.catalog.model.stock_rules import DatedStockRules

OrderSays: TypeAlias = Literal["placed", "changed", "split", "shipped", "accepted", "ended"]


class Saying(NamedTuple):
    """What a fact says of an order, or of one of its lines.

    Units: `units` ordered more than were said before, or fewer; of `shipped`, those that
        left.
    Shape: `line_id` is empty where no line is meant; `from_order` is the order that a
        child's line was split from; `pos` is the fact's place among those of orders, and
        `version` that in its own stream, which of a `split` is the child's.
    """

    order_id: str
    event_id: UUID
    line_id: str
    seller_id: str
    says: OrderSays
    product_id: str | None
    units: int
    from_order: str | None
    at: datetime
    recorded_at: datetime
    pos: int
    version: int

    @property
    def of_its_own(self) -> bool:
        """Tell whether a fact of the order itself says so, not one of its child."""
        return self.says != "split"


class Reserved(NamedTuple):
    """Units that an order asked for, judged on its first `version` facts.

    Units: of its lines, those that have left in parcels included.
    """

    units: int
    version: int


@dataclass(frozen=True, slots=True)
class Demand:
    """An order as catalog knows it.

    Units: `wanted` and `left` by product: what its lines hold, and what of it has left in
        parcels; `heard` counts the facts of its stream up to the last that is known.
    Shape: `products` by line; `accepted_at` is None unless an acceptance was told early
        enough to take units.
    """

    order_id: str
    seller_id: str
    products: Mapping[str, str]
    wanted: Mapping[str, int]
    left: Mapping[str, int]
    accepted_at: datetime | None
    ended: bool
    heard: int

    @classmethod
    def of(cls, said: Iterable[Saying], rules: DatedStockRules) -> Self:
        """Return what `said`, all of one order, amounts to; there is something."""
        sayings = [*said]
        products = {s.line_id: s.product_id for s in sayings if s.product_id is not None}
        wanted: Counter[str] = Counter()
        left: Counter[str] = Counter()
        for each in sayings:
            product = each.product_id or products.get(each.line_id)
            if product is not None:
                (left if each.says == "shipped" else wanted)[product] += each.units
        ended = any(each.says == "ended" for each in sayings)
        return cls(
            order_id=sayings[0].order_id,
            seller_id=sayings[0].seller_id,
            products=products,
            wanted=wanted,
            left=left,
            accepted_at=_accepted_at(sayings, rules),
            ended=ended,
            heard=max((each.version for each in sayings if each.of_its_own), default=0),
        )

    def settle(
        self, product_id: str, at: datetime, reserved: Reserved | None = None
    ) -> SettleOrder:
        """Return the bounds of what is set aside of a product for this order.

        What was reserved since the last fact that is known stays: what it was judged on,
        and what became of it, is still on its way.
        """
        gone = self.left.get(product_id, 0)
        units = 0 if self.ended else max(self.wanted.get(product_id, 0) - gone, 0)
        pending = reserved is not None and self.heard <= reserved.version
        kept = reserved.units - gone if reserved and pending and not self.ended else 0
        return SettleOrder(
            seller_id=self.seller_id,
            product_id=product_id,
            order_id=self.order_id,
            at_least=0 if self.accepted_at is None else units,
            at_most=max(units, kept),
            accepted_at=self.accepted_at,
            at=at,
        )


def _accepted_at(sayings: Iterable[Saying], rules: DatedStockRules) -> datetime | None:
    """Return since when the order takes units, if it does.

    A child is accepted when its parent was: it was told of when it was split off.
    """
    placed_at = [each.at for each in sayings if each.says == "placed"]
    return next(
        (
            each.at
            for each in sayings
            if each.says == "accepted"
            and rules.at(each.at).takes_units(max([each.at, *placed_at]), each.recorded_at)
        ),
        None,
    )
