"""The ways out of a bad level: as many as it takes, and not one more."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from contracts.buyers import BuyerAccessApproved
from contracts.fact import Fact
from contracts.orders import ShipmentSaved, ShippedLine
from kit.consumers.records import Received
from services.performance.model.policy import Policy
from services.performance.model.succession import Succession
from services.performance.model.ways_out import BAD, ways_out
from tests.performance import naive
from tests.performance.facts import (
    accepted,
    listed,
    placed,
    rejected,
    requested,
    sent,
)
from tests.performance.history import histories
from tests.performance.naive_world import World
from tests.performance.policy_files import beginning
from tests.performance.test_confirmation import came_in
from tests.performance.world import (
    AS_OF,
    DAY,
    HOUR,
    POLICY,
    received,
    recorded,
    sayings_of,
)

SOON = {"enough_due": 3, "long_window_days": 40, "window_days": 20}
STRICT = {
    name: s.model_copy(update={"warn": 0.8, "limit": 0.6, "star": 0.9 if s.star else None})
    for name, s in POLICY.standards.items()
}
EASY = POLICY.model_copy(update={**SOON, "standards": STRICT, "z": 0.3})
NEVER = {n: s.model_copy(update={"star": None, "warn": 1.0}) for n, s in STRICT.items()}
PERFECT = EASY.model_copy(update={"standards": NEVER})
policies = st.sampled_from([EASY, EASY, POLICY, PERFECT])
LENIENT = EASY.model_copy(update={"enough_due": 11, "long_window_days": 25})
others = st.sampled_from([POLICY, POLICY, PERFECT])
TRIED = 60
"""How many more are tried one by one; what takes more is another law's."""
some = settings(max_examples=60, deadline=None)


def kept_now(metric: str, number: int, seller_id: str) -> list[Fact]:
    """Facts of one obligation more that falls due at AS_OF, and is kept."""
    order, before = f"more-{number}", AS_OF - DAY
    facts: list[Fact] = []
    match metric:
        case "acceptance.timely":
            facts = [placed(order, before), accepted(before, order)]
        case "acceptance.accepted":
            facts = [accepted(AS_OF, order)]
        case "shipping.on_time":
            facts = [placed(order, before, ship_by=AS_OF), accepted(before, order)]
            facts.append(parcel(order))
        case "shipping.tracked":
            facts = [parcel(order)]
        case "approvals.timely":
            asked_at = before - DAY
            yes = {"seller_id": "s-1", "request_id": order, "buyer_id": "b-1"}
            facts = [requested(asked_at, order)]
            facts.append(BuyerAccessApproved(**yes, approved_at=asked_at))
        case "responses.timely":
            facts = [sent("buyer", before, order), sent("seller", before, "a", order)]
        case _:
            facts = [placed(order, AS_OF)]
    return [fact.model_copy(update={"seller_id": seller_id}) for fact in facts]


def parcel(order_id: str) -> ShipmentSaved:
    return ShipmentSaved(
        seller_id="s-1",
        order_id=order_id,
        shipment_id="h-1",
        lines=(ShippedLine(line_id="l-1", quantity=1),),
        carrier="UPS",
        tracking_number="1Z9",
        shipped_by="seller",
        shipped_at=AS_OF - DAY,
        saved_at=AS_OF - DAY,
        completes_order=True,
    )


def level(
    told: list[Received], seller_id: str, metric: str, policy: Policy, days: int = 0
) -> str | None:
    cards = naive.scorecards(told, policy, AS_OF + timedelta(days=days))
    found = [card[-1] for card in cards if card[:2] == (seller_id, metric)]
    return found[0] if found else None


def is_out(found: str | None, leave: str) -> bool:
    return found not in BAD[: BAD.index(leave) + 1]


def fewest(told: list[Received], row: tuple[str, ...], policy: Policy) -> int | None:
    """Append one more at a time, until it is out, or as many as are tried were."""
    seller, metric, _, leave = row
    facts = [(r.fact, r.envelope.recordedtime - r.envelope.time) for r in told]
    for number in range(TRIED):
        if is_out(level(recorded(facts), seller, metric, policy), leave):
            return number
        facts += [(fact, timedelta()) for fact in kept_now(metric, number, seller)]
    return None


def by_now(told: list[Received]) -> list[Received]:
    """Those of which nothing lies ahead: what is open is another law's."""
    return [r for r in told if naive_latest(r) <= AS_OF - 3 * DAY]


def naive_latest(told: Received) -> datetime:
    return max(v for v in told.fact.model_dump().values() if isinstance(v, datetime))


@some
@given(histories, policies)
def test_so_many_more_kept_lead_out_and_one_fewer_do_not(
    told: list[Received], policy: Policy
) -> None:
    ways = ways_out(*sayings_of(told), Succession(policy), AS_OF)

    for *row, more, _ in ways.rows():
        if row[1] not in {"listings.complete", "inventory.confirmed"}:
            first = fewest(told, tuple(row), policy)
            assert more == first or (first is None and more >= TRIED), row


@some
@given(histories, policies, others, st.sampled_from([1, 2, 5, 20, 41]))
def test_so_many_days_lead_out_and_one_fewer_do_not(
    told: list[Received], now: Policy, later: Policy, day: int
) -> None:
    require_fewest_days(by_now(told), now, later, day)


