"""HTTP in and out: a month's store fees, and the run that charges them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from kit.database import address
from kit.web.commands import Now, StreamsHere
from kit.web.reading import ThisEngine
from services.billing.handlers import to_request
from services.billing.model.charging import MonthNotOver
from services.billing.model.months import CalendarMonth, MonthUnreadable
from services.billing.policies import store_fee_terms
from services.billing.queries import FeeQuestion, ask_charges, ask_days, ask_store_fees

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    MonthUnreadable.code: HTTPStatus.UNPROCESSABLE_ENTITY
}
PER_TRANSACTION: Final = 1_000

router = APIRouter(tags=["billing"])


class StoreFees(BaseModel):
    """What products owe for a month, by what is known now.

    Units: cents of USD. Shape: `lines` by seller and product, those that owe anything;
        `days`, if asked for, are what they are made of.
    """

    month: str
    lines: list[dict[str, Any]]
    days: list[dict[str, Any]] | None = None


class Run(BaseModel):
    """The month to charge; it must be over."""

    model_config = ConfigDict(extra="forbid")

    month: str


class RunDone(BaseModel):
    """What a run did. Units: facts recorded, by this run and not by one before it."""

    month: str
    sellers: int
    recorded: int


@router.get("/store-fees/{month}")
def read_store_fees(
    month: str,
    engine: ThisEngine,
    seller_id: Annotated[str | None, Query(min_length=1)] = None,
    *,
    explain: Annotated[bool, Query(description="With the days, lots and facts.")] = False,
) -> StoreFees:
    """Answer a month's store fees, line by line."""
    question = FeeQuestion(
        month=CalendarMonth.parse(month), terms=store_fee_terms(), seller_id=seller_id
    )
    fees = ask_store_fees(address(engine), question)
    return StoreFees(
        month=month,
        lines=[line for line in fees.to_dicts() if line["cents"] > 0],
        days=ask_days(address(engine), question).to_dicts() if explain else None,
    )


@router.post("/store-fee-runs")
def run_store_fees(body: Run, streams: StreamsHere, engine: ThisEngine, at: Now) -> RunDone:
    """Charge every seller's store fee of a month that is over, and put older ones right.

    Safe to repeat: Yes, and to take up again after a failure: what is charged stays so.

    Raises:
        MonthUnreadable: The month is none.
        MonthNotOver: It has days to come.
    """
    month = CalendarMonth.parse(body.month)
    if at < month.over_at:
        raise MonthNotOver(f"month: {month} is not over at {at.isoformat()}")
    charges = ask_charges(address(engine), store_fee_terms(), month, at)
    recorded = 0
    for first in range(0, len(charges), PER_TRANSACTION):
        asked = [to_request(charge) for charge in charges[first : first + PER_TRANSACTION]]
        recorded += sum(answer.recorded for answer in streams.submit(asked))
    return RunDone(month=str(month), sellers=len(charges), recorded=recorded)
