"""Why a command on a seller's standing is refused: each names the field and the remedy."""

from collections.abc import Sequence

from kit.domain import Refused, Taken, Unknown


class PlanUnknown(Unknown):
    code = "plan-unknown"

    def __init__(self, plan_id: str) -> None:
        super().__init__(
            f"plan_id: the seller submitted no plan of action {plan_id!r}; submit it first"
        )


class PlanExists(Taken):
    code = "plan-exists"

    def __init__(self, plan_id: str) -> None:
        super().__init__(
            f"plan_id: {plan_id!r} was submitted with other words; "
            "submit this one under an id of its own"
        )


class PlanIsDecided(Refused):
    code = "plan-decided"

    def __init__(self, plan_id: str, state: str) -> None:
        super().__init__(f"plan_id: {plan_id!r} is {state}; have another plan submitted")


class PlanHasLapsed(Refused):
    code = "plan-lapsed"

    def __init__(self, plan_id: str) -> None:
        super().__init__(
            f"plan_id: the step that {plan_id!r} answers holds no more, so it has lapsed; "
            "if the seller is sanctioned again, have another plan submitted"
        )


class PlanWaits(Refused):
    code = "plan-waits"

    def __init__(self, plan_id: str) -> None:
        super().__init__(
            f"plan_id: {plan_id!r} waits for an answer; submit another once it has one"
        )


class NothingToPlan(Refused):
    code = "nothing-to-plan"

    def __init__(self, step: str) -> None:
        super().__init__(
            f"seller_id: the seller is {step}, and not sanctioned; no plan is needed"
        )


class AppealUnknown(Unknown):
    code = "appeal-unknown"

    def __init__(self, appeal_id: str) -> None:
        super().__init__(
            f"appeal_id: the seller filed no appeal {appeal_id!r}; file it first"
        )


class AppealExists(Taken):
    code = "appeal-exists"

    def __init__(self, appeal_id: str) -> None:
        super().__init__(
            f"appeal_id: {appeal_id!r} was filed with other words; "
            "file this one under an id of its own"
        )


class AppealIsDecided(Refused):
    code = "appeal-decided"

    def __init__(self, appeal_id: str, state: str) -> None:
        super().__init__(f"appeal_id: {appeal_id!r} is {state}; leave it")


class IsAppealed(Refused):
    code = "is-appealed"

    def __init__(self, against: str, appeal_id: str) -> None:
        super().__init__(f"against: {against!r} was appealed by {appeal_id!r}; appeal once")


class NothingClaimed(Refused):
    code = "nothing-claimed"

    def __init__(self) -> None:
        super().__init__(
            "claims: an appeal that claims nothing changes nothing; contested facts say "
            "which are disputed, and claims what happened instead: give at least one"
        )


class AgainstUnknown(Refused):
    code = "against-unknown"

    def __init__(self, against: str) -> None:
        super().__init__(
            f"against: no review, warning or sanction of the seller is {against!r}; "
            "take the id of one from the history of the seller's standing"
        )


class FactsUnknown(Refused):
    code = "facts-unknown"

    def __init__(self, unknown: Sequence[str]) -> None:
        super().__init__(
            f"contests: no facts of the seller are {', '.join(map(repr, unknown))}; "
            "take ids from the evidence of a scorecard"
        )


class ReviewGoesOn(Refused):
    """Another run reviews all sellers at this moment."""

    code = "review-goes-on"

    def __init__(self) -> None:
        super().__init__("sellers are being reviewed at this moment: ask again in a minute")


class DayNotBegun(Refused):
    code = "day-not-begun"

    def __init__(self, day: str) -> None:
        super().__init__(f"as_of: {day} has not begun; review a day that has")