@pytest.mark.parametrize("later", [POLICY, PERFECT, LENIENT])
@pytest.mark.parametrize("day", [1, 13, 40])
def test_days_are_counted_by_the_policy_that_applies_then(later: Policy, day: int) -> None:
    """Four of ten orders were answered late, and ever fewer of them are in a window."""
    orders = [placed(f"o-{n}", AS_OF - (n + 5) * DAY) for n in range(10)]
    answers = [
        accepted(order.placed_at + (120 if n < 4 else 1) * HOUR, f"o-{n}")
        for n, order in enumerate(orders)
    ]

    require_fewest_days(received([*orders, *answers]), EASY, later, day)


def require_fewest_days(past: list[Received], now: Policy, later: Policy, day: int) -> None:
    """So many days lead out, and one fewer do not, if `later` applies from `day` on."""
    by = Succession(now, [beginning(later, AS_OF + day * DAY)])
    ways = ways_out(*sayings_of(past), by, AS_OF)

    for seller, metric, _, leave, _, wait in ways.rows():
        if metric in {"listings.complete", "inventory.confirmed"}:
            assert wait is None
        else:
            levels = (
                level(past, seller, metric, later if n >= day else now, n)
                for n in range(1, 100)
            )
            assert wait == next(
                n for n, found in enumerate(levels, 1) if is_out(found, leave)
            )


@some
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300)), min_size=1, max_size=25),
    st.sampled_from([EASY, POLICY, PERFECT]),
)
def test_so_many_listings_completed_lead_out_and_one_fewer_do_not(
    described: list[tuple[int, int]], policy: Policy
) -> None:
    facts: list[Fact] = [
        listed(AS_OF - DAY, product_id=f"p-{n}", images=images, chars=chars)
        for n, (images, chars) in enumerate(described)
    ]

    ways = ways_out(*sayings_of(received(facts)), Succession(policy), AS_OF)

    points = sorted(naive.for_sale(World(received(facts), AS_OF)).values())
    standard = policy.standards["listings.complete"]
    levels = [
        naive.level_of(
            float((100 * n + sum(points[n:])) / len(points) / 100), None, standard, policy.z
        )
        for n in range(len(points) + 1)
    ]
    fewest = {
        leave: next((n for n, each in enumerate(levels) if is_out(each, leave)), None)
        for leave in BAD
    }
    found = {row[3]: row[4] for row in ways.rows() if row[1] == "listings.complete"}
    assert found == {leave: n for leave, n in fewest.items() if n != 0}


@pytest.mark.parametrize(("stale", "more"), [(2, 1), (5, 4), (10, 9)])
def test_of_stocks_so_many_must_be_counted(stale: int, more: int) -> None:
    """Of ten, nine have to be confirmed lately."""
    facts: list[Fact] = []
    for n in range(10):
        came = AS_OF - (40 if n < stale else 1) * DAY
        facts += [listed(came, product_id=f"p-{n}"), came_in(came, f"p-{n}")]

    ways = ways_out(*sayings_of(received(facts)), Succession(POLICY), AS_OF)

    assert [row[1:2] + row[3:] for row in ways.rows() if row[3] == "warn"] == [
        ("inventory.confirmed", "warn", more, None)
    ]


@some
@given(
    st.integers(1, 70),
    st.integers(1, 40),
    st.sampled_from([POLICY, PERFECT]),
    st.sampled_from(BAD),
)
def test_it_takes_as_many_whatever_the_interval_says_of_few(
    missed: int, kept: int, policy: Policy, leave: str
) -> None:
    """Far from the line, where Wilson's interval lets go before the rate does."""
    decided: list[Fact] = [rejected("other", AS_OF, f"no-{n}") for n in range(missed)]
    decided += [accepted(AS_OF, f"yes-{n}") for n in range(kept)]
    metric = "acceptance.accepted"

    ways = ways_out(*sayings_of(received(decided)), Succession(policy), AS_OF)

    found = [row[4] for row in ways.rows() if (row[1], row[3]) == (metric, leave)]
    due, standard = missed + kept, policy.standards[metric]
    levels = [
        naive.level_of((kept + n) / (due + n), due + n, standard, policy.z)
        for n in range(3_000)
    ]
    first = next((n for n, each in enumerate(levels) if is_out(each, leave)), None)
    assert found == ([first] if due >= policy.enough_due and first != 0 else [])


@pytest.mark.parametrize(("missed", "more"), [(1, 14), (2, 47)])
def test_of_many_orders_it_says_how_many_good_ones_it_takes(missed: int, more: int) -> None:
    """65 of 67 are 97 %; 64 of 66 are less. All of them leave the window in 30 days."""
    orders = [placed(f"o-{n}", AS_OF - 9 * DAY) for n in range(20)]
    answers = [accepted(AS_OF - 9 * DAY + HOUR, f"o-{n}") for n in range(20 - missed)]

    ways = ways_out(*sayings_of(received([*orders, *answers])), Succession(POLICY), AS_OF)

    late = [row for row in ways.rows() if row[1] == "acceptance.timely"]
    # Due on Tuesday, eight days ago; then too few are left to judge in 90 days.
    assert late == [("s-1", "acceptance.timely", "warn", "warn", more, 82)]
