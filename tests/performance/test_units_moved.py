"""Whatever becomes of units and of parts of parts, those that were ordered are judged."""

from collections import defaultdict
from dataclasses import replace

from hypothesis import given, settings, strategies as st

from contracts.fact import Fact
from contracts.orders import (
    OrderCancelled,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderSplit,
    ShipmentSaved,
)
from services.orders.commands import OrderCommand
from services.performance.model.standing.findings import found_of
from tests.fakes import MemoryStreams
from tests.performance.facts import placed as ordered, rejected
from tests.performance.units import (
    ACCEPT,
    NO_STOCK,
    Left,
    Split,
    To,
    asked,
    filled,
    history,
    placed,
)
from tests.performance.world import AS_OF, POLICY, received, sayings_of


class ByHand:
    """Every unit by itself: the ordered ones leave first, and are cut or split off last."""

    def __init__(self) -> None:
        self.lost = 0
        self._lines = defaultdict[tuple[str, str], list[bool]](list)

    def after(self, fact: object) -> None:
        """Take a fact: its quantities tell all, whatever it says of units added."""
        match fact:
            case OrderPlaced(split_from=None):
                for line in fact.lines:
                    self._lines[fact.order_id, line.line_id] += [True] * line.quantity
            case ShipmentSaved():
                for part in fact.lines:
                    del self._lines[fact.order_id, part.line_id][: part.quantity]
            case OrderSplit():
                self._split(fact)
            case OrderLineQuantityChanged() | OrderLineRemoved() | OrderCancelled():
                self._edited(fact)
            case _:
                pass

    def _edited(
        self, fact: OrderLineQuantityChanged | OrderLineRemoved | OrderCancelled
    ) -> None:
        if isinstance(fact, OrderCancelled):
            for (order, _), units in self._lines.items():
                if order == fact.order_id:
                    self._cut(units, len(units), fact.reason)
            return
        units, count = self._lines[fact.order_id, fact.line_id], fact.quantity
        if isinstance(fact, OrderLineQuantityChanged):
            units += [False] * (fact.quantity - fact.old_quantity)
            count = max(fact.old_quantity - fact.quantity, 0)
        self._cut(units, count, fact.reason)

    def _split(self, fact: OrderSplit) -> None:
        parts = {part.line_id: part.quantity for part in fact.parts}
        for name in (*fact.line_ids, *parts):
            units = self._lines[fact.order_id, name]
            count = parts.get(name, len(units))
            stay = len(units) - count
            self._lines[fact.new_order_id, name] = units[stay:]
            del units[stay:]

    def _cut(self, units: list[bool], count: int, reason: str) -> None:
        keep = len(units) - count
        if reason == "out_of_stock":
            self.lost += sum(units[keep:])
        del units[keep:]


def lost_by_hand(streams: MemoryStreams) -> int:
    facts = [fact for some in streams.facts.values() for fact in some]
    found = ByHand()
    for fact in sorted(facts, key=lambda fact: fact.happened_at):
        found.after(fact)
    return found.lost


units, few = st.integers(1, 9), st.integers(1, 4)
reasons = st.sampled_from(["out_of_stock", "buyer_request", "other"])
lines = st.sampled_from(["l-1", "l-2"])
orders = st.sampled_from(["o-1", "o-2"])
steps = st.lists(
    st.one_of(
        st.builds(To, st.integers(0, 9), reasons, lines, orders),
        st.builds(Left, few, lines, orders),
        st.builds(Split, few, lines),
        st.builds(Split, few, lines, st.just("o-2"), st.just("o-3")),
    ),
    max_size=3,
)
no_stock = [replace(NO_STOCK, order_id=name) for name in ("o-1", "o-2", "o-3")]


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, list[OrderCommand]]:
    """How many units were ordered, and what came then: more of a line, and a split of it.

    What an order refuses changes nothing.
    """
    first, second = draw(units), draw(units)
    more, split = To(first + draw(units)), Split(draw(few))
    then = [*draw(steps), more, *draw(steps), split, *draw(steps)]
    ends = draw(st.lists(st.sampled_from(no_stock), unique=True))
    return first + second, [placed(first, second), ACCEPT, *asked(then), *ends]


@settings(max_examples=100)
@given(histories())
def test_whatever_is_added_split_shipped_and_cut_the_units_ordered_are_judged(
    commanded: tuple[int, list[OrderCommand]],
) -> None:
    due, commands = commanded
    told = history(*commands)

    assert filled(told) == (due, due - lost_by_hand(told))


def test_an_order_of_which_all_units_were_added_keeps_its_seller_from_no_review() -> None:
    facts = list[Fact]()
    for n in range(20):
        facts += [ordered(f"o-{n}"), rejected("out_of_stock", order_id=f"o-{n}")]
    told = received([*facts, ordered("o-20").model_copy(update={"ordered": ()})])

    (found,) = found_of(*sayings_of(told), POLICY, AS_OF, AS_OF)

    grounds = {ground.metric: (ground.due, ground.broken) for ground in found.limits}
    assert grounds["inventory.units_filled"] == (20, 20)
