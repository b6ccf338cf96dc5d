"""Where sellers stand, kept in the append transaction: you read your own writes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from contracts.performance import (
    AppealDecided,
    SellerSuspended,
    SellerWarned,
    StandingEvent,
    VisibilityReduced,
)
from kit.eventstore.records import Recorded
from kit.readmodels.rows import FoldedRows, Row
from services.performance.model.standing import STANDING
from services.performance.model.standing.state import Standing

standing_metadata = MetaData()

standings = Table(
    "standings",
    standing_metadata,
    Column("seller_id", Text, primary_key=True),
    Column("step", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("boosted", Boolean, nullable=False),
    Column("since", DateTime(timezone=True)),
    Column("waiting", Integer, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("told", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Index("standings_by_step", "step", "seller_id"),
    Index("standings_with_rungs", "seller_id", postgresql_where=text("step <> 'healthy'")),
    Index("standings_waiting", "seller_id", postgresql_where=text("waiting > 0")),
)
"""`since` when the step holds; `waiting` plans and appeals; `state` is the standing itself,
from which the next fact goes on; `told`, of each step that holds, in which fact that was
said, on what grounds, and until when it can be cured."""

_STATE: Final = TypeAdapter(Standing)


def project_standings(events: Sequence[Recorded], db: Connection) -> None:
    """Keep each seller's standing up to date.

    Safe to repeat: Yes. Facts up to a row's `version` are skipped.
    """
    _STANDINGS.fold(events, db)


def read_standing(state: Any) -> Standing:  # noqa: ANN401 - as JSON has it
    """Return the standing of a row's `state`: JSON, so lists stand for its tuples."""
    return _STATE.validate_python(state, strict=False)


def _after(row: Row | None, fact: StandingEvent) -> Row:
    before = STANDING.initial if row is None else read_standing(row["state"])
    standing = STANDING.evolve(before, fact)
    held = {rung.step for rung in standing.rungs}
    told = [] if row is None else [one for one in row["told"] if one["step"] in held]
    if len(standing.rungs) > len(before.rungs):
        told.append({"step": standing.step, "fact_id": None, **_told_by(fact)})
    states = [plan.state for plan in standing.plans.values()]
    waiting = [*states, *(a.state for a in standing.appeals.values())].count("waiting")
    return {
        "seller_id": fact.seller_id,
        "step": standing.step,
        "level": standing.level,
        "boosted": standing.boosted,
        "since": standing.stepped_at,
        "waiting": waiting,
        "state": _STATE.dump_python(standing, mode="json"),
        "told": told,
    }


def _told_by(fact: StandingEvent) -> Mapping[str, Any]:
    match fact:
        case SellerWarned() | VisibilityReduced():
            return fact.model_dump(mode="json", include={"grounds", "cure_by"})
        case SellerSuspended():
            grounds = fact.model_dump(mode="json", include={"reasons"})["reasons"]
            return {"grounds": grounds, "cure_by": None}
        case _:
            return {}


def _note_its_fact(row: Row, recorded: Recorded) -> None:
    if isinstance(recorded.fact, AppealDecided):
        appeal = row["state"]["appeals"][recorded.fact.appeal_id]
        appeal["decided_in"] = str(recorded.event_id)
    for told in row["told"]:
        if told["fact_id"] is None:
            told["fact_id"] = str(recorded.event_id)


_STANDINGS: Final = FoldedRows(
    standings, get_args(StandingEvent), _after, note=_note_its_fact
)
