"""Nothing that was judged is judged anew because a policy's file changes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest

from kit.serving import build
from services.performance.app import blueprint
from services.performance.model.keeping_policies import Kept, PastRewritten, keep
from services.performance.model.policy import Policy
from tests.performance.policy_files import MAY, SHIPPED, changed, strict_from
from tests.tokens import asking, settings

DAY = timedelta(days=1)
BEFORE, AFTER = MAY - DAY, MAY + DAY
NEWER = strict_from(MAY)
SHADOW = strict_from(None, "trial", shadow=True)


def start(given: Sequence[Policy], now: datetime, kept: Iterable[Kept] = ()) -> list[Kept]:
    """What is kept after a start."""
    found = {each.version: each for each in kept}
    found |= {each.version: each for each in keep(found.values(), given, now)}
    return [*found.values()]


def refused(given: Sequence[Policy], now: datetime, kept: Iterable[Kept]) -> str:
    with pytest.raises(PastRewritten) as why:
        keep(kept, given, now)
    return str(why.value)


def test_the_first_start_takes_policies_of_any_time() -> None:
    assert [each.version for each in start([SHIPPED, NEWER], AFTER)] == [
        "2026-01",
        "2026-05",
    ]


def test_a_second_start_with_the_same_keeps_nothing_new() -> None:
    assert keep(start([SHIPPED, NEWER], BEFORE), [SHIPPED, NEWER], AFTER) == []


def test_a_policy_may_be_added_before_its_day() -> None:
    assert len(start([SHIPPED, NEWER], BEFORE, start([SHIPPED], BEFORE))) == 2


@pytest.mark.parametrize("now", [MAY, AFTER])
def test_a_policy_that_is_first_seen_after_it_began_is_refused(now: datetime) -> None:
    assert refused([SHIPPED, NEWER], now, start([SHIPPED], BEFORE)) == (
        f"policy '2026-05' applies from {MAY.isoformat()} and is first seen at "
        f"{now.isoformat()}: what was judged since would be judged anew; let applies_from "
        "be a moment to come"
    )


def test_another_policy_from_the_beginning_of_time_is_refused() -> None:
    other = changed(version="other")

    assert "'other' applies from the beginning of time" in refused(
        [SHIPPED.model_copy(update={"applies_from": MAY}), other][1:],
        AFTER,
        start([SHIPPED], BEFORE),
    )


def test_a_version_with_other_content_is_refused_whenever_it_applies() -> None:
    kept = start([SHIPPED, NEWER, SHADOW], BEFORE)

    for now in (BEFORE, AFTER):
        assert refused(
            [SHIPPED, changed(version="2026-05", applies_from=MAY)], now, kept
        ) == (
            "policy '2026-05' says something else than before (enough_due, standards): put "
            "it back as it was, and make a new version of what it says now, with an "
            "applies_from to come"
        )
    assert "'trial' says something else" in refused(
        [SHIPPED, NEWER, strict_from(MAY, "trial")], BEFORE, kept
    )


def test_a_policy_by_which_sellers_were_judged_may_not_go() -> None:
    assert refused([SHIPPED], AFTER, start([SHIPPED, NEWER], BEFORE)) == (
        "policy '2026-05' is gone, by which sellers were judged: put its file back (its "
        "content is kept in the table policy_versions), and let a newer policy follow it"
    )


def test_a_policy_may_be_withdrawn_before_its_day_and_come_again_until_then() -> None:
    kept = start([SHIPPED], BEFORE, start([SHIPPED, NEWER], BEFORE))

    assert [each.withdrawn for each in kept] == [False, True]
    assert keep(kept, [SHIPPED], AFTER) == []
    assert "first seen at" in refused([SHIPPED, NEWER], AFTER, kept)
    again = start([SHIPPED, NEWER], BEFORE, kept)
    assert [each.withdrawn for each in again] == [False, False]
    assert "is gone" in refused([SHIPPED], AFTER, again)


def test_shadows_come_and_go() -> None:
    kept = start([SHIPPED, SHADOW], AFTER, start([SHIPPED], BEFORE))

    assert keep(kept, [SHIPPED], AFTER) == []
    assert keep(kept, [SHIPPED, SHADOW], AFTER + DAY) == []


def test_the_service_keeps_what_it_is_started_with_and_refuses_to_rewrite_the_past(
    fresh_database: str,
) -> None:
    def started(*policies: Policy, at: datetime) -> list[str]:
        app = build(blueprint(policies), settings(fresh_database))
        with asking(app, at=at) as http:
            return [each["version"] for each in http.get("/policies").json()["policies"]]

    assert started(SHIPPED, at=BEFORE) == ["2026-01"]
    assert started(SHIPPED, NEWER, SHADOW, at=BEFORE) == ["2026-01", "2026-05", "trial"]
    assert started(SHIPPED, NEWER, at=AFTER) == ["2026-01", "2026-05"]
    for rewritten in (
        (SHIPPED,),
        (changed(z=1.0), NEWER),
        (SHIPPED, NEWER, strict_from(BEFORE, "2026-04")),
    ):
        with pytest.raises(PastRewritten):
            started(*rewritten, at=AFTER)
    assert started(SHIPPED, NEWER, at=AFTER) == ["2026-01", "2026-05"]
