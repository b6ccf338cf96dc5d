"""Orders as CSV: a job that is written part by part, and goes on wherever it stopped."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import StringIO
from itertools import count as count_from
from threading import BoundedSemaphore
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from services.orders.model.export_refusals import ExportsRunning
from services.orders.queries.table import Filter, Place, count, page

metadata: Final = MetaData()

order_exports = Table(
    "order_exports",
    metadata,
    Column("export_id", Uuid, primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("asked", JSON, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("place", JSON(none_as_null=True)),
    Column("state", Text, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False, index=True),
)
order_export_parts = Table(
    "order_export_parts",
    metadata,
    Column("export_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)

PART: Final = 2_000
"""Orders of one part: one transaction, one page of the table."""

RUNNING: Final = 3
"""Exports of one seller that may be written at the same time."""

KEPT_FOR: Final = timedelta(days=7)
"""How long a file is there to be fetched."""

_WRITERS: Final = BoundedSemaphore(2)
"""Threads of this process that write exports; the others answer requests."""

COLUMNS: Final = (
    "order_id",
    "split_from",
    "buyer_id",
    "customer_id",
    "state",
    "overdue",
    "invoice_state",
    "invoice_id",
    "placed_at",
    "ship_by",
    "decided_at",
    "cancelled_at",
    "cancelled_by",
    "reason",
    "note",
    "units",
    "shipped_units",
    "currency",
    "subtotal_cents",
    "shipping_cents",
    "total_cents",
    "payment_method",
    "ship_to_country",
)
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_FILTERS: Final = TypeAdapter(Filter)
_PLACES: Final = TypeAdapter[Place | None](Place | None)
_JOB: Final = order_exports.c


def begin(export_id: UUID, asked: Filter, at: datetime, db: Connection) -> None:
    """Note what is to be exported, and forget files that were kept for long enough.

    Safe to repeat: Yes. A job that is known stays as it is.

    Raises:
        ExportsRunning: As many of the seller's are being written as may be.
    """
    _forget(at - KEPT_FOR, db)
    running = (_JOB.seller_id == asked.seller_id, _JOB.state == "running")
    others = select(func.count()).where(*running, _JOB.export_id != export_id)
    if (db.scalar(others) or 0) >= RUNNING:
        raise ExportsRunning(RUNNING)
    job = {
        "export_id": export_id,
        "seller_id": asked.seller_id,
        "asked": _FILTERS.dump_python(asked, mode="json"),
        "total": count(asked, at, db),
        "done": 0,
        "parts": 0,
        "state": "running",
        "begun_at": at,
    }
    db.execute(insert(order_exports).values(job).on_conflict_do_nothing())


def _forget(before: datetime, db: Connection) -> None:
    old = select(_JOB.export_id).where(_JOB.begun_at < before)
    part = order_export_parts.c.export_id
    db.execute(order_export_parts.delete().where(part.in_(old)))
    db.execute(order_exports.delete().where(_JOB.begun_at < before))


def progress(export_id: UUID, seller_id: str, db: Connection) -> dict[str, Any] | None:
    """Return how far a seller's job is, or None if they have none of that id.

    Units: `done` and `total` count orders; `total` is what there were when it began.
    """
    wanted = (_JOB.export_id == export_id, _JOB.seller_id == seller_id)
    shown = (_JOB.export_id, _JOB.state, _JOB.done, _JOB.total, _JOB.begun_at)
    found = db.execute(select(*shown).where(*wanted)).mappings().first()
    return dict(found) if found else None


def finish(export_id: UUID, engine: Engine) -> None:
    """Write all parts of a job that are missing, unless others are at it or all are busy.

    Safe to repeat: Yes, by several at once too. What is left is gone on with by the next.
    """
    if not _WRITERS.acquire(blocking=False):
        return
    try:
        while _write_part(export_id, engine):
            pass
    finally:
        _WRITERS.release()


def rows(export_id: UUID, engine: Engine) -> Iterator[str]:
    """Yield the text of a finished job, its header first."""
    yield _csv([dict(zip(COLUMNS, COLUMNS, strict=True))])
    part, wanted = order_export_parts.c, order_export_parts.c.export_id == export_id
    for number in count_from(1):
        with engine.connect() as db:  # none is held while the reader takes their time
            found = db.scalar(select(part.text).where(wanted, part.part == number))
        if found is None:
            return
        yield found


def _write_part(export_id: UUID, engine: Engine) -> bool:
    """Write the next part and move on; say whether there is more to do here."""
    with engine.begin() as db:
        lock = func.pg_try_advisory_xact_lock(
            func.hashtext("order-export"), func.hashtext(str(export_id))
        )
        job = db.execute(select(order_exports).where(_JOB.export_id == export_id)).first()
        if job is None or not db.scalar(select(lock)):
            return False
        job = db.execute(select(order_exports).where(_JOB.export_id == export_id)).one()
        if job.state != "running":
            return False
        asked, place = (
            _FILTERS.validate_python(job.asked),
            _PLACES.validate_python(job.place),
        )
        found = page(asked, "placed_at", place, PART, at=job.begun_at, db=db)
        more = len(found) == PART
        part = {"export_id": export_id, "part": job.parts + 1, "text": _csv(found)}
        moved = {
            "done": job.done + len(found),
            "parts": job.parts + 1,
            "state": "running" if more else "done",
        }
        if found:
            last = (found[-1]["placed_at"], found[-1]["order_id"])
            moved["place"] = _PLACES.dump_python(last, mode="json")
        db.execute(order_export_parts.insert().values(part))
        db.execute(order_exports.update().where(_JOB.export_id == export_id).values(moved))
        return more


def _csv(found: Sequence[Mapping[str, Any]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(row[name]) for name in COLUMNS] for row in found)
    return text.getvalue()


def _cell(value: object) -> object:
    """Return what a spreadsheet shows as it is, and takes for no formula."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return value
