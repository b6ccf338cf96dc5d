"""Splitting an order improves nothing, if its parts fare as the whole would have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hypothesis import given, settings, strategies as st

from contracts.fact import Fact
from contracts.orders import EditReason, RejectReason
from services.orders.commands import (
    AcceptOrder,
    CancelOrder,
    ChangeQuantity,
    ExpireOrder,
    LineToPlace,
    LineToShip,
    LineToSplit,
    OrderCommand,
    PlaceOrder,
    RejectOrder,
    SaveShipment,
    SplitOrder,
)
from services.orders.handlers import to_request
from services.orders.model import ORDER
from services.orders.model.states import Accepted, Open, Order
from tests.fakes import MemoryStreams
from tests.performance.world import AS_OF, DAY, HOUR, cards_of, received

AT: Final = AS_OF - 23 * DAY  # a Monday
FAMILY: Final = ("o-1", "o-2", "o-3")
PLACE: Final = PlaceOrder(
    order_id="o-1",
    seller_id="s-1",
    buyer_id="b-1",
    lines=tuple(
        LineToPlace(
            line_id=name, product_id="p-1", title="Mug", quantity=6, unit_price_cents=100
        )
        for name in ("l-1", "l-2")
    ),
    currency="USD",
    payment_method="card",
    ship_to_country="US",
    ship_by=AT + 5 * DAY,
    at=AT,
)


@dataclass(frozen=True)
class Course:
    """What its seller does with each order of a family, at the same moments."""

    decision: Literal["accept", "reject", "expire"]
    decided_at: datetime
    cut: EditReason | None
    ending: Literal["ship", "cancel", "nothing"]
    ended_at: datetime
    reason: RejectReason
    number: str | None

    def commands(self, order_id: str, order: Order) -> Sequence[OrderCommand]:
        """What is asked of an order, while it is open or once it is accepted."""
        match order:
            case Open():
                return [self.word_on(order_id)]
            case Accepted():
                return [*self.end_of(order_id, order)]
            case _:
                return []

    def word_on(self, order_id: str) -> OrderCommand:
        if self.decision == "reject":
            return RejectOrder(order_id=order_id, reason=self.reason, at=self.decided_at)
        if self.decision == "expire":
            return ExpireOrder(order_id=order_id, at=AT + 10 * DAY)
        return AcceptOrder(
            order_id=order_id,
            customer_id="c-1",
            customer_link="created" if order_id == "o-1" else "existing",
            at=self.decided_at,
        )

    def end_of(self, order_id: str, order: Accepted) -> Iterator[OrderCommand]:
        if self.ending == "cancel":
            yield CancelOrder(
                order_id=order_id, by="seller", reason=self.reason, at=self.ended_at
            )
        if self.ending == "ship":
            left = order.to_ship.items()
            yield SaveShipment(
                order_id=order_id,
                shipment_id="h-1",
                lines=tuple(LineToShip(line_id=name, quantity=n) for name, n in left),
                carrier="UPS",
                tracking_number=self.number,
                shipped_by="seller",
                shipped_at=self.ended_at,
                at=self.ended_at,
            )


@dataclass(frozen=True)
class Split:
    """Units of the first line go to another order, the second line too if `whole`."""

    at: datetime
    units: int
    of: str
    to: str
    whole: bool

    def command(self) -> OrderCommand:
        """How the split is asked for."""
        lines = [LineToSplit(line_id="l-1", quantity=self.units)]
        lines += [LineToSplit(line_id="l-2")] * self.whole
        return SplitOrder(
            order_id=self.of, new_order_id=self.to, lines=tuple(lines), at=self.at
        )


class Family(MemoryStreams):
    """An order and its parts, which are asked for the same."""

    def ask(self, *commands: OrderCommand) -> None:
        for command in commands:
            (answer,) = self.submit([to_request(command)])
            assert answer.refused is None

    def ask_each(self, course: Course) -> None:
        for order_id in FAMILY:
            order = ORDER.fold(self.facts[f"order-{order_id}"])
            self.ask(*course.commands(order_id, order))


def facts_of(course: Course, splits: Sequence[Split]) -> list[Fact]:
    """What is recorded when an order is placed, split, decided on and brought to an end."""
    early = [split.command() for split in splits if split.at <= course.decided_at]
    late = [split.command() for split in splits[len(early) :]]
    family = Family()
    family.ask(PLACE)
    if course.cut:
        cut_at = AT + HOUR / 2
        family.ask(
            ChangeQuantity(
                order_id="o-1", line_id="l-1", quantity=5, reason=course.cut, at=cut_at
            )
        )
    family.ask(*early)
    family.ask_each(course)
    if course.decision == "accept":
        family.ask(*late)
        family.ask_each(course)
    return [fact for facts in family.facts.values() for fact in facts]


moments = st.sampled_from([2, 12, 24, 25, 48, 119, 120, 121, 200]).map(
    lambda hours: AT + hours * HOUR
)
reasons = st.sampled_from(["out_of_stock", "out_of_territory", "buyer_request", "other"])
courses = st.builds(
    lambda decided_at, ended_at, **rest: Course(
        decided_at=min(decided_at, ended_at), ended_at=max(decided_at, ended_at), **rest
    ),
    decision=st.sampled_from(["accept", "accept", "reject", "expire"]),
    decided_at=moments,
    cut=st.sampled_from([None, "out_of_stock", "buyer_request"]),
    ending=st.sampled_from(["ship", "ship", "cancel", "nothing"]),
    ended_at=moments,
    reason=reasons,
    number=st.sampled_from([None, "1Z999AA10123456784"]),
)


@st.composite
def splits(draw: st.DrawFn, course: Course) -> list[Split]:
    """One split, or two: of what stayed or of what went, before the decision or after."""
    moments = [AT + HOUR, course.decided_at + HOUR, course.ended_at]
    first, later = sorted(draw(st.sampled_from(moments)) for _ in range(2))
    whole, of = draw(st.booleans()), draw(st.sampled_from([None, "o-1", "o-2"]))
    one = Split(min(first, course.ended_at), 2, "o-1", "o-2", whole)
    two = Split(min(later, course.ended_at), 1, of or "o-1", "o-3", whole=False)
    return [one, two][: 1 if of is None else 2]


def cards_by_metric(facts: Sequence[Fact]) -> dict[str, tuple[int, int, float]]:
    """Due, kept and rate of each metric, of all orders of the family."""
    return {row[1]: (row[3], row[4] or 0, row[5]) for row in cards_of(received(facts))}


@settings(max_examples=80, deadline=None)
@given(courses, st.data())
def test_no_rate_is_higher_for_a_split(course: Course, data: st.DataObject) -> None:
    parts = data.draw(splits(course))
    whole, split = (cards_by_metric(facts_of(course, some)) for some in ([], parts))

    assert split.keys() == whole.keys()
    for metric, (_, _, rate) in split.items():
        assert rate <= whole[metric][2], metric
    assert split["inventory.units_filled"] == whole["inventory.units_filled"]
