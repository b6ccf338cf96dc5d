"""Read models of other services' facts, made again from Kafka."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from kit.consumers.columns import InColumns
from kit.consumers.records import Handler, Record
from kit.readmodels.beside import (
    Comparison,
    alone_beside,
    compare,
    give_keys,
    look_beside,
    make_beside,
    swap,
    take_keys,
)
from kit.readmodels.models import ForeignReadModel
from kit.readmodels.once import Once, Places, Taken
from kit.readmodels.topics import Stretch, read_again

_Fold: TypeAlias = Callable[[Connection], None]

_NOT_APPLIED: Final = """
SELECT topic, partition, record_offset FROM public.{table} WHERE group_name = :group
"""


def verify_foreign(
    engine: Engine, group: str, model: ForeignReadModel, bootstrap_servers: str
) -> list[Comparison]:
    """Compare a read model with the fold of all that its group has applied.

    The position and the read model are seen in one snapshot: they were written together.
    Changes nothing.
    """
    snapshot = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with alone_beside(engine), snapshot as db:
        make_beside(model.tables, db)
        once = Once(_left_out(group, db))
        refold = _Refold(model.handler, lambda fold: fold(db), once)
        read_again(
            bootstrap_servers,
            {},
            _stands(group, model.topics, db),
            refold.take,
            refold.give,
        )
        found = compare(model.name, model.tables, db)
        db.rollback()
    return found


def rebuild_foreign(
    engine: Engine, group: str, model: ForeignReadModel, bootstrap_servers: str
) -> list[Comparison]:
    """Make a read model again beside the live one, then put it in its place at once.

    The consumers go on until the end, and wait while the last facts are folded and the
    tables change places. Only the read model's own tables are touched: nothing is sent.
    Should an event be parked, or a parked one applied, while the bulk is folded, that was
    for nothing: it begins anew. So it does, with keys from the start, should the topics
    hold a fact of a model that only adds at two positions.
    """
    keyless = model.only_adds
    with alone_beside(engine):
        while True:
            with engine.begin() as db:
                make_beside(model.tables, db)
                if keyless:
                    take_keys(model.tables, db)
                stood, out = _stands(group, model.topics, db), _left_out(group, db)
            refold = _Refold(model.handler, partial(_apply_beside, engine), Once(out))
            read_again(bootstrap_servers, {}, stood, refold.take, refold.give)
            if keyless and not _keyed(engine, model):
                keyless = False
                continue
            with engine.begin() as db:
                _hold_positions(db)
                now_out = _left_out(group, db)
                if _below(now_out, stood) != _below(out, stood):
                    continue
                look_beside(db)
                rest = replace(
                    refold,
                    apply=lambda fold: fold(db),
                    once=replace(refold.once, left_out=now_out),
                )
                beyond = _stands(group, model.topics, db)
                read_again(bootstrap_servers, stood, beyond, rest.take, rest.give)
                found = compare(model.name, model.tables, db)
                swap(model.tables, db)
            return found


def _keyed(engine: Engine, model: ForeignReadModel) -> bool:
    """Give the tables beside their keys; say whether no row was there twice."""
    try:
        with engine.begin() as db:
            give_keys(model.tables, db)
    except IntegrityError:
        return False
    return True


def _apply_beside(engine: Engine, fold: _Fold) -> None:
    with engine.begin() as db:
        # Nobody looks at these before the tables change places, which is durable.
        db.execute(text("SET LOCAL synchronous_commit = off"))
        look_beside(db)
        fold(db)


@dataclass(frozen=True, slots=True)
class _Refold:
    """Applies records once more: those that were applied, each once."""

    handler: Handler
    apply: Callable[[_Fold], None]
    once: Once

    def take(self, records: Sequence[Record]) -> Taken:
        """Return what to keep of `records`: for facts one by one, all that they have."""
        return self.once.take(records) if isinstance(self.handler, InColumns) else records

    def give(self, run: Sequence[Taken]) -> None:
        """Apply what was taken of a partition."""
        if isinstance(self.handler, InColumns):
            for batch in self.once.in_columns(run):
                self.apply(partial(self.handler.project, batch))
        elif facts := self.once.one_by_one(run):
            self.apply(partial(self.handler, facts))


def _stands(group: str, topics: Sequence[str], db: Connection) -> Stretch:
    sql = (
        "SELECT topic, partition, next_offset FROM public.consumer_positions"
        " WHERE group_name = :group AND topic = ANY(:topics)"
    )
    rows = db.execute(text(sql), {"group": group, "topics": [*topics]})
    return {(topic, partition): offset for topic, partition, offset in rows}


def _hold_positions(db: Connection) -> None:
    """Let nobody move a position, make a first one, or see to parked events.

    Who applies facts locks its position before all else, and waits for this there.
    """
    db.execute(text("LOCK TABLE public.consumer_positions IN EXCLUSIVE MODE"))


def _below(out: Places, stood: Stretch) -> Places:
    """Return the places among `out` that lie below `stood`."""
    return frozenset(at for at in out if at[2] < stood.get(at[:2], 0))


def _left_out(group: str, db: Connection) -> Places:
    """Return where events are that the group has passed and not applied."""
    return frozenset(
        (topic, partition, offset)
        for table in ("parked_events", "discarded_events")
        for topic, partition, offset in db.execute(
            text(_NOT_APPLIED.format(table=table)), {"group": group}
        )
    )
