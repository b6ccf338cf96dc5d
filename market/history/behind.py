"""The facts that rows name, out of what is published of one seller."""

from collections.abc import Collection, Iterable
from contextlib import closing
from typing import Any, Final

from contracts.performance import AppealDecided
from contracts.registry import NAMES
from contracts.topics import BUYERS, CATALOG, ORDERS, PERFORMANCE
from market.history.published import Published
from market.history.reading import read_history
from market.waiting import Tell

_DECIDED: Final = NAMES[AppealDecided]
_TOPICS: Final = (ORDERS, CATALOG, BUYERS, PERFORMANCE)
"""Those that performance reads: its own has what appeals claim."""


def read_behind(
    bootstrap_servers: str, seller_id: str, ids: Collection[str], tell: Tell
) -> list[dict[str, Any]]:
    """Return what `facts_behind` does, out of Kafka's history.

    Raises:
        UnreadableError: The broker does not answer, or lacks a topic.
    """
    with closing(read_history(bootstrap_servers, _TOPICS, tell)) as published:
        return facts_behind(published, seller_id, ids)


def facts_behind(
    published: Iterable[Published], seller_id: str, ids: Collection[str]
) -> list[dict[str, Any]]:
    """Return the facts of a seller with these ids, in the order in which they come.

    Nothing more is read once all were found. Ids that no fact has are those of claims: so
    the decisions of the seller's appeals are returned with them.

    Shape: as `market history --format ndjson` shows each.
    """
    missing, found = {*ids}, list[dict[str, Any]]()
    for fact in published:
        envelope = fact.envelope
        name = str(envelope.id)
        mine = envelope.partitionkey == seller_id
        if mine and (name in missing or envelope.type == _DECIDED):
            found.append(fact.row())
            missing.discard(name)
        if not missing:
            break
    return found
