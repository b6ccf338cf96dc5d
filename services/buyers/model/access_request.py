"""One buyer's request for access to one seller: asked, then answered once or never."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Literal, TypeAlias, assert_never

from contracts.buyers import (
    AccessEvent,
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessExpired,
    BuyerAccessRequested,
    BuyerAccessWithdrawn,
)
from kit.domain import Decider
from services.buyers.commands import (
    ApproveAccess,
    DeclineAccess,
    ExpireAccess,
    RequestAccess,
    RequestCommand,
    WithdrawAccess,
)
from services.buyers.model.refusals import (
    RequestExists,
    RequestIsDecided,
    RequestNotDue,
    RequestUnknown,
)
from services.buyers.model.rules import DatedRules, shipped_rules

RequestState: TypeAlias = Literal["waiting", "approved", "declined", "withdrawn", "expired"]
Answering: TypeAlias = ApproveAccess | DeclineAccess | WithdrawAccess | ExpireAccess

STATE_AFTER: Final[Mapping[type[AccessEvent], RequestState]] = {
    BuyerAccessRequested: "waiting",
    BuyerAccessApproved: "approved",
    BuyerAccessDeclined: "declined",
    BuyerAccessWithdrawn: "withdrawn",
    BuyerAccessExpired: "expired",
}
"""What a fact leaves a request as."""

_ASKS_FOR: Final[Mapping[type[Answering], RequestState]] = {
    ApproveAccess: "approved",
    DeclineAccess: "declined",
    WithdrawAccess: "withdrawn",
    ExpireAccess: "expired",
}


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Nothing was requested under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, and what became of it so far."""

    seller_id: str
    buyer_id: str
    requested_at: datetime
    state: RequestState = "waiting"


AccessRequest: TypeAlias = NotAsked | Asked


def decide(
    command: RequestCommand, request: AccessRequest, rules: DatedRules
) -> Sequence[AccessEvent]:
    """Return the fact that `command` makes true, or none if it is true already.

    `rules` hold for a request as they were when it was made.

    Raises:
        RequestExists: Another request has this id.
        RequestUnknown: There is none, or it is another's, which is the same to who asks.
        RequestIsDecided: It was answered, withdrawn or is expired.
        RequestNotDue: It may still be answered.
    """
    if isinstance(command, RequestAccess):
        return ask(command, request)
    if isinstance(request, NotAsked) or not _is_theirs(command, request):
        raise RequestUnknown(command.request_id)
    if request.state == _ASKS_FOR[type(command)]:
        return []
    if request.state != "waiting":
        raise RequestIsDecided(command.request_id, request.state)
    if isinstance(command, ExpireAccess):
        held = rules.at(request.requested_at)
        over_at = held.expires_at(request.requested_at)
        if command.at < over_at:
            raise RequestNotDue(command.request_id, over_at)
    return [_answered(command, request)]


def ask(command: RequestAccess, request: AccessRequest) -> Sequence[AccessEvent]:
    if isinstance(request, Asked):
        if (request.seller_id, request.buyer_id) != (command.seller_id, command.buyer_id):
            raise RequestExists(command.request_id)
        return []
    return [
        BuyerAccessRequested(
            seller_id=command.seller_id,
            request_id=command.request_id,
            buyer_id=command.buyer_id,
            requested_at=command.at,
        )
    ]


def _is_theirs(command: Answering, request: Asked) -> bool:
    of_buyer = not isinstance(command, WithdrawAccess) or (
        command.buyer_id == request.buyer_id
    )
    return of_buyer and command.seller_id == request.seller_id


def _answered(command: Answering, request: Asked) -> AccessEvent:
    seller_id, buyer_id, at = request.seller_id, request.buyer_id, command.at
    request_id = command.request_id
    match command:
        case ApproveAccess():
            return BuyerAccessApproved(
                seller_id=seller_id,
                request_id=request_id,
                buyer_id=buyer_id,
                approved_at=at,
            )
        case DeclineAccess():
            return BuyerAccessDeclined(
                seller_id=seller_id,
                request_id=request_id,
                buyer_id=buyer_id,
                declined_at=at,
            )
        case WithdrawAccess():
            return BuyerAccessWithdrawn(
                seller_id=seller_id,
                request_id=request_id,
                buyer_id=buyer_id,
                withdrawn_at=at,
            )
        case ExpireAccess():
            return BuyerAccessExpired(
                seller_id=seller_id, request_id=request_id, buyer_id=buyer_id, expired_at=at
            )
        case _:
            assert_never(command)


def evolve(request: AccessRequest, event: AccessEvent) -> AccessRequest:
    """Return the request after `event`. Never refuses: the fact already happened."""
    if isinstance(event, BuyerAccessRequested):
        return Asked(
            seller_id=event.seller_id,
            buyer_id=event.buyer_id,
            requested_at=event.requested_at,
        )
    if isinstance(request, NotAsked):
        return request
    return replace(request, state=STATE_AFTER[type(event)])


def request_decider(
    rules: DatedRules,
) -> Decider[AccessRequest, RequestCommand, AccessEvent]:
    """Return the request's decider where `rules` hold, each from its day on."""
    states = (NotAsked, Asked)
    return Decider(NotAsked(), partial(decide, rules=rules), evolve, states)


ACCESS_REQUEST: Final = request_decider(shipped_rules())
