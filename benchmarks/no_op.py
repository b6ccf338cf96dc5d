"""Orders whose decision and store do nothing: what HTTP and tokens cost alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI

from kit.blueprint import Blueprint
from kit.eventstore.requests import Answer, AnyRequest, Preview
from kit.eventstore.streams import Streams
from kit.serving import build
from kit.settings import Settings
from kit.web.commands import Way, command_router
from services.orders.api.who import FIXES, SELLING
from services.orders.commands import AcceptOrder
from services.orders.handlers import to_request


@dataclass(frozen=True)
class NoOp(Streams):
    """Streams that decide nothing, keep nothing, and always answer the same."""

    answer: Answer

    def submit(self, requests: Sequence[AnyRequest]) -> Sequence[Answer]:
        """Answer as if an order had been accepted."""
        return [self.answer] * len(requests)

    def answered(self, request: AnyRequest) -> Answer | None:
        """Say that nothing was answered yet."""
        return None if request.key else self.answer

    def preview(self, request: AnyRequest) -> Preview:
        """Say that nothing would come of `request`."""
        return Preview(self.answer.version, request.decider.initial, None)


def app() -> FastAPI:
    """Return a service that takes acceptances as orders does, and does nothing."""
    accept = Way("/orders/{order_id}/acceptance", AcceptOrder, SELLING)
    router = command_router([accept], to_request, "orders", FIXES)
    made = build(Blueprint(name="orders", topic=None, router=router), Settings())
    made.state.streams = NoOp(Answer(version=2, recorded=1))
    return made
