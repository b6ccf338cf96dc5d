"""A fact as it was found on its topic, and how it is printed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from contracts.envelope import Envelope
from kit.consumers.records import Record, read_envelope
from market.output import harmless

HEADING: Final = (
    f"{'pos':>7}  {'happened at':<19}  {'fact':<32}  {'seller':<16}  stream and version"
)
ID_HEADING: Final = f"{HEADING[:7]}  {'id':<36}{HEADING[7:]}"
"""With the ids of facts."""


@dataclass(frozen=True, slots=True)
class Published:
    """One fact on `topic`.

    Shape: `value` is the JSON that its owner stored, byte for byte.
    """

    topic: str
    partition: int
    envelope: Envelope
    value: bytes

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return what `record` holds.

        Raises:
            ValueError: Its headers are not those of a fact.
        """
        envelope = read_envelope(record.headers)
        return cls(record.topic, record.partition, envelope, record.value or b"")

    @property
    def pos(self) -> int:
        """Its place in the history of the topic: 1, 2, 3 ..."""
        return self.envelope.pos

    def row(self) -> dict[str, Any]:
        """Return it as a JSON object, with who asked for it if that is known.

        Raises:
            ValueError: Its value is not JSON.
        """
        envelope = self.envelope
        return {
            "topic": self.topic,
            "pos": envelope.pos,
            "type": envelope.type,
            "stream": envelope.subject,
            "version": envelope.sequence,
            "seller_id": envelope.partitionkey,
            "time": _iso(envelope.time),
            "recorded_at": _iso(envelope.recordedtime),
            **({} if envelope.actor is None else {"actor": envelope.actor}),
            "id": str(envelope.id),
            "data": json.loads(self.value),
        }

    def line(self, *, with_id: bool = False) -> str:
        """Return it as one line for people, with what is worth saying of its data.

        Raises:
            ValueError: Its value is not JSON.
        """
        row = self.row()
        shown_id = f"  {row['id']}" if with_id else ""
        line = (
            f"{row['pos']:>7}{shown_id}"
            f"  {self.envelope.time:%Y-%m-%d %H:%M:%S}  {row['type']:<32}"
            f"  {row['seller_id']:<16}  {row['stream']} v{row['version']}"
            f"  {' '.join(_said(row))}"
        )
        return harmless(line)

    def lines(self) -> Iterator[str]:
        """Yield all that it says, a line for each.

        Raises:
            ValueError: Its value is not JSON.
        """
        row = self.row()
        data = row.pop("data")
        for name, value in row.items():
            yield f"{name:<12} {value}"
        said = data if isinstance(data, dict) else {"": data}
        for name, value in said.items():
            yield f"  {name:<22} {json.dumps(value, ensure_ascii=False)}"

    def short_line(self) -> str:
        """Return it as a line without its seller and stream, where those are known.

        Raises:
            ValueError: Its value is not JSON.
        """
        row = self.row()
        begin = f"{row['pos']:>7}  {self.envelope.time:%Y-%m-%d %H:%M:%S}"
        return harmless(f"{begin}  {row['type']:<32}  {' '.join(_said(row))}")


def _said(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the columns before do not say yet; of a list, how long it is."""
    data = row["data"] if isinstance(row["data"], dict) else {"data": row["data"]}
    said = {row["seller_id"], row["time"]}
    for name, value in data.items():
        match value:
            case None:
                continue
            case list() | dict():
                yield f"{name}={len(value)}"
            case str():
                if value not in said and value not in row["stream"]:
                    yield f"{name}={value}"
            case _:
                yield f"{name}={value}"


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
