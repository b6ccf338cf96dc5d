"""Windows, levels, the overall verdict, complete listings, and what opens a number."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.fact import Fact
from services.performance.model.evidence import explain
from services.performance.model.policy import Policy
from tests.performance.facts import (
    LONG_AGO,
    accepted,
    changed,
    cut,
    delisted,
    listed,
    placed,
    rejected,
    shipped,
    tracked,
)
from tests.performance.world import (
    AS_OF,
    DAY,
    HOUR,
    LAST_ID,
    POLICY,
    TICK,
    card,
    cards_of,
    overall_of,
    received,
    recorded,
    sayings_of,
)

LATE, UNKNOWN = timedelta(days=40), "not_enough_data"


def decided(yes: int, no: int = 0, days_ago: float = 1) -> list[Fact]:
    """So many orders accepted and rejected, all so long ago."""
    at = AS_OF - timedelta(days=days_ago)
    accepted_ones = [accepted(at, f"y-{days_ago}-{n}") for n in range(yes)]
    return accepted_ones + [rejected("other", at, f"n-{days_ago}-{n}") for n in range(no)]


def shipments(numbered: int, bare: int = 0) -> list[Fact]:
    """So many shipments with and without a tracking number."""
    parcel = shipped(AS_OF - 7 * DAY, completes_order=False)
    all_ = [
        parcel.model_copy(update={"order_id": f"t-{n}"}) for n in range(numbered + bare)
    ]
    added = [tracked(AS_OF - 7 * DAY, f"t-{n}") for n in range(numbered)]
    return [*all_, *added]


def level(metric: str, facts: Sequence[Fact], policy: Policy = POLICY) -> str:
    levels = {row[1]: row[6] for row in cards_of(received(facts), policy=policy)}
    return levels[metric]


def overall(facts: Sequence[Fact]) -> str:
    ((_, _, found),) = overall_of(received(facts))
    return found


class TestWindow:
    @staticmethod
    def window(*facts: Fact) -> tuple[int, int, int | None]:
        return card("acceptance.accepted", *facts)

    def test_ten_in_thirty_days_are_enough(self) -> None:
        assert self.window(*decided(10), *decided(5, days_ago=40)) == (30, 10, 10)

    def test_nine_are_not_and_ninety_days_are_taken(self) -> None:
        assert self.window(*decided(9), *decided(5, days_ago=40)) == (90, 14, 14)

    def test_with_fewer_still_there_is_no_verdict(self) -> None:
        facts = [*decided(4, 0), *decided(0, 5, days_ago=40)]

        assert self.window(*facts) == (90, 9, 4)
        assert level("acceptance.accepted", facts) == UNKNOWN

    @pytest.mark.parametrize("days", [30, 90])
    def test_what_fell_due_that_many_days_ago_is_outside_and_a_tick_later_inside(
        self, days: int
    ) -> None:
        recent = decided(10) if days == 30 else decided(0, 1, days_ago=80)
        edge = AS_OF - days * DAY
        counted = len(recent)

        _, outside, _ = self.window(*recent, accepted(edge, "edge"))
        _, inside, _ = self.window(*recent, accepted(edge + TICK, "edge"))
        assert (outside, inside) == (counted, counted + 1)

    def test_what_falls_due_at_as_of_is_inside(self) -> None:
        assert self.window(accepted(AS_OF)) == (90, 1, 1)
        assert self.window(accepted(AS_OF + TICK)) == (0, 0, 0)


class TestLevels:
    @pytest.mark.parametrize(
        ("numbered", "bare", "expected"),
        [(49, 1, "star"), (97, 3, "good"), (96, 4, "warn"), (80, 20, "limit")],
    )
    def test_a_rate_on_a_line_belongs_to_its_better_side(
        self, numbered: int, bare: int, expected: str
    ) -> None:
        assert level("shipping.tracked", shipments(numbered, bare)) == expected

    def test_under_the_limit_by_chance_is_a_warning(self) -> None:
        assert level("acceptance.accepted", decided(9, 1)) == "warn"
        assert level("acceptance.accepted", decided(46, 4)) == "warn"
        assert level("acceptance.accepted", decided(82, 8)) == "limit"

    def test_a_metric_without_star_is_good_at_best(self) -> None:
        assert level("acceptance.accepted", decided(10)) == "good"

    def test_what_if_the_policy_were_stricter(self) -> None:
        strict = POLICY.model_copy(update={"enough_due": 11})

        assert level("acceptance.accepted", decided(10), strict) == UNKNOWN


class TestOverall:
    def test_it_is_the_worst_of_what_is_measured(self) -> None:
        assert overall([*shipments(80, 20), *decided(10)]) == "limit"
        assert overall([*shipments(96, 4), *decided(10)]) == "warn"
        assert overall([*shipments(97, 3), *decided(10)]) == "good"

    def test_star_needs_all_that_have_a_star_and_the_others_good(self) -> None:
        assert overall([*shipments(50), *decided(10)]) == "star"
        assert overall([*shipments(50), *decided(24, 1)]) == "warn"

    def test_too_few_to_judge_do_not_count(self) -> None:
        assert overall([*shipments(50), *decided(0, 9)]) == "star"

    def test_a_seller_with_nothing_measured_has_not_enough_data(self) -> None:
        assert overall([placed(at=AS_OF)]) == UNKNOWN
        assert overall([listed(), delisted(AS_OF)]) == UNKNOWN

    def test_a_seller_of_whom_nothing_happened_yet_is_not_there(self) -> None:
        assert overall_of(received([placed(at=AS_OF + TICK), listed(AS_OF + TICK)])) == []


class TestListings:
    @staticmethod
    def points(*facts: Fact) -> float:
        (row,) = [r for r in cards_of(received(facts)) if r[1] == "listings.complete"]
        return row[5] * 100

    @pytest.mark.parametrize(
        ("listing", "points"),
        [
            (listed(), 100),
            (listed(images=9, chars=9_000), 100),
            (listed(images=0), 70),
            (listed(images=1), 80),
            (listed(chars=150), 87.5),
            (listed(chars=0), 75),
            (listed(weight_g=None), 80),
            (listed(weight_g=0), 80),
            (listed(height_mm=None), 75),
            (listed(height_mm=0), 75),
        ],
    )
    def test_points_are_given_for_what_is_described(
        self, listing: Fact, points: float
    ) -> None:
        assert self.points(listing) == points

    def test_the_rate_is_the_mean_over_active_listings(self) -> None:
        both = listed(), listed(product_id="p-2", images=0)

        assert self.points(*both) == 85
        assert card("listings.complete", *both) == (0, 2, None)

    def test_a_delisted_product_does_not_count_until_it_is_listed_again(self) -> None:
        gone = listed(), delisted(LONG_AGO + DAY)

        assert card("listings.complete", *gone) == (0, 0, 0)
        assert card("listings.complete", *gone, listed(LONG_AGO + 2 * DAY)) == (0, 1, None)

    def test_a_change_does_not_bring_a_delisted_product_back(self) -> None:
        facts = listed(), delisted(LONG_AGO + DAY), changed(LONG_AGO + 2 * DAY, images=1)

        assert card("listings.complete", *facts) == (0, 0, 0)

    def test_listings_are_taken_as_they_stood_at_as_of(self) -> None:
        assert self.points(listed(), changed(AS_OF, images=3)) == 30
        assert self.points(listed(), changed(AS_OF + TICK, images=3)) == 100

    def test_of_two_facts_of_one_moment_the_later_in_the_stream_holds(self) -> None:
        assert self.points(listed(), changed(LONG_AGO, images=3)) == 30
        assert self.points(changed(LONG_AGO, images=3), listed()) == 100

    def test_one_listing_is_enough_and_needs_no_larger_sample(self) -> None:
        assert level("listings.complete", [listed(images=2, chars=0)]) == "warn"
        assert level("listings.complete", [changed(LONG_AGO, images=3), listed()]) == "star"
        bare = listed(images=0, chars=0, height_mm=None)
        assert level("listings.complete", [bare]) == "limit"

    def test_equal_points_give_equal_rates_however_many_share_them(self) -> None:
        thirds = [listed(product_id=f"p-{n}", chars=100) for n in range(3)]

        assert self.points(*thirds) == self.points(thirds[0])


class TestKnowledge:
    def test_what_was_recorded_later_was_not_known(self) -> None:
        told = recorded(
            [(accepted(AS_OF - DAY), timedelta()), (accepted(AS_OF, "o-2"), LATE)]
        )

        then = [row[3] for row in cards_of(told, known_at=AS_OF)]
        now = [row[3] for row in cards_of(told, known_at=AS_OF + LATE)]
        assert (then, now) == ([1], [2])

    def test_a_parcel_had_left_when_it_left_whenever_we_were_told(self) -> None:
        order = placed(at=AS_OF - 6 * DAY, ship_by=AS_OF - HOUR)
        parcel = shipped(AS_OF - DAY, saved_at=AS_OF + 5 * DAY)
        told = received([order, accepted(AS_OF - 5 * DAY), parcel])

        (on_time,) = [r for r in cards_of(told) if r[1] == "shipping.on_time"]
        assert on_time[3:5] == (1, 1)
        (on_time,) = [r for r in cards_of(told, known_at=AS_OF) if r[1] == on_time[1]]
        assert on_time[3:5] == (1, 0)


class TestEvidence:
    @staticmethod
    def of(metric: str, *facts: Fact) -> list[tuple[str, int, int | None, list[str]]]:
        """Subject, due, kept and the facts, by their place, of each obligation counted."""
        rows = explain(*sayings_of(received(facts)), POLICY, AS_OF)
        return [
            (
                row["subject_id"],
                row["due"],
                row["kept"],
                [
                    f"{fact['says']} {LAST_ID - UUID(fact['event_id']).int}"
                    for fact in row["facts"]
                ],
            )
            for row in rows.iter_rows(named=True)
            if row["metric"] == metric
        ]

    def test_an_obligation_names_the_facts_that_opened_and_kept_it(self) -> None:
        facts = placed(), accepted(LONG_AGO + HOUR)

        assert self.of("acceptance.timely", *facts) == [
            ("o-1", 1, 1, ["opened 1", "kept 2"])
        ]

    def test_an_order_to_ship_is_opened_when_it_is_placed_and_counts_once_accepted(
        self,
    ) -> None:
        facts = placed(), accepted(LONG_AGO + HOUR), shipped(LONG_AGO + DAY)

        assert self.of("shipping.on_time", *facts) == [
            ("o-1", 1, 1, ["opened 1", "counts 2", "kept 3", "due 1"])
        ]
        rows = explain(*sayings_of(received(facts)), POLICY, AS_OF)
        (to_ship,) = rows.filter(metric="shipping.on_time")["opened_at"]
        assert to_ship == LONG_AGO

    def test_what_was_said_of_the_parts_of_an_order_stands_with_their_root(self) -> None:
        late = LONG_AGO + 2 * HOUR
        child = placed("o-2", late, split_from="o-1", clock_started_at=LONG_AGO)
        facts = placed(units=2), child, accepted(late + HOUR, "o-2")

        assert self.of("shipping.on_time", *facts) == [
            ("o-1", 1, 0, ["opened 1", "opened 2", "counts 3", "due 1", "due 2"])
        ]

    def test_lost_units_of_a_child_stand_with_its_root(self) -> None:
        child = placed("o-2", LONG_AGO + HOUR, units=4, split_from="o-1")
        loss = cut(4, 3, at=LONG_AGO + 2 * HOUR, order_id="o-2")

        assert self.of("inventory.units_filled", placed(units=9), child, loss) == [
            ("o-1", 9, 8, ["due 1", "opened 2", "amount 3"])
        ]

    def test_a_listing_names_the_fact_that_described_it(self) -> None:
        assert self.of("listings.complete", listed(), changed(AS_OF, images=1)) == [
            ("p-1", 1, None, ["changed 2"])
        ]

    def test_a_listing_shows_the_points_it_has_of_each_part(self) -> None:
        facts = listed(images=1, chars=120, weight_g=0, height_mm=None)

        rows = explain(*sayings_of(received([facts])), POLICY, AS_OF)

        assert rows["rate"].to_list() == [0.2]
        assert [tuple(part.values()) for part in rows["points"][0]] == [
            ("images", 1, 3, 10.0, 30),
            ("description_chars", 120, 300, 10.0, 25),
            ("weight", 0, 1, 0.0, 20),
            ("sizes", 2, 3, 0.0, 25),
        ]

    def test_a_full_listing_has_all_points_and_an_obligation_has_none(self) -> None:
        facts = received([listed(images=9, chars=9_000), placed()])

        rows = explain(*sayings_of(facts), POLICY, AS_OF)

        points = dict(rows.select("metric", "points").iter_rows())
        shown = [(p["given"], p["points"], p["of"]) for p in points["listings.complete"]]
        assert shown == [(9, 30, 30), (9_000, 25, 25), (1, 20, 20), (3, 25, 25)]
        assert points["acceptance.timely"] is None

    def test_what_is_outside_the_window_is_not_shown(self) -> None:
        facts = [*decided(10), *decided(3, days_ago=40)]

        assert len(self.of("acceptance.accepted", *facts)) == 10
