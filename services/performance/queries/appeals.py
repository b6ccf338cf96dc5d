"""What appeals claim: whether it could be so, and what it would make of a scorecard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, LiteralString

from sqlalchemy import Connection, Engine

from contracts.fact import Fact
from contracts.performance import Claim
from contracts.registry import NAMES, decode
from kit.database import driver
from services.performance.commands import Appealing, FileAppeal, Planning
from services.performance.handlers import STREAM
from services.performance.model.choosing import chosen_policy
from services.performance.model.policy import Policy
from services.performance.model.proposed import claimed, parsed, require_grounds
from services.performance.model.standing.pleading import Appealable
from services.performance.model.standing.refusals import AgainstUnknown
from services.performance.model.standing.state import Appeal
from services.performance.model.things import named_by, require
from services.performance.policies import MEANT
from services.performance.queries.known import require_known
from services.performance.queries.one_seller import Asked, WhatIf, laid_over
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


def known_and_checked(
    command: Planning | Appealing, db: Connection
) -> Planning | Appealing:
    """Return `command`, the claims of an appeal written out as they would be published.

    Raises:
        SellerNotKnown: Nothing is known of such a seller.
        ClaimsRefused: They could not be facts of this seller's, or of what there is; or
            lie after the moment of what the appeal is against.
    """
    require_known(command.seller_id, command.at, db)
    if not isinstance(command, FileAppeal) or not command.claims:
        return command
    given = parsed(command.claims, command.seller_id, command.at, MEANT)
    rows = rows_of_sellers(db.engine, [command.seller_id], None)
    require(given.facts, named_by(*rows.said))
    against = _told_in(command.seller_id, command.against, db)
    if isinstance(against, Appealable):  # else nothing was judged, as is told them
        require_grounds(given.facts, against.happened_at, MEANT)
    written = tuple(
        Claim(type=NAMES[type(fact)], data=fact.model_dump(mode="json"))
        for fact in given.facts
    )
    return replace(command, claims=written)


def overlay_of(
    seller_id: str, appeal: Appeal, policies: Sequence[Policy], now: datetime, db: Engine
) -> Overlay:
    """Return what the claims would make of the scorecard that was judged then.

    Shape: the claims were checked when they were filed; what of them is true only later
        changes nothing.

    Raises:
        AgainstUnknown: It is against nothing that was judged.
        SellerNotKnown: Nothing was true by then; PolicyUnknown too.
    """
    with db.connect() as read:
        fact = _told_in(seller_id, appeal.against, read)
    if not isinstance(fact, Appealable):
        raise AgainstUnknown(appeal.against)
    as_of = fact.happened_at
    question = Asked(seller_id, chosen_policy(fact.policy, as_of, policies), as_of, now)
    rows, _ = question.read(db)
    return Overlay(question, laid_over(rows, question, claimed(appeal.claims)))


def _told_in(seller_id: str, event_id: str, db: Connection) -> Fact | None:
    """Return a fact of a seller's standing, or None if there is none of this id."""
    found = driver(db).execute(_FACT, (f"{STREAM}{seller_id}", event_id)).fetchone()
    return None if found is None else decode(*found)
