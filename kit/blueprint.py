"""What a service is made of, apart from where it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection, MetaData

from kit.consumers.columns import InColumns
from kit.consumers.reactions import BatchReaction, Reaction
from kit.consumers.records import Handler
from kit.eventstore.streams import PostgresStreams, Projection
from kit.readmodels.models import ForeignReadModel, OwnReadModel
from kit.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A service: its name, its API, the facts it publishes, the read models it keeps.

    Shape: `topic` is None for a service that decides nothing; `statuses` are HTTP's for
        refusals, by code, where it is not 409; `reactions` are what it decides on others'
        facts, `schedules` what it does by the clock; `keeps` are tables that are no read
        models, and are never made again; `warm_up` is done beside the rest at start;
        `asks` are the services that its API asks, each with what it does if it is told of
        none; `before_start` is done once its tables are there, at a moment, in a
        transaction of the schema of what it `keeps`; if it raises, the service does not
        start; `state` is what its API finds at `app.state`, by name.
    """

    name: str
    topic: str | None
    router: APIRouter
    statuses: Mapping[str, HTTPStatus] = field(default_factory=dict)
    own: Sequence[OwnReadModel] = ()
    foreign: Sequence[ForeignReadModel] = ()
    reactions: Sequence[Reaction | BatchReaction] = ()
    schedules: Sequence[Schedule] = ()
    warm_up: Callable[[], None] | None = None
    keeps: Sequence[MetaData] = ()
    asks: Mapping[str, str] = field(default_factory=dict)
    before_start: Callable[[Connection, datetime], None] | None = None
    state: Mapping[str, object] = field(default_factory=dict)

    @property
    def projections(self) -> Sequence[Projection]:
        """The folds of its own facts."""
        return [project for model in self.own for project in model.projections]

    @property
    def tables(self) -> Sequence[MetaData]:
        """The tables of all its read models."""
        own = [model.tables for model in self.own]
        return [*own, *(model.tables for model in self.foreign)]

    @property
    def reads(self) -> Sequence[str]:
        """The topics of others' facts that it reads."""
        folded = [topic for model in self.foreign for topic in model.topics]
        reacted_to = [topic for one in self.reactions for topic in one.topics]
        return list(dict.fromkeys(folded + reacted_to))

    def handlers(self, streams: PostgresStreams) -> Mapping[str, Handler]:
        """Return what others' facts do here, by topic: folds, and reactions."""
        return {topic: _all_of(self._handlers(topic, streams)) for topic in self.reads}

    def _handlers(self, topic: str, streams: PostgresStreams) -> Sequence[Handler]:
        folds = [model.handler for model in self.foreign if topic in model.topics]
        mine = [one for one in self.reactions if topic in one.topics]
        return [*folds, *(one.handler(streams) for one in mine)]


def _all_of(folds: Sequence[Handler]) -> Handler:
    """Return what does all that `folds` do: in columns, if each of them takes columns."""
    projects = [fold.project for fold in folds if isinstance(fold, InColumns)]
    if len(projects) == len(folds):
        return InColumns(partial(_do_all, projects))
    return partial(_do_all, folds)


def _do_all(
    folds: Sequence[Callable[[Any, Connection], None]], facts: object, db: Connection
) -> None:
    for fold in folds:
        fold(facts, db)
