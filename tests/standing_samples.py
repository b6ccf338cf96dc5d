"""Facts of one seller's standing, concrete, for every test that needs some."""

from datetime import timedelta

from contracts.performance import (
    AppealDecided,
    AppealFiled,
    BoostEnded,
    BrokenObligation,
    Claim,
    Ground,
    Heard,
    NewBuyersLimited,
    PlanOfActionAccepted,
    PlanOfActionDeclined,
    PlanOfActionSubmitted,
    Restated,
    ReviewedMetric,
    SanctionLifted,
    SellerReinstated,
    SellerReviewed,
    SellerSuspended,
    SellerWarned,
    VisibilityBoosted,
    VisibilityReduced,
    WayOut,
)
from tests.days import FRIDAY, MONDAY, NEXT_FRIDAY, TUESDAY

GROUND = Ground(
    metric="shipping.on_time",
    rule="limit",
    window_days=30,
    due=20,
    kept=14,
    rate=0.7,
    threshold=0.9,
    broken=6,
    obligations=(
        BrokenObligation(
            subject_id="o-1",
            due_at=MONDAY,
            fact_ids=("00000000-0000-0000-0000-000000000001",),
        ),
    ),
    way_out=WayOut(rate=0.92, good_in_a_row=55, days=24),
)
REVIEWED = SellerReviewed(
    seller_id="s-1",
    as_of=TUESDAY,
    known_at=TUESDAY,
    policy="2026-01",
    level="limit",
    metrics=(
        ReviewedMetric(
            metric="shipping.on_time",
            window_days=30,
            due=20,
            kept=14,
            rate=0.7,
            level="limit",
        ),
    ),
)
WARNED = SellerWarned(
    seller_id="s-1",
    known_at=TUESDAY,
    policy="2026-01",
    grounds=(GROUND,),
    cure_by=TUESDAY + timedelta(days=14),
    warned_at=TUESDAY,
    heard=(Heard(service="orders", pos=12, aside=(7,)),),
)
REDUCED = VisibilityReduced(
    seller_id="s-1",
    for_buyers="all",
    known_at=TUESDAY,
    policy="2026-01",
    grounds=(GROUND,),
    cure_by=TUESDAY + timedelta(days=14),
    reduced_at=TUESDAY,
)
LIMITED = NewBuyersLimited(seller_id="s-1", limited_at=TUESDAY)
SUSPENDED = SellerSuspended(
    seller_id="s-1",
    known_at=TUESDAY,
    policy="2026-01",
    reasons=(GROUND.model_copy(update={"rule": "very_poor", "threshold": 0.5}),),
    suspended_at=TUESDAY,
)
REINSTATED = SellerReinstated(
    seller_id="s-1", because="plan_accepted", plan_id="n-1", reinstated_at=NEXT_FRIDAY
)
BOOSTED = VisibilityBoosted(
    seller_id="s-1", star_since=FRIDAY - timedelta(days=90), boosted_at=FRIDAY
)
BOOST_ENDED = BoostEnded(seller_id="s-1", level="good", ended_at=MONDAY)
LIFTED = SanctionLifted(
    seller_id="s-1",
    why="restated",
    lifted=("reduced_for_some",),
    step="warned",
    because=("00000000-0000-0000-0000-000000000007",),
    changed=1,
    metrics=(
        Restated(
            metric="shipping.on_time", was_rate=0.7, was_due=20, is_rate=0.95, is_due=20
        ),
    ),
    lifted_at=NEXT_FRIDAY,
)
PLAN_SUBMITTED = PlanOfActionSubmitted(
    seller_id="s-1", plan_id="n-1", statement="A second packer", submitted_at=TUESDAY
)
PLAN_ACCEPTED = PlanOfActionAccepted(
    seller_id="s-1", plan_id="n-1", note=None, accepted_at=NEXT_FRIDAY
)
PLAN_DECLINED = PlanOfActionDeclined(
    seller_id="s-1", plan_id="n-1", note="Too vague", declined_at=NEXT_FRIDAY
)
CLAIM = Claim(
    type="orders.tracking-added.v1",
    data={
        "seller_id": "s-1",
        "order_id": "o-1",
        "shipment_id": "h-1",
        "tracking_number": "1Z999AA10123456784",
        "added_at": "2026-03-09T18:00:00Z",
    },
)
APPEALED = AppealFiled(
    seller_id="s-1",
    appeal_id="a-1",
    against="00000000-0000-0000-0000-000000000001",
    contests=("00000000-0000-0000-0000-000000000002",),
    claims=(CLAIM,),
    statement="The carrier told you late",
    filed_at=TUESDAY,
)
APPEAL_DECIDED = AppealDecided(
    seller_id="s-1",
    appeal_id="a-1",
    upheld=True,
    claims=(CLAIM,),
    note="So it was",
    decided_at=NEXT_FRIDAY,
)

OF_STANDING = (
    REVIEWED,
    WARNED,
    REDUCED,
    LIMITED,
    SUSPENDED,
    REINSTATED,
    BOOSTED,
    BOOST_ENDED,
    LIFTED,
    PLAN_SUBMITTED,
    PLAN_ACCEPTED,
    PLAN_DECLINED,
    APPEALED,
    APPEAL_DECIDED,
)
