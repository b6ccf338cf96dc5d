"""Many orders at once: accepted or shipped, each judged on its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from contracts.fact import GivenMoment, Id, Text
from contracts.orders import CustomerLink, Shipper
from kit.domain import Unknown
from kit.eventstore.requests import Answer
from kit.web.asking import Asking
from kit.web.beforehand import BUDGET_S, submit_after, within
from kit.web.commands import Digest, IdempotencyKey, Now, StreamsHere
from kit.web.reading import Lend, Lending
from kit.web.whose import Fixed, fixed
from services.orders import queries
from services.orders.api.reserving import Reserving
from services.orders.api.who import FIXES, SELLING
from services.orders.commands import AcceptOrder, LineToShip, SaveShipment
from services.orders.handlers import happening_now

MOST: Final = 500
"""Orders of one request: they share one transaction."""

_SHIPPER: Final[Fixed] = {"shipped_by": FIXES["shipped_by"]}
_CLOSED: Final = ConfigDict(extra="forbid")

many = APIRouter(tags=["orders"])


class Acceptance(BaseModel):
    """One order to accept; `seen` is the version that was looked at, if that matters."""

    model_config = _CLOSED

    order_id: Id
    customer_id: Id | None = None
    customer_link: CustomerLink | None = None
    customer_name: Text | None = None
    seen: Annotated[int | None, Field(ge=1, le=10**9)] = None


class ShipmentToSave(BaseModel):
    """One shipment of one order; `seen` as in `Acceptance`.

    Shape: a seller ships it, if one asks; others say `shipped_by`.
    """

    model_config = _CLOSED

    order_id: Id
    shipment_id: Id
    lines: Annotated[tuple[LineToShip, ...], Field(min_length=1)]
    carrier: Text
    tracking_number: Id | None = None
    shipped_by: Shipper | None = None
    shipped_at: GivenMoment
    seen: Annotated[int | None, Field(ge=1, le=10**9)] = None


class Acceptances(BaseModel):
    """Orders to accept."""

    model_config = _CLOSED

    items: Annotated[list[Acceptance], Field(min_length=1, max_length=MOST)]


class ShipmentsToSave(BaseModel):
    """Shipments to save."""

    model_config = _CLOSED

    items: Annotated[list[ShipmentToSave], Field(min_length=1, max_length=MOST)]


class Result(BaseModel):
    """What became of one item: `unchanged` was true before.

    Shape: `problem` as the command alone would be answered: type, detail and what more.
    """

    order_id: str
    outcome: Literal["recorded", "unchanged", "refused"]
    version: int
    problem: dict[str, Any] | None = None


class Results(BaseModel):
    """The results, in the order of the items."""

    results: list[Result]


@many.post("/acceptances", dependencies=[SELLING])
def accept_orders(  # noqa: PLR0913 - what a request brings
    body: Acceptances,
    asker: Asking,
    *,
    key: IdempotencyKey,
    digest: Digest,
    streams: StreamsHere,
    lend: Lending,
    before: Reserving,
    at: Now,
) -> Results:
    """Accept orders, each judged on its own: one that is refused hinders no other.

    Of units that are not enough for all, the first orders get theirs. All are accepted at
    the moment of the request. Asked again with its key, all that was recorded is answered
    the same; what was refused is tried again, as it is worth where it says `retry_after`.
    """
    answers, has_time = dict[int, Answer](), within(BUDGET_S)
    for some in _in_turns(body.items, lend):
        with lend() as db:  # others need it while we wait for answers
            known = {n: queries.of_buyer(_acceptance(body.items[n], at), db) for n in some}
        requests = [
            replace(
                happening_now(command, asker),
                key=f"{key}/{place}",
                digest=digest,
                since=body.items[place].seen,
                actor=str(asker),
            )
            for place, command in known.items()
        ]
        given = submit_after(before, requests, streams, has_time)
        answers |= zip(known, given, strict=True)
    ids = [item.order_id for item in body.items]
    return _results(ids, [answers[place] for place in range(len(ids))])


def _in_turns(items: Sequence[Acceptance], lend: Lend) -> Iterator[Sequence[int]]:
    """Yield the places of `items` that may be decided together.

    What is said of a buyer, others of the same buyer wait for, unless they say the same.
    """
    with lend() as db:
        buyers = queries.buyers_of({item.order_id for item in items}, db)
    left: Sequence[int] = range(len(items))
    while left:
        said = dict[tuple[str, ...], tuple[str | None, ...]]()
        some = list[int]()
        for place in left:
            item = items[place]
            whose = buyers.get(item.order_id, (item.order_id,))
            says = (item.customer_id, item.customer_link)
            if said.setdefault(whose, says) == says:
                some.append(place)
        yield some
        left = [place for place in left if place not in set(some)]


@many.post("/shipments", dependencies=[SELLING])
def save_shipments(
    body: ShipmentsToSave,
    asker: Asking,
    key: IdempotencyKey,
    digest: Digest,
    streams: StreamsHere,
    at: Now,
) -> Results:
    """Save shipments of several orders, each judged on its own, likewise."""
    requests = [
        replace(
            happening_now(
                SaveShipment(**fixed(_said(item), _SHIPPER, asker), at=at), asker
            ),
            key=f"{key}/{place}",
            digest=digest,
            since=item.seen,
            actor=str(asker),
        )
        for place, item in enumerate(body.items)
    ]
    ids = [item.order_id for item in body.items]
    return _results(ids, streams.submit(requests))


def _acceptance(item: Acceptance, at: datetime) -> AcceptOrder:
    return AcceptOrder(**_said(item), at=at)


def _said(item: BaseModel) -> dict[str, Any]:
    return {name: getattr(item, name) for name in type(item).model_fields if name != "seen"}


def _results(order_ids: Sequence[str], answers: Sequence[Answer]) -> Results:
    pairs = zip(order_ids, answers, strict=True)
    return Results(results=[_result(order_id, answer) for order_id, answer in pairs])


def _result(order_id: str, answer: Answer) -> Result:
    why = answer.refused
    if why is not None:
        told = {"type": why.code, "detail": str(why), **why.more}
        version = 0 if isinstance(why, Unknown) else answer.version
        return Result(order_id=order_id, outcome="refused", version=version, problem=told)
    new = answer.recorded and not answer.repeated
    outcome: Literal["recorded", "unchanged"] = "recorded" if new else "unchanged"
    return Result(order_id=order_id, outcome=outcome, version=answer.version)
