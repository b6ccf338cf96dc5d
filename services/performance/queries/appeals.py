"""What appeals claim: whether it could be so, and what it would make of a scorecard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, LiteralString

from sqlalchemy import Connection, Engine

from contracts.performance import Claim
from contracts.registry import NAMES, decode
from kit.database import driver
from services.performance.commands import Appealing, FileAppeal, Planning
from services.performance.handlers import STREAM
from services.performance.model.choosing import chosen_policy
from services.performance.model.policy import Policy
from services.performance.model.proposed import parsed
from services.performance.model.standing.pleading import Appealable
from services.performance.model.standing.state import Appeal
from services.performance.model.things import named_by, require
from services.performance.policies import MEANT
from services.performance.queries.one_seller import Asked, WhatIf, ask_what_if
from services.performance.queries.standing import rows_of_sellers

_FACT: Final[LiteralString] = """
SELECT type, data::text FROM events WHERE stream_id = %s AND event_id::text = %s
"""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What an appeal's claims would make of what it is against.

    Shape: `question` is what was asked then, with all that is known now.
    """

    question: Asked
    found: WhatIf


def with_claims(command: Planning | Appealing, db: Connection) -> Planning | Appealing:
    """Return `command`, the claims of an appeal written out as they would be published.

    Raises:
        ClaimsRefused: They could not be facts of this seller's, or of what there is.
    """
    if not isinstance(command, FileAppeal) or not command.claims:
        return command
    claimed = parsed(command.claims, command.seller_id, command.at, MEANT)
    rows = rows_of_sellers(db.engine, [command.seller_id], None)
    require(claimed.facts, named_by(*rows))
    written = tuple(
        Claim(type=NAMES[type(fact)], data=fact.model_dump(mode="json"))
        for fact in claimed.facts
    )
    return replace(command, claims=written)


def overlay_of(
    seller_id: str, appeal: Appeal, policies: Sequence[Policy], now: datetime, db: Engine
) -> Overlay:
    """Return what the claims would make of the scorecard that was judged then.

    Raises:
        SellerNotKnown: Nothing was true by then; ClaimsRefused or PolicyUnknown too.
    """
    with db.connect() as read:
        found = driver(read).execute(_FACT, (f"{STREAM}{seller_id}", appeal.against))
        [(name, data)] = found.fetchall()
    fact = decode(name, data)
    policy = fact.policy if isinstance(fact, Appealable) else None
    as_of = fact.happened_at
    question = Asked(seller_id, chosen_policy(policy, as_of, policies), as_of, now)
    what_if, _ = ask_what_if(db, question, appeal.claims)
    return Overlay(question, what_if)
