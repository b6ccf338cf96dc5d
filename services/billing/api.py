"""HTTP in and out: a month's store fees, and the run that charges them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine

from kit.database import address
from kit.eventstore.requests import find_reply, keep_reply
from kit.eventstore.streams import Streams
from kit.web.asking import Asking, may
from kit.web.commands import Clock, Digest, IdempotencyKey, Now, StreamsHere
from kit.web.reading import ThisEngine
from kit.web.whose import AnySeller
from services.billing.commands import ChargeStoreFee
from services.billing.handlers import to_request
from services.billing.model.charging import MonthNotOver
from services.billing.model.months import CalendarMonth, MonthUnreadable
from services.billing.policies import store_fee_terms
from services.billing.queries import (
    FeeQuestion,
    ask_charges,
    ask_explained_fees,
    ask_posted,
    ask_re_rated,
    ask_store_fees,
    one_at_a_time,
)

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    MonthUnreadable.code: HTTPStatus.UNPROCESSABLE_ENTITY
}
PER_TRANSACTION: Final = 1_000

router = APIRouter(tags=["billing"])


class StoreFees(BaseModel):
    """What products owe for a month, by what is known now.

    A month that is not `over` is answered as if nothing moved until its end.

    Units: cents of USD; a line is `rate_cents` x its unit-days / days of the month, for
        units older than `free_days`. Before the first terms there are neither.
    Shape: `lines` by seller and product, those that owe anything; `days`, if asked for,
        are what they are made of.
    """

    month: str
    over: bool
    rate_cents: int | None
    free_days: int | None
    lines: list[dict[str, Any]]
    days: list[dict[str, Any]] | None = None


class Run(BaseModel):
    """The month to charge; it must be over."""

    model_config = ConfigDict(extra="forbid")

    month: str


class RunDone(BaseModel):
    """How a month stood charged once a run was done, whichever run did it.

    Units: cents of USD; `adjusted_cents` is what runs had put right by then, either way.
    Shape: `re_rated` are the months that this very run put right, by seller.
    """

    month: str
    sellers: int
    charged_cents: int
    adjusted_cents: int
    re_rated: Mapping[str, Sequence[str]]


@router.get("/store-fees/{month}", dependencies=[may("seller", "operator", "service")])
def read_store_fees(
    month: str,
    engine: ThisEngine,
    at: Now,
    seller_id: AnySeller = None,
    *,
    explain: Annotated[bool, Query(description="With the days, lots and facts.")] = False,
) -> StoreFees:
    """Answer a month's store fees, line by line."""
    question = FeeQuestion(
        month=CalendarMonth.parse(month), terms=store_fee_terms(), seller_id=seller_id
    )
    fees, days = (
        ask_explained_fees(address(engine), question)
        if explain
        else (ask_store_fees(address(engine), question), None)
    )
    terms = question.terms.at(question.month)
    return StoreFees(
        month=month,
        over=at >= question.month.over_at,
        rate_cents=None if terms is None else terms.rate_cents,
        free_days=None if terms is None else terms.free_days,
        lines=[line for line in fees.to_dicts() if line["cents"] > 0],
        days=None if days is None else days.to_dicts(),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A run as it was asked for: by whom, its name, what is asked under it, the clock."""

    asker: Asking

    key: IdempotencyKey
    digest: Digest
    clock: Clock


@router.post("/store-fee-runs", dependencies=[may("operator", "service")])
def run_store_fees(
    body: Run,
    asked: Annotated[Asked, Depends()],
    streams: StreamsHere,
    engine: ThisEngine,
) -> RunDone:
    """Charge every seller's store fee of a month that is over, and put older ones right.

    Runs wait for each other: one that knew less must not take back what another charged.

    Safe to repeat: Yes, and to take up again after a failure: what is charged stays so,
        and a run that was done is answered as it was then. A run that is to take up late
        facts has a key of its own.

    Raises:
        MonthUnreadable: The month is none.
        MonthNotOver: It has days to come.
        RunUnderWay: Another run takes long.
    """
    month = CalendarMonth.parse(body.month)
    with one_at_a_time(engine):
        with engine.connect() as db:
            reply = find_reply(asked.key, asked.digest, db)
        if reply is None:
            at = asked.clock()  # in turn: no run is older than what another charged
            if at < month.over_at:
                raise MonthNotOver(f"month: {month} is not over at {at.isoformat()}")
            charges = ask_charges(address(engine), store_fee_terms(), month, at)
            _charge(charges, asked, streams)
            done = _done(month, asked, engine).model_dump()
            with engine.begin() as db:
                reply = keep_reply(asked.key, asked.digest, done, at, db)
    return RunDone.model_validate(reply)


def _charge(charges: Sequence[ChargeStoreFee], asked: Asked, streams: Streams) -> None:
    for first in range(0, len(charges), PER_TRANSACTION):
        batch = charges[first : first + PER_TRANSACTION]
        requests = [
            replace(
                to_request(charge),
                key=_key_of(asked.key, charge.seller_id),
                digest=charge.month.encode(),
                actor=str(asked.asker),
            )
            for charge in batch
        ]
        for answer in streams.submit(requests):
            if answer.refused is not None:
                raise answer.refused


def _done(month: CalendarMonth, asked: Asked, engine: Engine) -> RunDone:
    sellers, charged, adjusted = ask_posted(engine, month)
    return RunDone(
        month=str(month),
        sellers=sellers,
        charged_cents=charged,
        adjusted_cents=adjusted,
        re_rated=ask_re_rated(engine, partial(_key_of, asked.key)),
    )


def _key_of(run: str, seller_id: str) -> str:
    """Return the key of what a run asks of one seller's fees."""
    return sha256(f"{run}\n{seller_id}".encode()).hexdigest()
