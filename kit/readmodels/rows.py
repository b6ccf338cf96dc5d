"""Tables of rows that are folded from facts, each row from those of its key."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Generic, TypeAlias, TypeVar

from psycopg import errors, sql
from psycopg.types.json import Jsonb
from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Connection,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, dialect, insert

from contracts.fact import Fact
from kit.database import driver
from kit.eventstore.records import Recorded

F = TypeVar("F", bound=Fact)
Row: TypeAlias = dict[str, Any]
Move: TypeAlias = Callable[[Row | None, F], Row | None]
"""Returns the row after a fact, the old one changed or a new one; None shows nothing."""
Note: TypeAlias = Callable[[Row, Recorded], None]
"""Notes in the row after a fact what was recorded beside that."""
Key: TypeAlias = tuple[str, ...]

_BULK: Final = 64
"""From this many new rows on, COPY beats an INSERT, its extra round trips included."""


class FoldedRows(Generic[F]):
    """A table of one row per key, folded from facts of `kinds` by `move`.

    Shape: the primary key's columns are named as the fields of the facts; `version` is the
        last fact of its key's stream that a row knows, and is kept here. A key's facts
        come in stream order. `key_of` is given where a fact's fields don't tell its key,
        `note` where a row says more than the facts do, such as when they were recorded.
    """

    def __init__(
        self,
        table: Table,
        kinds: tuple[type[F], ...],
        move: Move[F],
        key_of: Callable[[Recorded], Key] | None = None,
        note: Note | None = None,
    ) -> None:
        self._kinds = kinds
        self._move = move
        self._key_of = key_of or self._named
        self._note = note
        # str(): SQLAlchemy's own kind of name is slow to hash and to write.
        self._names = tuple(str(each.name) for each in table.c)
        self._key = tuple(str(each.name) for each in table.primary_key)
        arrays = (bindparam(name, type_=ARRAY(table.c[name].type)) for name in self._key)
        keys = func.unnest(*arrays).table_valued(*self._key, name="keys").render_derived()
        same = and_(*(table.c[name] == keys.c[name] for name in self._key))
        self._find = select(table).join(keys, same)
        given = (
            func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
            .table_valued(*(column(each.name, each.type) for each in table.c))
            .render_derived(name="given", with_types=True)
        )
        upsert = insert(table).from_select(self._names, select(given))
        new = {name: upsert.excluded[name] for name in self._names}
        self._write = upsert.on_conflict_do_update(index_elements=self._key, set_=new)
        copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)")
        listed = sql.SQL(", ").join(map(sql.Identifier, self._names))
        self._copy_in = copy.format(sql.Identifier(table.name), listed)
        kinds_of = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
        self._types = [each.type.compile(kinds_of).lower() for each in table.c]
        self._adapt = [
            _json if isinstance(each.type, JSONB) else _as_is for each in table.c
        ]

    def fold(self, events: Sequence[Recorded], db: Connection) -> None:
        """Move the rows that `events` are about; facts of other kinds are left out.

        A few statements, however many they are.

        Safe to repeat: Yes. Facts up to a row's `version` are skipped.
        """
        histories = defaultdict[Key, list[tuple[Recorded, F]]](list)
        for recorded in events:
            if isinstance(fact := recorded.fact, self._kinds):
                histories[self._key_of(recorded)].append((recorded, fact))
        if not histories:
            return
        known = self._known(histories, db)
        new, changed = list[Row](), list[Row]()
        for key, facts in histories.items():
            row = self._after(known.get(key), facts)
            if row is not None:
                (changed if key in known else new).append(row)
        if len(new) < _BULK or not self._copied(new, db):
            changed += new
        if changed:
            db.execute(self._write, {"rows": to_json(changed).decode()})

    def _known(self, keys: Collection[Key], db: Connection) -> dict[Key, Row]:
        """Return the rows that there are, by key."""
        columns = map(list, zip(*keys, strict=True))
        known = dict[Key, Row]()
        for found in db.execute(self._find, dict(zip(self._key, columns, strict=True))):
            row = dict(zip(self._names, found, strict=True))
            known[tuple([row[name] for name in self._key])] = row
        return known

    def _copied(self, rows: Sequence[Row], db: Connection) -> bool:
        """Add `rows` in bulk; say False, and add none, if one is there by now."""
        try:
            with (
                db.begin_nested(),
                driver(db).cursor() as cursor,
                cursor.copy(self._copy_in) as copy,
            ):
                copy.set_types(self._types)
                for row in rows:
                    values = zip(self._adapt, self._names, strict=True)
                    copy.write_row([adapt(row.get(name)) for adapt, name in values])
        except errors.UniqueViolation:
            return False
        return True

    def _named(self, recorded: Recorded) -> Key:
        return tuple([getattr(recorded.fact, name) for name in self._key])

    def _after(self, row: Row | None, history: Sequence[tuple[Recorded, F]]) -> Row | None:
        for recorded, fact in history:
            if row is not None and recorded.version <= row["version"]:
                continue
            row = self._move(row, fact)
            if row is not None:
                row["version"] = recorded.version
                if self._note is not None:
                    self._note(row, recorded)
        return row


def _json(value: object) -> object:
    return None if value is None else Jsonb(value, to_json)


def _as_is(value: object) -> object:
    return value
