"""Answers about one seller in the form of those about many, had again by what had come."""

from sqlalchemy import Engine

from services.performance.model.evidence import explain
from services.performance.model.policy import Policy
from services.performance.model.what_if import what_if
from services.performance.queries import Question, Scorecards, judged
from services.performance.queries.all_sellers import Compared, counted
from services.performance.queries.one_seller import Asked
from services.performance.queries.seen import Seen


def ask_scorecards_of(
    db: Engine, asked: Asked, *, explained: bool = False
) -> tuple[Scorecards, Seen]:
    """Return a seller's scorecard, and what of the facts had come. Blocks.

    Shape: `explained`, with the obligations behind it, each with the facts that said so.

    Raises:
        SellerNotKnown: As `Asked.read` says.
    """
    rows, seen = asked.read(db)
    cards, levels = judged(rows, Question(asked.policy, asked.as_of))
    evidence = explain(*rows, asked.policy, asked.as_of) if explained else None
    return Scorecards(cards, levels, evidence), seen


def ask_comparison_of(db: Engine, asked: Asked, proposed: Policy) -> tuple[Compared, Seen]:
    """Return what `proposed` would change of a seller, and what had come. Blocks.

    Raises:
        SellerNotKnown: As `Asked.read` says.
    """
    rows, seen = asked.read(db)
    changes = what_if(*rows, (asked.policy, proposed), asked.as_of)
    return Compared(changes, counted(changes)), seen
