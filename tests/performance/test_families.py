"""What an order and its parts owe together: kept when each of them is."""

from datetime import datetime

import polars as pl

from contracts.fact import Fact
from contracts.orders import OrderPlaced
from services.performance.model.changes import changed_obligations
from services.performance.model.evidence import explain
from services.performance.model.voided import voided
from services.performance.queries.one_seller import card_of
from tests.performance import naive
from tests.performance.facts import LONG_AGO, accepted, cancelled, expired, placed, rejected
from tests.performance.world import (
    AS_OF,
    DAY,
    HOUR,
    POLICY,
    card,
    cards_of,
    received,
    sayings_of,
)

ACCEPTED, TIMELY = "acceptance.accepted", "acceptance.timely"


def part(order_id: str = "o-2", of: str = "o-1") -> OrderPlaced:
    return placed(order_id, LONG_AGO + HOUR, clock_started_at=LONG_AGO, split_from=of)


def counts(metric: str, *facts: Fact) -> tuple[int, int | None]:
    """Due and kept, which one fact at a time says, too."""
    told = received(facts)
    assert cards_of(told) == naive.scorecards(told, POLICY, AS_OF)
    return card(metric, *facts)[1:]


def fell_due(metric: str, *facts: Fact) -> list[datetime]:
    rows = explain(*sayings_of(received(facts)), POLICY, AS_OF)
    return [row["due_at"] for row in rows.to_dicts() if row["metric"] == metric]


def freed(metric: str, *facts: Fact) -> set[str]:
    said, _ = sayings_of(received(facts))
    return {*voided(said, POLICY, AS_OF).filter(metric=metric)["subject_id"]}


def test_a_part_that_nobody_decided_yet_leaves_the_rest_decided() -> None:
    facts = placed(), part(), accepted()

    assert counts(ACCEPTED, *facts) == (1, 1)
    assert counts(TIMELY, *facts) == (1, 0)


def test_all_of_it_is_decided_with_the_last_part() -> None:
    facts = placed(), part(), accepted(), accepted(LONG_AGO + DAY, "o-2")

    assert counts(ACCEPTED, *facts) == (1, 1)
    assert fell_due(ACCEPTED, *facts) == [LONG_AGO + DAY]


def test_one_part_that_is_refused_is_all_of_it_refused() -> None:
    facts = placed(), part(), accepted(), rejected(order_id="o-2")

    assert counts(ACCEPTED, *facts) == (1, 0)
    assert counts(TIMELY, *facts) == (1, 1)


def test_a_part_that_was_accepted_when_it_had_expired_was_missed() -> None:
    late = expired(order_id="o-2"), accepted(LONG_AGO + HOUR, "o-2")

    assert counts(ACCEPTED, placed(), part(), accepted(LONG_AGO + DAY), *late) == (1, 0)


def test_a_part_that_the_buyer_takes_back_asks_for_nothing() -> None:
    back = cancelled(order_id="o-2", by="buyer")

    assert counts(TIMELY, placed(), part(), accepted(), back) == (1, 1)
    assert counts(TIMELY, placed(), back) == (1, 0)


def test_if_all_parts_are_taken_back_nothing_is_owed() -> None:
    back = [cancelled(order_id=name, by="buyer") for name in ("o-1", "o-2")]
    facts = placed(), part(), *back

    assert counts(TIMELY, *facts) == (0, 0)
    assert freed(TIMELY, *facts) == {"o-1", "o-2"}


def test_a_part_taken_back_is_shown_with_the_others_that_count() -> None:
    facts = placed(), part(), cancelled(order_id="o-1", by="buyer")

    assert freed(TIMELY, *facts) == set()
    card = card_of(sayings_of(received(facts)), POLICY, AS_OF)
    (shown,) = card.shown.filter(metric=TIMELY).to_dicts()
    assert (shown["subject_id"], shown["due"]) == ("o-1", 1)
    assert "void" in {fact["says"] for fact in shown["facts"]}


def test_what_claims_change_of_a_family_is_told() -> None:
    told = sayings_of(received([placed(), part(), cancelled(order_id="o-1", by="buyer")]))
    claimed = sayings_of(received([accepted(LONG_AGO + HOUR, "o-2")]))
    before = card_of(told, POLICY, AS_OF)
    both = pl.concat([told[0], claimed[0]]), pl.concat([told[1], claimed[1]])

    changed = changed_obligations(before.shown, card_of(both, POLICY, AS_OF).shown)

    timely = next(each for each in changed if each["metric"] == TIMELY)
    assert (timely["before"]["kept"], timely["after"]["kept"]) == (0, 1)


def test_parts_of_parts_are_of_the_same_family() -> None:
    family = placed(), part(), part("o-3", "o-2"), part("o-4", "o-3")

    assert counts(TIMELY, *family) == (1, 0)
    assert counts(TIMELY, *family, *(accepted(order_id=f"o-{n}") for n in range(1, 5))) == (
        1,
        1,
    )


def test_orders_that_are_split_from_each_other_stand_for_themselves() -> None:
    facts = part("o-1", "o-2"), part("o-2", "o-1"), part("o-3", "o-1")

    assert counts(TIMELY, *facts, accepted()) == (3, 1)


def test_a_part_whose_root_nobody_told_of_owes_all_the_same() -> None:
    assert counts(TIMELY, part(), part("o-3")) == (1, 0)
