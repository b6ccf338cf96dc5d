"""Orders that are split, and parts that go courses of their own, by the orders' decider."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from hypothesis import strategies as st

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
from tests.performance.world import AS_OF, DAY, HOUR

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
CUT: Final = ChangeQuantity(
    order_id="o-1", line_id="l-1", quantity=5, reason="other", at=AT + HOUR / 2
)
NUMBER: Final = "1Z999AA10123456784"


@dataclass(frozen=True)
class Course:
    """What a seller does with an order, and when.

    If `part_left`, its second line leaves as soon as the order is accepted.
    """

    decision: Literal["accept", "reject", "expire"]
    decided_at: datetime
    cut: EditReason | None
    part_left: bool
    ending: Literal["ship", "cancel", "nothing"]
    ended_at: datetime
    reason: RejectReason
    number: str | None

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

    def end_of(self, order_id: str, to_ship: Mapping[str, int]) -> Iterator[OrderCommand]:
        if self.ending == "cancel":
            yield CancelOrder(
                order_id=order_id, by="seller", reason=self.reason, at=self.ended_at
            )
        if self.ending == "ship":
            yield parcel(order_id, "h-2", to_ship, self.ended_at, self.number)


Courses: TypeAlias = Mapping[str, Course]


def parcel(
    order_id: str, name: str, units: Mapping[str, int], at: datetime, number: str | None
) -> OrderCommand:
    lines = (LineToShip(line_id=name, quantity=n) for name, n in units.items() if n)
    return SaveShipment(
        order_id=order_id,
        shipment_id=name,
        lines=tuple(lines),
        carrier="UPS",
        tracking_number=number,
        shipped_by="seller",
        shipped_at=at,
        at=at,
    )


@dataclass(frozen=True)
class Split:
    """Lines of an order go to another, whole or some of their units."""

    at: datetime
    of: str
    to: str
    lines: tuple[LineToSplit, ...]

    def command(self) -> OrderCommand:
        """How the split is asked for."""
        return SplitOrder(
            order_id=self.of, new_order_id=self.to, lines=self.lines, at=self.at
        )


class Family(MemoryStreams):
    """An order and its parts, each of which goes its own course.

    `decided` and `ended` are the courses of those that had something to decide, or to ship.
    """

    def __init__(self, courses: Courses) -> None:
        super().__init__()
        self.courses = courses
        self.decided: list[Course] = []
        self.ended: list[Course] = []

    def ask(self, *commands: OrderCommand) -> None:
        for command in commands:
            (answer,) = self.submit([to_request(command)])
            assert answer.refused is None

    def orders(self) -> Iterator[tuple[str, Order]]:
        for order_id in FAMILY:
            yield order_id, ORDER.fold(self.facts[f"order-{order_id}"])

    def decide_each(self) -> None:
        for order_id, order in self.orders():
            if isinstance(order, Open):
                course = self.courses[order_id]
                self.decided.append(course)
                self.ask(course.word_on(order_id))

    def end_each(self) -> None:
        for order_id, order in self.orders():
            if isinstance(order, Accepted) and not order.has_left:
                course = self.courses[order_id]
                self.ended.append(course)
                self.ask(*course.end_of(order_id, order.to_ship))

    def tell(self, splits: Sequence[Split]) -> None:
        """Place an order, split it, decide on all, split what was accepted, and end it."""
        first = self.courses["o-1"]
        early = [split for split in splits if split.at <= first.decided_at]
        self.ask(PLACE)
        if first.cut:
            self.ask(replace(CUT, reason=first.cut))
        self.ask(*(split.command() for split in early))
        self.decide_each()
        if first.decision == "accept" and first.part_left:
            units = {"l-2": PLACE.lines[1].quantity}
            self.ask(parcel("o-1", "h-1", units, first.decided_at, NUMBER))
        for split in splits[len(early) :]:
            if isinstance(ORDER.fold(self.facts[f"order-{split.of}"]), Accepted):
                self.ask(split.command())
        self.end_each()

    def worst(self) -> Course:
        """What the whole order would have to go through to fare as its worst part.

        The end of a part that has nothing left to ship is none: it never came.
        """
        decided_at = max(one.decided_at for one in self.decided)
        first = self.courses["o-1"]
        undecided = any(one.decision == "expire" for one in self.decided)
        unshipped = any(one.ending == "nothing" for one in self.ended)
        unnumbered = any(one.number is None for one in self.ended)
        return replace(
            first,
            decision="expire" if undecided else "accept",
            decided_at=decided_at,
            ending="nothing" if unshipped else "ship",
            ended_at=max([decided_at, *(one.ended_at for one in self.ended)]),
            number=None if unnumbered else NUMBER,
        )


def told(courses: Courses, splits: Sequence[Split] = ()) -> Family:
    """Everything that happens to an order and its parts."""
    family = Family(courses)
    family.tell(splits)
    return family


def alike(course: Course) -> Courses:
    return dict.fromkeys(FAMILY, course)


moments = st.sampled_from([2, 12, 24, 25, 48, 119, 120, 121, 200]).map(
    lambda hours: AT + hours * HOUR
)
reasons = st.sampled_from(["out_of_stock", "out_of_territory", "buyer_request", "other"])
cuts = st.sampled_from([None, "out_of_stock", "buyer_request"])
numbers = st.sampled_from([None, NUMBER])


def courses_of(**rest: st.SearchStrategy[Any]) -> st.SearchStrategy[Course]:
    return st.builds(
        lambda decided_at, ended_at, **others: Course(
            decided_at=min(decided_at, ended_at),
            ended_at=max(decided_at, ended_at),
            **others,
        ),
        decided_at=moments,
        ended_at=moments,
        cut=cuts,
        reason=reasons,
        number=numbers,
        **rest,
    )


courses = courses_of(
    decision=st.sampled_from(["accept", "accept", "reject", "expire"]),
    part_left=st.just(value=False),
    ending=st.sampled_from(["ship", "ship", "cancel", "nothing"]),
)
own_courses = courses_of(
    decision=st.sampled_from(["accept", "accept", "accept", "expire"]),
    part_left=st.booleans(),
    ending=st.sampled_from(["ship", "ship", "nothing"]),
)


@st.composite
def splits(draw: st.DrawFn, course: Course) -> list[Split]:
    """One split, or two: of what stayed or of what went, before the decision or after."""
    moments = [AT + HOUR, course.decided_at + HOUR, course.ended_at]
    first, later = sorted(
        min(draw(st.sampled_from(moments)), course.ended_at) for _ in range(2)
    )
    some = (LineToSplit(line_id="l-1", quantity=2),)
    more = (*some, LineToSplit(line_id="l-2"))
    lines = some if course.part_left else draw(st.sampled_from([some, more]))
    one = Split(first, "o-1", "o-2", lines)
    of = draw(st.sampled_from([None, "o-1", "o-2"]))
    if of is None:
        return [one]
    unit = (LineToSplit(line_id="l-1", quantity=1),)
    rest = (LineToSplit(line_id="l-1"),)
    all_goes = course.part_left and of == "o-1" and draw(st.booleans())
    return [one, Split(later, of, "o-3", rest if all_goes else unit)]
