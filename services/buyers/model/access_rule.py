"""The brand setting "Buyer Access Requires Approval" of one seller."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.buyers import BuyerAccessRuleSet
from kit.domain import Decider
from services.buyers.commands import SetAccessRule


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Gated when on, ungated when off; None as long as nobody set it, which is off."""

    approval_required: bool | None = None


def decide(command: SetAccessRule, rule: AccessRule) -> Sequence[BuyerAccessRuleSet]:
    """Return the fact that the setting changed, or none if it is set like that."""
    if command.approval_required == rule.approval_required:
        return []
    return [
        BuyerAccessRuleSet(
            seller_id=command.seller_id,
            approval_required=command.approval_required,
            set_at=command.at,
        )
    ]


def evolve(_: AccessRule, event: BuyerAccessRuleSet) -> AccessRule:
    """Return the setting after `event`."""
    return AccessRule(event.approval_required)


ACCESS_RULE: Final[Decider[AccessRule, SetAccessRule, BuyerAccessRuleSet]] = Decider(
    AccessRule(), decide, evolve, (AccessRule,)
)
