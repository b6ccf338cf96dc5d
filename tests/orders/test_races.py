"""Several people at one family of orders, on old views, at once: nothing is lost unseen."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from threading import Barrier
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from contracts.orders import (
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderInvoiced,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderSplit,
    ShipmentSaved,
)
from kit.domain import Refused
from kit.eventstore.requests import Answer
from kit.eventstore.seen import Changed
from services.orders.commands import LineToPlace, OrderCommand, PlaceOrder, SplitOrder
from services.orders.model import ORDER
from services.orders.model.states import Missing, Order, Placed
from tests.infrastructure import drop_database, new_database
from tests.orders.asks import (
    ACCEPT,
    CANCEL,
    CENTS,
    EXPIRE,
    INVOICE,
    Ask,
    asks,
    change,
    contradict,
    ship,
    split,
)
from tests.orders.parts import Parts, parts_on
from tests.samples import FRIDAY

BLIND: Final = "dora"
"""Who never says what she saw."""

PEOPLE: Final = ("ann", "ben", "cleo")

people = st.sampled_from([*PEOPLE, BLIND])
members = st.integers(0, 2)


@dataclass
class Asked:
    """What somebody asked on what they saw, and what became of it."""

    ask: Ask
    command: OrderCommand
    seen: int | None
    answer: Answer = field(default_factory=lambda: Answer(0, 0))

    @property
    def recorded(self) -> bool:
        return bool(self.answer.recorded)


class Races(RuleBasedStateMachine):
    """One family on a real database, the people at it, and what each has seen of it."""

    numbers = count()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        self.family: list[str] = []
        self.seen: dict[str, dict[str, int]] = {who: {} for who in PEOPLE}
        self.recorded = 0

    @initialize(
        done=st.sampled_from(
            [(), (ACCEPT,), (ACCEPT, ship("l-1")), (ACCEPT, ship("l-1"), INVOICE)]
        )
    )
    def begin(self, done: Sequence[Ask]) -> None:
        """A family begins as one order, to which some things were `done`."""
        self.place()
        for ask in done:
            self.one_asks(BLIND, ask, 0)
        for who in PEOPLE:
            self.look(who)

    def place(self) -> None:
        order_id = self.new_id()
        placed = PlaceOrder(
            order_id=order_id,
            seller_id="s-1",
            buyer_id="b-1",
            lines=tuple(
                LineToPlace(
                    line_id=name,
                    product_id=name,
                    title="Mug",
                    quantity=4,
                    unit_price_cents=cents,
                )
                for name, cents in CENTS.items()
            ),
            currency="USD",
            payment_method="card",
            ship_to_country="US",
            ship_by=FRIDAY + timedelta(days=9),
            at=FRIDAY,
        )
        [answer] = self.parts.do(placed)
        self.recorded += answer.recorded
        self.family.append(order_id)

    @rule(who=people)
    def look(self, who: str) -> None:
        """Somebody reads the orders anew."""
        self.seen[who] = {order: len(self.parts.facts(order)) for order in self.family}

    @rule(who=people, ask=asks, member=members)
    def one_asks(self, who: str, ask: Ask, member: int) -> None:
        """Somebody asks, on whatever they have seen last."""
        order_id = self.family[member % len(self.family)]
        asked = self.asked(who, ask, order_id)
        before = self.parts.facts(order_id)
        self.submit(asked)
        self.check_told(asked, before)

    @rule(ask=asks)
    def one_asks_blindly(self, ask: Ask) -> None:
        """Somebody asks who does not say what she has seen."""
        self.one_asks(BLIND, ask, 0)

    @rule(first=people, one=asks, second=people, other=asks, member=members)
    def two_ask_at_once(
        self, first: str, one: Ask, second: str, other: Ask, member: int
    ) -> None:
        """Two ask at the same moment, one of the same order."""
        order_id = self.family[member % len(self.family)]
        before = self.parts.facts(order_id)
        both = [self.asked(first, one, order_id), self.asked(second, other, order_id)]
        start = Barrier(2)

        def at_once(asked: Asked) -> None:
            start.wait()
            self.submit(asked)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(at_once, both))

        for asked in both:
            self.check_told(asked, before)
        fresh = all(a.seen == len(before) or a.ask is EXPIRE for a in both)
        if fresh and contradict(one, other) and all(self.would_do(a, before) for a in both):
            self.check_one_won(both)

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        """Units and cents are where facts put them, and the table shows the same."""
        facts = [fact for order in self.family for fact in self.parts.facts(order)]
        assert len(facts) == self.recorded
        orders = [self.order(order_id) for order_id in self.family]
        units = Counter[str]()
        for order in orders:
            units.update({name: line.quantity for name, line in order.lines.items()})
        owed = Counter(dict.fromkeys(CENTS, 4)) if self.family else Counter[str]()
        for fact in facts:
            if isinstance(fact, OrderLineQuantityChanged):
                owed[fact.line_id] += fact.quantity - fact.old_quantity
            elif isinstance(fact, OrderLineRemoved):
                owed[fact.line_id] -= fact.quantity
        assert +units == +owed
        worth = sum(CENTS[name] * number for name, number in owed.items())
        assert sum(order.subtotal_cents for order in orders) == worth
        for order_id in self.family:
            self.nothing_follows_the_end(self.parts.facts(order_id))
        shown = self.parts.states()
        for order_id, order in zip(self.family, orders, strict=True):
            assert shown[order_id] == type(order).__name__.lower()

    def nothing_follows_the_end(self, facts: Sequence[OrderEvent]) -> None:
        """What is over stays so; of what is invoiced, parcels alone go on."""
        for place, fact in enumerate(facts, 1):
            after = {type(each) for each in facts[place:]}
            if isinstance(fact, OrderExpired | OrderCancelled):
                assert not after
            if isinstance(fact, OrderInvoiced):
                assert after <= {ShipmentSaved}

    def new_id(self) -> str:
        return f"o-{next(self.numbers)}"

    def asked(self, who: str, ask: Ask, order_id: str) -> Asked:
        """What `who` asks: the clock, which asks for expiry, has seen nothing."""
        blind = ask is EXPIRE or who == BLIND
        seen = None if blind else self.seen[who].get(order_id, 1)
        return Asked(ask, ask.make(order_id, self.new_id()), seen)

    def submit(self, asked: Asked) -> None:
        [asked.answer] = self.parts.do(asked.command, seen=asked.seen)
        self.recorded += asked.answer.recorded
        if asked.recorded and isinstance(asked.command, SplitOrder):
            self.family.append(asked.command.new_order_id)

    def order(self, order_id: str) -> Placed:
        order = ORDER.fold(self.parts.facts(order_id))
        assert not isinstance(order, Missing)
        return order

    def would_do(self, asked: Asked, before: Sequence[OrderEvent]) -> bool:
        """Whether it would have been recorded, had nobody else been there."""
        try:
            return bool(ORDER.decide(asked.command, ORDER.fold(before)))
        except Refused:
            return False

    def check_told(self, asked: Asked, before: Sequence[OrderEvent]) -> None:
        """Who was refused is told what they had not seen; nobody changes that unseen."""
        after = self.parts.facts(asked.command.order_id)
        refused = asked.answer.refused
        if isinstance(refused, Changed) and asked.seen is not None:
            told = list(refused.facts)
            assert told
            assert told == list(after[asked.seen : asked.seen + len(told)])
            assert asked.seen + len(told) >= len(before)
        if (
            asked.recorded
            and asked.seen is not None
            and asked.ask.kind in {"edit", "split"}
        ):
            mine = after[asked.answer.version - 1]
            assert isinstance(mine, OrderLineQuantityChanged | OrderSplit)
            saw = ORDER.fold(after[: asked.seen])
            changed = ORDER.fold(after[: asked.answer.version - 1])
            for line_id in asked.ask.about:
                assert self.line(saw, line_id) == self.line(changed, line_id)
            assert type(saw) is type(changed)

    def line(self, order: Order, line_id: str) -> Any:  # noqa: ANN401 - a pair
        assert isinstance(order, Placed)
        return order.lines.get(line_id), order.to_ship.get(line_id)

    def check_one_won(self, both: Sequence[Asked]) -> None:
        won = [asked for asked in both if asked.recorded]
        lost = [asked for asked in both if not asked.recorded]
        assert (len(won), len(lost)) == (1, 1), both
        assert lost[0].answer.refused is not None
        fact = self.parts.facts(won[0].command.order_id)[won[0].answer.version - 1]
        refused = lost[0].answer.refused
        if isinstance(refused, Changed):
            assert fact in refused.facts
        else:
            assert lost[0].seen is None  # the clock's, whom the order's state tells
            assert refused.code in {"order-accepted", "order-cancelled"}


@pytest.fixture(scope="module")
def parts(postgres_url: str) -> Iterator[Parts]:
    """Orders on a database that all these races share; each has orders of its own."""
    url = new_database(postgres_url)
    with parts_on(url) as made:
        yield made
    drop_database(postgres_url, url)


def test_of_what_contradicts_one_wins_and_nobody_is_overridden_unseen(parts: Parts) -> None:
    class Here(Races):
        def __init__(self) -> None:
            super().__init__(parts)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=60,
            phases=[Phase.generate],  # who comes first can't be had again, to shrink it
            report_multiple_bugs=False,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[*HealthCheck],
        ),
    )


def race(parts: Parts, prepared: Sequence[Ask], one: Ask, other: Ask) -> None:
    """Let two ask at once of a fresh family that some things were done to."""
    machine = Races(parts)
    machine.begin(prepared)
    before = parts.facts(machine.family[0])
    for ask in (one, other):
        assert machine.would_do(machine.asked("ann", ask, machine.family[0]), before)
    machine.two_ask_at_once("ann", one, "ben", other, 0)
    machine.nothing_is_lost_or_made()


@pytest.mark.parametrize("_", range(5))
@pytest.mark.parametrize(
    ("prepared", "one", "other"),
    [
        ((), ACCEPT, CANCEL),
        ((), ACCEPT, EXPIRE),
        ((), CANCEL, EXPIRE),
        ((), split("l-1", 2), change("l-1", 1)),
        ((), change("l-1", 3), change("l-1", 1)),
        ((ACCEPT, ship("l-1")), change("l-2", 1), INVOICE),
        ((ACCEPT, ship("l-1")), split("l-2", 1), INVOICE),
        ((ACCEPT, ship("l-1")), CANCEL, INVOICE),
    ],
    ids=lambda each: each.kind if isinstance(each, Ask) else "",
)
def test_each_race_has_one_winner(
    parts: Parts, prepared: Sequence[Ask], one: Ask, other: Ask, _: int
) -> None:
    assert contradict(one, other)
    race(parts, prepared, one, other)
