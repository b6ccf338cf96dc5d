"""The front door with what must hold beside a command's own stream: looked up first."""

from dataclasses import replace
from functools import partial
from typing import Final, get_args

from sqlalchemy import Connection

from contracts.registry import NAMES
from kit.asker import Asker
from kit.database import driver
from kit.eventstore.requests import AnyRequest
from services.performance.commands import Appealing, FileAppeal, Planning
from services.performance.handlers import STREAM, to_request
from services.performance.model.standing.pleading import Appealable
from services.performance.model.standing.refusals import AgainstUnknown, FactsUnknown

_APPEALABLE: Final = [NAMES[kind] for kind in get_args(Appealable)]
_IS_TOLD: Final = """
SELECT FROM events WHERE stream_id = %s AND event_id::text = %s AND type = ANY(%s)
"""
_HEARD_OF: Final = """
SELECT event_id::text FROM obligation_sayings
WHERE seller_id = %(seller)s AND event_id::text = ANY(%(ids)s)
UNION SELECT event_id::text FROM listing_sayings
WHERE seller_id = %(seller)s AND event_id::text = ANY(%(ids)s)
"""


def checked_request(
    command: Planning | Appealing, asker: Asker | None = None
) -> AnyRequest:
    """Return `command` as what is asked of its stream, with its premise if it has one."""
    request = to_request(command, asker)
    if not isinstance(command, FileAppeal):
        return request
    return replace(request, premise=partial(names_what_is, command))


def names_what_is(command: FileAppeal, db: Connection) -> None:
    """Let an appeal name facts of its seller alone.

    Raises:
        AgainstUnknown: What it is against is no review, warning or sanction of theirs.
        FactsUnknown: What it contests says nothing of them.
    """
    asked = (f"{STREAM}{command.seller_id}", command.against, _APPEALABLE)
    if driver(db).execute(_IS_TOLD, asked).fetchone() is None:
        raise AgainstUnknown(command.against)
    ids = {"seller": command.seller_id, "ids": [*command.contests]}
    heard = {name for (name,) in driver(db).execute(_HEARD_OF, ids)}
    if unknown := [name for name in command.contests if name not in heard]:
        raise FactsUnknown(unknown)
