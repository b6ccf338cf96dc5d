"""Accepted orders become relationships: each once, with the place in the topic or not."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from contracts.buyers import BuyerAssociated, CustomerCreated
from contracts.fact import Fact
from contracts.orders import CustomerLink
from kit.consumers.failures import Fenced, Unavailable
from kit.consumers.inbox import Applied, Inbox
from kit.consumers.parking import parked_streams, redrive
from kit.consumers.reactions import Reaction
from kit.consumers.records import Received
from kit.eventstore.records import Recorded
from kit.eventstore.streams import TRIES, transact
from services.buyers.app import BLUEPRINT
from services.buyers.commands import AssociateBuyer
from services.buyers.handlers import to_request
from services.buyers.queries import standing_of
from tests.buyers.given import APPROVE
from tests.buyers.parts import Parts
from tests.kit.consumers.records import ARecord, nothing_dead, record
from tests.samples import ACCEPTED, FRIDAY, PLACED, SATURDAY

STREAM = "customers-s-1:b-1"
CREATED = CustomerCreated(
    seller_id="s-1", customer_id="c-1", buyer_id="b-1", name="b-1", created_at=SATURDAY
)
ASSOCIATED = BuyerAssociated(
    seller_id="s-1", customer_id="c-1", buyer_id="b-1", associated_at=SATURDAY
)
ASSOCIATE = to_request(
    AssociateBuyer(seller_id="s-1", customer_id="c-9", buyer_id="b-1", at=FRIDAY)
)


def accepted(offset: int, link: CustomerLink = "created", buyer_id: str = "b-1") -> ARecord:
    fact = ACCEPTED.model_copy(update={"customer_link": link, "buyer_id": buyer_id})
    return record(fact, offset, stream=f"order-{offset}")


@pytest.mark.parametrize(
    ("link", "facts"),
    [("created", [CREATED]), ("associated", [ASSOCIATED]), ("existing", [])],
)
def test_an_accepted_order_says_which_customer_its_buyer_is(
    parts: Parts, link: CustomerLink, facts: list[Fact]
) -> None:
    done = parts.consume(record(PLACED, 0), accepted(1, link))

    assert done == Applied(2, applied=2)
    assert parts.recorded() == [(STREAM, fact) for fact in facts]


def test_the_relationship_is_readable_as_soon_as_the_fact_is_taken(parts: Parts) -> None:
    parts.consume(accepted(0))

    with parts.engine.connect() as db:
        customer = standing_of("s-1", "b-1", db)["customer"]
    assert customer == {"customer_id": "c-1", "link": "created", "since": SATURDAY}


def test_a_customer_is_called_as_the_acceptance_says(parts: Parts) -> None:
    named = ACCEPTED.model_copy(update={"customer_name": "Mill Street Goods"})
    parts.consume(record(named, 0, stream="order-0"))

    assert parts.recorded() == [
        (STREAM, CREATED.model_copy(update={"name": "Mill Street Goods"}))
    ]


def test_orders_of_one_batch_see_what_those_before_them_settled(parts: Parts) -> None:
    parts.consume(accepted(0), accepted(1), accepted(2, "associated"))

    assert parts.recorded() == [(STREAM, CREATED)]


def test_a_fact_that_comes_again_is_answered_as_before(parts: Parts) -> None:
    parts.consume(accepted(0))
    transact(parts.streams, ASSOCIATE)
    with parts.engine.begin() as db:
        db.execute(text("DELETE FROM consumer_positions"))

    assert parts.consume(accepted(0)) == Applied(1, applied=1)
    assert [type(fact) for _, fact in parts.recorded()] == [
        CustomerCreated,
        BuyerAssociated,
    ]


def test_nothing_is_recorded_by_an_owner_that_is_fenced(parts: Parts) -> None:
    parts.consume(accepted(0))

    with pytest.raises(Fenced):
        parts.consume(accepted(3, buyer_id="b-2"), believed=3)

    assert parts.recorded() == [(STREAM, CREATED)]


def during(parts: Parts, *steps: Callable[[], object]) -> Parts:
    """The same, where each time that something is folded a next step happens first."""
    left = list(steps)

    def meanwhile(_: Sequence[Recorded], __: Connection) -> None:
        if left:
            left.pop(0)()

    folds = [meanwhile, *parts.streams.projections]
    return replace(parts, streams=replace(parts.streams, projections=folds))


def broken() -> None:
    raise KeyError("b-1")


def lost_connection() -> None:
    raise ConnectionError("it is gone")


def test_a_transaction_that_fails_keeps_neither_facts_nor_the_place(parts: Parts) -> None:
    failing = during(parts, lost_connection)

    with pytest.raises(Unavailable):
        failing.consume(accepted(0), accepted(1, buyer_id="b-2"))

    assert parts.recorded() == []
    assert Inbox(parts.engine, "buyers").next_offset("orders.v1", 0) == 0
    assert failing.consume(accepted(0)) == Applied(1, applied=1)


def test_what_was_recorded_is_undone_with_the_place_when_the_end_is_lost(
    parts: Parts,
) -> None:
    inbox = Inbox(parts.engine, "buyers")
    handler = BLUEPRINT.handlers(parts.streams)["orders.v1"]

    def lost_at_the_end(batch: Sequence[Received], db: Connection) -> None:
        handler(batch, db)
        lost_connection()

    with pytest.raises(Unavailable):
        inbox.apply([accepted(0)], lost_at_the_end, 0, nothing_dead)

    assert parts.recorded() == []
    assert parts.consume(accepted(0)) == Applied(1, applied=1)
    assert parts.recorded() == [(STREAM, CREATED)]


def test_a_command_that_comes_between_is_seen_by_the_reaction(parts: Parts) -> None:
    with ThreadPoolExecutor(2) as both:
        done = list(
            both.map(
                lambda ask: ask(),
                [
                    lambda: parts.consume(accepted(0, "associated")),
                    lambda: transact(parts.streams, ASSOCIATE),
                ],
            )
        )

    assert done[0] == Applied(1, applied=1)
    assert {fact for _, fact in parts.recorded()} == {
        ASSOCIATED,
        ASSOCIATED.model_copy(update={"customer_id": "c-9", "associated_at": FRIDAY}),
    }


def test_a_reaction_that_other_writers_always_beat_is_put_off_and_not_parked(
    parts: Parts,
) -> None:
    taken = (
        "INSERT INTO events (event_id, stream_id, version, type, schema_version,"
        " partition_key, data, meta, occurred_at, recorded_at) VALUES"
        " (gen_random_uuid(), 'customers-s-1:b-1', 1, 'buyers.buyer-associated.v1', 1,"
        " 's-1', '{}', '{}', now(), now())"
    )

    class Beaten:
        """A history in which another writer always comes first."""

        def append(self, stored: object, db: Connection) -> None:
            db.exec_driver_sql(taken)
            parts.streams.history.append(stored, db)  # type: ignore[arg-type]  # as given

        def __getattr__(self, name: str) -> object:
            return getattr(parts.streams.history, name)

    beaten = replace(parts, streams=replace(parts.streams, history=Beaten()))  # type: ignore[arg-type]  # as far as it is asked

    with pytest.raises(Unavailable, match=f"other writers won {TRIES} times"):
        beaten.consume(accepted(0))

    assert parked_streams(parts.engine, "buyers") == []
    assert parts.consume(accepted(0)) == Applied(1, applied=1)


def test_what_can_not_be_applied_is_parked_alone_and_applied_later(parts: Parts) -> None:
    failing = during(parts, *[broken] * 3)

    done = failing.consume(accepted(0), accepted(1, buyer_id="b-2"))

    assert done == Applied(2, applied=1, parked=1)
    assert [stream for stream, _ in parts.recorded()] == ["customers-s-1:b-2"]
    handler = BLUEPRINT.handlers(parts.streams)["orders.v1"]
    redrive(parts.engine, "buyers", "orders.v1", "order-0", handler)
    assert parts.recorded()[1:] == [(STREAM, CREATED)]


def test_a_fact_whose_request_is_refused_is_parked_with_the_reason(parts: Parts) -> None:
    of_nothing = Reaction(
        name="wrong", topics=("orders.v1",), asks=lambda _: [to_request(APPROVE)]
    )
    inbox, handler = Inbox(parts.engine, "buyers"), of_nothing.handler(parts.streams)

    done = inbox.apply([accepted(0)], handler, 0, nothing_dead)

    assert done == Applied(1, parked=1)
    [parked] = parked_streams(parts.engine, "buyers")
    assert "there is no access request 'r-1'" in (parked.reason or "")
