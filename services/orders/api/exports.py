"""Orders as a CSV file, made by a job whose progress can be asked for."""

from datetime import datetime
from typing import Final, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, StrictBool
from sqlalchemy import Connection

from contracts.fact import Cents
from kit.eventstore.requests import keep_reply
from kit.web.asking import Asking
from kit.web.commands import Digest, IdempotencyKey, Now
from kit.web.reading import Database, ThisEngine
from kit.web.whose import OneSeller
from services.orders.api.reading import Wanted
from services.orders.api.who import SELLING
from services.orders.model.export_refusals import ExportNotReady, ExportUnknown
from services.orders.queries import exports as jobs

exports = APIRouter(tags=["orders"])

_OF: Final = "/order-exports/{export_id}"


class WantedInFile(Wanted):
    """Which orders a file is to have; where JSON has numbers and truth, no text is one."""

    from_cents: Cents | None = None
    until_cents: Cents | None = None
    overdue: StrictBool | None = None


class Export(BaseModel):
    """How far an export is.

    Units: `done` and `total` count orders; `total` is what there were when it began.
    """

    export_id: UUID
    state: Literal["running", "done"]
    done: int
    total: int
    begun_at: datetime


@exports.post("/order-exports", status_code=202, dependencies=[SELLING])
def export_orders(  # noqa: PLR0913 - what a request brings
    wanted: WantedInFile,
    asker: Asking,
    *,
    key: IdempotencyKey,
    digest: Digest,
    engine: ThisEngine,
    later: BackgroundTasks,
    at: Now,
) -> Export:
    """Begin to write a seller's orders, filtered as the table is, to a file.

    Raises:
        KeyReused: The key was used for another request.
    """
    export_id = uuid5(NAMESPACE_URL, f"order-export/{key}")
    asked = wanted.filter(asker)
    with engine.begin() as db:
        keep_reply(key, digest, {"export_id": str(export_id)}, at, db)
        jobs.begin(export_id, asked, at, db)
        found = _progress(export_id, asked.seller_id, db)
    later.add_task(jobs.finish, export_id, engine)
    return found


@exports.get(_OF, dependencies=[SELLING])
def read_export(
    export_id: UUID,
    seller_id: OneSeller,
    db: Database,
    engine: ThisEngine,
    later: BackgroundTasks,
) -> Export:
    """Answer how far an export is. One that nobody writes any more is gone on with.

    Raises:
        ExportUnknown: The seller began none of this id.
    """
    found = _progress(export_id, seller_id, db)
    if found.state == "running":
        later.add_task(jobs.finish, export_id, engine)
    return found


@exports.get(f"{_OF}/csv", dependencies=[SELLING])
def read_csv(
    export_id: UUID,
    seller_id: OneSeller,
    db: Database,
    engine: ThisEngine,
) -> StreamingResponse:
    """Answer the file of a finished export.

    Raises:
        ExportUnknown: The seller began none of this id.
        ExportNotReady: It is still being written.
    """
    found = _progress(export_id, seller_id, db)
    if found.state != "done":
        raise ExportNotReady(found.done, found.total)
    headers = {"Content-Disposition": f'attachment; filename="orders-{export_id}.csv"'}
    return StreamingResponse(jobs.rows(export_id, engine), 200, headers, "text/csv")


def _progress(export_id: UUID, seller_id: str, db: Connection) -> Export:
    found = jobs.progress(export_id, seller_id, db)
    if found is None:
        raise ExportUnknown(str(export_id))
    return Export(**found)
