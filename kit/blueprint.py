"""What a service is made of, apart from where it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection, MetaData

from kit.consumers.columns import InColumns
from kit.consumers.records import Handler
from kit.eventstore.streams import Projection
from kit.readmodels.models import ForeignReadModel, OwnReadModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A service: its name, its API, the facts it publishes, the read models it keeps.

    Shape: `topic` is None for a service that decides nothing; `statuses` are HTTP's for
        refusals, by code, where it is not 409; `warm_up` is done beside the rest at start;
        `keeps` are tables that are no read models, and are never made again.
    """

    name: str
    topic: str | None
    router: APIRouter
    statuses: Mapping[str, HTTPStatus] = field(default_factory=dict)
    own: Sequence[OwnReadModel] = ()
    foreign: Sequence[ForeignReadModel] = ()
    warm_up: Callable[[], None] | None = None
    keeps: Sequence[MetaData] = ()

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
    def handlers(self) -> Mapping[str, Handler]:
        """The folds of others' facts, by topic."""
        topics = dict.fromkeys(topic for model in self.foreign for topic in model.topics)
        return {topic: _all_of(self._folds(topic)) for topic in topics}

    def _folds(self, topic: str) -> Sequence[Handler]:
        return [model.handler for model in self.foreign if topic in model.topics]


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
