"""What a consumer was given, row by row: repeats and disorder are there to be seen."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, Uuid, insert

from kit.consumers.columns import InColumns
from kit.consumers.records import Received
from services.performance.projections import project_performance

PERFORMANCE = InColumns(project_performance)

metadata = MetaData()

arrivals = Table(
    "arrivals",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=True),
    Column("topic_source", Text, nullable=False),
    Column("stream_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("pos", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
)


def arrive(batch: Sequence[Received], db: Connection) -> None:
    """Write down what came, and keep the obligations that follow from it."""
    write_down(batch, db)
    PERFORMANCE(batch, db)


def write_down(batch: Sequence[Received], db: Connection) -> None:
    """Write down what came."""
    rows = [
        {
            "topic_source": each.envelope.source,
            "stream_id": each.envelope.subject,
            "version": each.envelope.sequence,
            "pos": each.envelope.pos,
            "event_id": each.envelope.id,
        }
        for each in batch
    ]
    db.execute(insert(arrivals), rows)
