"""Requests of callers who saw a stream some time ago, and of several streams at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier, local

import pytest
from sqlalchemy import Engine

from contracts.fact import Fact
from contracts.orders import OrderLineQuantityChanged, OrderSplit
from kit.database import driver
from kit.domain import Decider, Elsewhere, Refused, Taken, Unknown
from kit.eventstore.history import History
from kit.eventstore.records import Recorded
from kit.eventstore.requests import Answer, AnyRequest, Request
from kit.eventstore.seen import Changed, Moved
from kit.eventstore.streams import Streams, transact
from tests.fakes import MemoryStreams
from tests.kit.test_streams import streams_on
from tests.samples import QUANTITY_CHANGED, SPLIT


@dataclass(frozen=True)
class Cut:
    """Set the units of a line; what is not above zero is refused.

    Shape: a `stranger` knows of no such stream, or that the id is `taken`.
    """

    line_id: str
    quantity: int = 1
    stranger: bool = False
    taken: bool = False


@dataclass(frozen=True)
class Move:
    """Note that something moves to another stream, and cut a line there."""

    to: str
    cut: Cut


class NoUnits(Refused):
    code = "no-units"


class NotYours(Unknown):
    code = "not-yours"


class NotFree(Taken):
    code = "not-free"


Said = OrderLineQuantityChanged | OrderSplit


def decide(command: Cut | Move, _: int) -> Sequence[Said]:
    if isinstance(command, Move):
        return [SPLIT.model_copy(update={"new_order_id": command.to})]
    if command.stranger:
        raise NotYours("there is no such order")
    if command.taken:
        raise NotFree("another has it")
    if command.quantity < 1:
        raise NoUnits("quantity: nothing would be left")
    return [
        QUANTITY_CHANGED.model_copy(
            update={"line_id": command.line_id, "quantity": command.quantity}
        )
    ]


def elsewhere(command: Cut | Move, _: int) -> Sequence[Elsewhere]:
    if isinstance(command, Cut):
        return []
    return [Elsewhere(f"order-{command.to}", CUTS, command.cut)]


def overlaps(command: Cut | Move, since: Sequence[Said]) -> bool:
    lines = {fact.line_id for fact in since if isinstance(fact, OrderLineQuantityChanged)}
    return isinstance(command, Move) or command.line_id in lines


CUTS: Decider[int, Cut | Move, Said] = Decider(
    0, decide, lambda count, _: count + 1, overlaps=overlaps, elsewhere=elsewhere
)


def asked(command: Cut | Move, since: int | None = None, order: str = "o-1") -> AnyRequest:
    return Request(stream_id=f"order-{order}", decider=CUTS, command=command, since=since)


def follow_by(*further: AnyRequest) -> AnyRequest:
    return replace(asked(Cut("l-1")), follows=lambda _: further)


class SeenContract:
    """Subclass it, and let a fixture `streams` give the implementation, empty."""

    def test_what_was_seen_last_may_be_changed(self, streams: Streams) -> None:
        transact(streams, asked(Cut("l-1")))

        assert transact(streams, asked(Cut("l-1"), since=1)) == Answer(2, 1)

    def test_a_change_of_something_else_is_decided_on_what_stands_now(
        self, streams: Streams
    ) -> None:
        streams.submit([asked(Cut("l-1")), asked(Cut("l-2"))])

        assert transact(streams, asked(Cut("l-1"), since=1)) == Answer(3, 1)

    def test_a_change_of_what_changed_meanwhile_is_refused_and_shown_the_changes(
        self, streams: Streams
    ) -> None:
        for line in ("l-1", "l-2", "l-1"):
            transact(streams, asked(Cut(line, quantity=3)))

        with pytest.raises(Changed, match="you saw version 1, it is at 3") as why:
            transact(streams, asked(Cut("l-1"), since=1))

        told = why.value.more
        assert told["version"] == 3
        assert [(each["version"], each["type"]) for each in told["changed"]] == [
            (2, "orders.order-line-quantity-changed.v1"),
            (3, "orders.order-line-quantity-changed.v1"),
        ]
        assert told["changed"][1]["fields"]["quantity"] == 3
        assert transact(streams, asked(Cut("l-3"))).version == 4

    def test_what_changed_within_one_batch_was_not_seen_either(
        self, streams: Streams
    ) -> None:
        transact(streams, asked(Cut("l-1")))

        first, second = streams.submit([asked(Cut("l-1"), since=1) for _ in range(2)])

        assert (first.refused, second.version) == (None, 2)
        assert isinstance(second.refused, Changed)
        assert len(second.refused.facts) == 1

    def test_what_would_be_refused_anyhow_is_first_shown_the_changes(
        self, streams: Streams
    ) -> None:
        streams.submit([asked(Cut("l-1")), asked(Cut("l-1"))])

        with pytest.raises(Changed):
            transact(streams, asked(Cut("l-1", quantity=0), since=1))
        with pytest.raises(NoUnits):
            transact(streams, asked(Cut("l-1", quantity=0), since=2))

    @pytest.mark.parametrize("since", [0, 1, 99])
    def test_who_may_not_know_of_a_stream_is_told_neither_changes_nor_version(
        self, streams: Streams, since: int
    ) -> None:
        streams.submit([asked(Cut("l-1")), asked(Cut("l-1"))])

        with pytest.raises(NotYours, match=r"^there is no such order$"):
            transact(streams, asked(Cut("l-1", stranger=True), since=since))
        with pytest.raises(NotFree, match=r"^another has it$"):
            transact(streams, asked(Cut("l-1", taken=True), since=since))

    @pytest.mark.parametrize("version", [1, 2, 10**6])
    def test_nobody_can_have_seen_what_was_never_there(
        self, streams: Streams, version: int
    ) -> None:
        with pytest.raises(Refused, match=f"no version {version}") as why:
            transact(streams, asked(Cut("l-1"), since=version))

        assert why.value.code == "changed"

    def test_what_was_made_for_one_version_is_decided_on_no_other(
        self, streams: Streams
    ) -> None:
        made = replace(asked(Cut("l-1")), expected=0)

        first, second = streams.submit([made, made])

        assert (first.refused, second.version) == (None, 1)
        assert isinstance(second.refused, Moved)
        assert transact(streams, replace(asked(Cut("l-2")), expected=1)).version == 2
        for other in (1, 3):
            with pytest.raises(Moved, match="it is at 2"):
                transact(streams, replace(asked(Cut("l-3")), expected=other))

    def test_two_streams_grow_in_one_transaction(self, streams: Streams) -> None:
        answer = transact(streams, asked(Move("o-2", Cut("l-1"))))

        assert answer == Answer(1, 2)
        assert transact(streams, asked(Cut("l-1"), order="o-2")).version == 2

    def test_what_is_refused_elsewhere_is_refused_here(self, streams: Streams) -> None:
        moves = [asked(Move("o-2", Cut("l-1", n))) for n in (0, 1)]

        refused, moved = streams.submit(moves)

        assert isinstance(refused.refused, NoUnits)
        assert (refused.version, refused.recorded) == (0, 0)
        assert moved == Answer(1, 2)
        assert transact(streams, asked(Cut("l-1"), order="o-2")).version == 2

    def test_what_follows_from_facts_is_decided_with_them_or_not_at_all(
        self, streams: Streams
    ) -> None:
        one, other = asked(Cut("l-1"), order="o-2"), asked(Cut("l-1", 0), order="o-3")

        refused, followed = streams.submit([follow_by(one, other), follow_by(one)])

        assert isinstance(refused.refused, NoUnits)
        assert followed == Answer(1, 2)
        assert transact(streams, one).version == 2
        assert transact(streams, asked(Cut("l-1"), order="o-3")).version == 1

    def test_a_stream_may_be_asked_again_by_what_follows(self, streams: Streams) -> None:
        answer = transact(streams, asked(Move("o-1", Cut("l-1"))))

        assert answer == Answer(2, 2)

    def test_a_preview_tells_what_would_happen_and_keeps_nothing(
        self, streams: Streams
    ) -> None:
        transact(streams, asked(Cut("l-1")))

        seen = streams.preview(asked(Move("o-2", Cut("l-1"))))

        assert (seen.version, seen.before, seen.after, seen.refused) == (1, 1, 2, None)
        assert [type(fact) for fact in seen.facts] == [OrderSplit, OrderLineQuantityChanged]
        assert transact(streams, asked(Cut("l-1"), order="o-2")).version == 1
        assert transact(streams, asked(Cut("l-1"))).version == 2

    def test_a_preview_tells_what_would_be_refused(self, streams: Streams) -> None:
        transact(streams, asked(Cut("l-1")))

        seen = streams.preview(asked(Move("o-2", Cut("l-1", quantity=0))))

        assert isinstance(seen.refused, NoUnits)
        assert (seen.facts, seen.before, seen.after) == ((), 1, 1)

    def test_a_preview_tells_of_changes_that_were_not_seen(self, streams: Streams) -> None:
        streams.submit([asked(Cut("l-1")), asked(Cut("l-1"))])

        assert isinstance(streams.preview(asked(Cut("l-1"), since=1)).refused, Changed)


class TestMemoryStreams(SeenContract):
    @pytest.fixture
    def streams(self) -> Streams:
        return MemoryStreams()


class TestPostgresStreams(SeenContract):
    @pytest.fixture
    def streams(self, engine: Engine) -> Streams:
        return streams_on(History(engine))


def meeting(writers: int) -> Decider[int, Cut | Move, Said]:
    """Decide as ever, but the first time not before all writers have loaded."""
    barrier, mine = Barrier(writers, timeout=30), local()

    def wait_once(command: Cut | Move, state: int) -> Sequence[Said]:
        if not hasattr(mine, "waited"):
            mine.waited = True
            barrier.wait()
        return decide(command, state)

    return replace(CUTS, decide=wait_once)


def race(engine: Engine, *requests: AnyRequest) -> list[Answer]:
    """Ask each in a thread of its own; all have loaded before any appends."""
    decider = meeting(len(requests))

    def ask(request: AnyRequest) -> Answer:
        streams = streams_on(History(engine))
        return streams.submit([replace(request, decider=decider)])[0]

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(ask, requests))


def test_of_two_who_change_the_same_at_once_one_wins_and_the_other_is_told(
    engine: Engine,
) -> None:
    transact(streams_on(History(engine)), asked(Cut("l-1")))

    answers = race(engine, asked(Cut("l-1", 5), since=1), asked(Cut("l-1", 7), since=1))

    (won,) = (one for one in answers if one.refused is None)
    (told,) = (one.refused for one in answers if one.refused is not None)
    assert won == Answer(2, 1)
    assert isinstance(told, Changed)
    (fact,) = told.facts
    assert isinstance(fact, OrderLineQuantityChanged)
    assert fact.quantity == (5 if answers[0] is won else 7)


def test_of_two_who_change_different_things_at_once_both_do(engine: Engine) -> None:
    transact(streams_on(History(engine)), asked(Cut("l-1")))

    answers = race(engine, asked(Cut("l-1"), since=1), asked(Cut("l-2"), since=1))

    assert sorted(one.version for one in answers) == [2, 3]
    assert [one.refused for one in answers] == [None, None]


def test_two_who_move_to_each_other_at_once_leave_all_or_nothing(engine: Engine) -> None:
    streams = streams_on(History(engine))
    transact(streams, asked(Cut("l-1")))
    transact(streams, asked(Cut("l-1"), order="o-2"))

    answers = race(
        engine,
        asked(Move("o-2", Cut("l-9"))),
        asked(Move("o-1", Cut("l-9")), order="o-2"),
    )

    assert [(one.refused, one.recorded) for one in answers] == [(None, 2), (None, 2)]
    assert _counted(engine, "order-o-1") == _counted(engine, "order-o-2") == 3


def _counted(engine: Engine, stream: str) -> int:
    with engine.connect() as db:
        sql = "SELECT count(*), max(version) FROM events WHERE stream_id = %s"
        ((count, version),) = driver(db).execute(sql, (stream,)).fetchall()
    assert count == version
    return int(count)


def test_what_follows_is_asked_by_who_asked_for_what_it_follows(engine: Engine) -> None:
    history = History(engine)
    further = replace(asked(Cut("l-1"), order="o-3"), actor="service:orders")
    moving = replace(asked(Move("o-2", Cut("l-1"))), actor="seller:s-1")

    transact(streams_on(history), replace(moving, follows=lambda _: [further]))

    with engine.connect() as db:
        found = history.facts_of({f"order-o-{n}": 0 for n in (1, 2, 3)}, db)
    actors = {name: facts[0].meta.get("actor") for name, facts in found.items()}
    assert actors == {
        "order-o-1": "seller:s-1",
        "order-o-2": "seller:s-1",
        "order-o-3": "service:orders",
    }


def test_read_models_see_all_that_one_request_did(engine: Engine) -> None:
    seen: list[tuple[str, type[Fact]]] = []

    def project(facts: Sequence[Recorded], _: object) -> None:
        seen.extend((one.stream_id, type(one.fact)) for one in facts)

    streams = replace(streams_on(History(engine)), projections=[project])

    streams.submit([asked(Move("o-2", Cut("l-1", 0))), asked(Move("o-2", Cut("l-1")))])

    assert seen == [
        ("order-o-1", OrderSplit),
        ("order-o-2", OrderLineQuantityChanged),
    ]
