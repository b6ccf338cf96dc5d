"""HTTP out: a metric of all sellers made again from the topics, beside what tables say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

import polars as pl
from fastapi import APIRouter, Query
from pydantic import BaseModel

from kit.process import Process
from kit.web.asking import may
from kit.web.described import problems
from kit.web.operations import ThisProcess
from services.performance.api.asking import AsOf, KnownAt, PoliciesHere, PolicyVersion
from services.performance.model.choosing import chosen_metrics, chosen_policy
from services.performance.model.metrics import LISTINGS_COMPLETE
from services.performance.queries import Question
from services.performance.queries.replay import Replayed, Source, ask_replay

router = APIRouter()

MOST_SHOWN: Final = 100
"""Of how many sellers it is shown what differs."""


class Counted(BaseModel):
    """What one way of counting finds: of how many sellers, and how much in all.

    Units: `due` and `kept` as of the metric; `kept` is null for one of points.
    """

    sellers: int
    due: int
    kept: int | None


class Difference(BaseModel):
    """A seller of whom topics and tables don't say the same: both rows, null for none."""

    seller_id: str
    replayed: dict[str, Any] | None
    live: dict[str, Any] | None


class Replay(BaseModel):
    """A metric of all sellers, from the topics alone and from the tables.

    Shape: `ends` says how far each topic was read, the offset beyond by partition: as far
        as the service had applied it. `differ` counts the sellers of whom the two don't say
        the same: none, unless a table is wrong; `differences` shows the first hundred.
    """

    metric: str
    policy: str
    policy_digest: str
    as_of: datetime
    known_at: datetime | None
    ends: Mapping[str, Mapping[int, int]]
    replayed: Counted
    live: Counted
    differ: int
    differences: list[Difference]


@router.get(
    "/scorecards/replay",
    dependencies=[may("operator", "service")],
    responses=problems(HTTPStatus.NOT_FOUND),
)
def replay_scorecards(
    metric: Annotated[str, Query(description="Which metric.")],
    as_of: AsOf,
    policies: PoliciesHere,
    process: ThisProcess,
    known_at: KnownAt = None,
    version: PolicyVersion = None,
) -> Replay:
    """Answer a metric of all sellers from the history in Kafka, beside what tables say."""
    (name,) = chosen_metrics(metric)
    question = Question(chosen_policy(version, as_of, policies), as_of, known_at)
    found = ask_replay(process.engine, _source_of(process), question, name)
    differing = found.differing
    return Replay(
        metric=name,
        policy=question.policy.version,
        policy_digest=question.policy.digest,
        as_of=as_of,
        known_at=known_at,
        ends=found.ends,
        replayed=_counted(found.again, name),
        live=_counted(found.live, name),
        differ=len(differing),
        differences=_shown(found, differing[:MOST_SHOWN]),
    )


def _source_of(process: Process) -> Source:
    topics = [topic for model in process.blueprint.foreign for topic in model.topics]
    return Source(process.settings.kafka_bootstrap_servers, process.blueprint.name, topics)


def _counted(cards: pl.DataFrame, metric: str) -> Counted:
    kept = None if metric == LISTINGS_COMPLETE else int(cards["kept"].sum())
    return Counted(sellers=len(cards), due=int(cards["due"].sum()), kept=kept)


def _shown(found: Replayed, sellers: Sequence[str]) -> list[Difference]:
    return [
        Difference(
            seller_id=seller_id,
            replayed=_of(found.again, seller_id),
            live=_of(found.live, seller_id),
        )
        for seller_id in sellers
    ]


def _of(cards: pl.DataFrame, seller_id: str) -> dict[str, Any] | None:
    rows = cards.filter(seller_id=seller_id).drop("seller_id").to_dicts()
    return rows[0] if rows else None
