"""Orders as CSV: a job that is written part by part, and goes on wherever it stopped."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
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
    Column("begun_at", DateTime(timezone=True), nullable=False),
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
    """Note what is to be exported.

    Safe to repeat: Yes. A job that is known stays as it is.
    """
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


def progress(export_id: UUID, seller_id: str, db: Connection) -> dict[str, Any] | None:
    """Return how far a seller's job is, or None if they have none of that id.

    Units: `done` and `total` count orders; `total` is what there were when it began.
    """
    wanted = (_JOB.export_id == export_id, _JOB.seller_id == seller_id)
    shown = (_JOB.export_id, _JOB.state, _JOB.done, _JOB.total, _JOB.begun_at)
    found = db.execute(select(*shown).where(*wanted)).mappings().first()
    return dict(found) if found else None


def finish(export_id: UUID, engine: Engine) -> None:
    """Write all parts of a job that are missing, unless another worker is at it.

    Safe to repeat: Yes, by several at once too.
    """
    while _write_part(export_id, engine):
        pass


def rows(export_id: UUID, engine: Engine) -> Iterator[str]:
    """Yield the text of a finished job, its header first."""
    yield _csv([dict(zip(COLUMNS, COLUMNS, strict=True))])
    part, wanted = order_export_parts.c, order_export_parts.c.export_id == export_id
    with engine.connect() as db:
        number = 1
        text = select(part.text).where(wanted)
        while (found := db.scalar(text.where(part.part == number))) is not None:
            yield found
            number += 1


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
