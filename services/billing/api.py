"""HTTP in and out: a month's store fees, and the run that charges them."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from contracts.fact import SellerId
from kit.database import address
from kit.eventstore.requests import AnyRequest
from kit.web.commands import IdempotencyKey, Now, StreamsHere
from kit.web.reading import ThisEngine
from services.billing.commands import ChargeStoreFee
from services.billing.handlers import to_request
from services.billing.model.charging import MonthNotOver
from services.billing.model.months import CalendarMonth, MonthUnreadable
from services.billing.policies import store_fee_terms
from services.billing.queries import (
    FeeQuestion,
    ask_charges,
    ask_days,
    ask_posted,
    ask_store_fees,
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
    """How a month stands charged once a run is done, whichever run did it.

    Units: cents of USD; `adjusted_cents` is what runs have put right since, either way.
    Shape: `re_rated` are the months that this very run put right, by seller.
    """

    month: str
    sellers: int
    charged_cents: int
    adjusted_cents: int
    re_rated: dict[str, list[str]]


@router.get("/store-fees/{month}")
def read_store_fees(
    month: str,
    engine: ThisEngine,
    at: Now,
    seller_id: SellerId | None = None,
    *,
    explain: Annotated[bool, Query(description="With the days, lots and facts.")] = False,
) -> StoreFees:
    """Answer a month's store fees, line by line."""
    question = FeeQuestion(
        month=CalendarMonth.parse(month), terms=store_fee_terms(), seller_id=seller_id
    )
    fees = ask_store_fees(address(engine), question)
    terms = question.terms.at(question.month)
    return StoreFees(
        month=month,
        over=at >= question.month.over_at,
        rate_cents=None if terms is None else terms.rate_cents,
        free_days=None if terms is None else terms.free_days,
        lines=[line for line in fees.to_dicts() if line["cents"] > 0],
        days=ask_days(address(engine), question).to_dicts() if explain else None,
    )


@router.post("/store-fee-runs")
def run_store_fees(
    body: Run, key: IdempotencyKey, streams: StreamsHere, engine: ThisEngine, at: Now
) -> RunDone:
    """Charge every seller's store fee of a month that is over, and put older ones right.

    Safe to repeat: Yes, and to take up again after a failure: what is charged stays so.
        A run that is to take up late facts has a key of its own.

    Raises:
        MonthUnreadable: The month is none.
        MonthNotOver: It has days to come.
    """
    month = CalendarMonth.parse(body.month)
    if at < month.over_at:
        raise MonthNotOver(f"month: {month} is not over at {at.isoformat()}")
    charges = ask_charges(address(engine), store_fee_terms(), month, at)
    for first in range(0, len(charges), PER_TRANSACTION):
        batch = charges[first : first + PER_TRANSACTION]
        asked = [_named(charge, key, month) for charge in batch]
        for answer in streams.submit(asked):
            if answer.refused is not None:
                raise answer.refused
    sellers, charged, adjusted = ask_posted(engine, month)
    return RunDone(
        month=str(month),
        sellers=sellers,
        charged_cents=charged,
        adjusted_cents=adjusted,
        re_rated={
            charge.seller_id: sorted({line.month for line in charge.re_rated})
            for charge in charges
            if charge.re_rated
        },
    )


def _named(charge: ChargeStoreFee, key: str, month: CalendarMonth) -> AnyRequest:
    """Return what is asked of one seller's fees, under a key of the run's and its own."""
    mine = sha256(f"{key}\n{charge.seller_id}".encode()).hexdigest()
    return replace(to_request(charge), key=mine, digest=str(month).encode())
