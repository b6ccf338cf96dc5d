"""Stock as catalog keeps it, asked over its API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kit.peers import Peer, PeerAway, Reply
from services.orders.model.refusals import TooLittleStock

MOST_LINES: Final = 1_000
"""Lines that catalog takes in one request."""

MOST_UNITS: Final = 2**31 - 1
"""Units that catalog takes in one line."""

_TOO_LITTLE: Final = "insufficient-stock"
_ENDED: Final = "order-ended"


@dataclass(frozen=True, slots=True)
class CatalogStock:
    """`Stock` in catalog's hands."""

    catalog: Peer

    def set_aside(
        self, seller_id: str, order_id: str, units: Mapping[str, int], version: int
    ) -> None:
        """Have units set aside.

        Of an order with more lines than catalog takes at once, what was set aside of the
        first stays so if there is too little of the rest, until the order ends.

        Raises:
            TooLittleStock: As `Stock.set_aside`; PeerAway too.
        """
        lines = [*_lines(units)]
        for start in range(0, len(lines), MOST_LINES):
            part = lines[start : start + MOST_LINES]
            order = {"seller_id": seller_id, "order_id": order_id, "version": version}
            self._judge(self.catalog.ask("/reservations", {**order, "lines": part}))

    def _judge(self, reply: Reply) -> None:
        """Go on, unless there is too little.

        An order that has ended, as catalog has heard, gets nothing; its own stream knows
        better how to say so.

        Raises:
            TooLittleStock: There is.
            PeerAway: It did not understand us: what was asked is as unknown as before.
        """
        if reply.kind == _TOO_LITTLE:
            raise TooLittleStock(str(reply.body["detail"]), _short(reply.body))
        if reply.refused and reply.kind != _ENDED:
            told = f"{reply.status}, {reply.body.get('detail')}"
            raise PeerAway(self.catalog.name, told)


def _lines(units: Mapping[str, int]) -> Iterator[Mapping[str, Any]]:
    for product_id, wanted in units.items():
        for start in range(0, wanted, MOST_UNITS):
            left = min(wanted - start, MOST_UNITS)
            yield {"product_id": product_id, "units": left}


def _short(problem: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = problem.get("short", ())
    return found
