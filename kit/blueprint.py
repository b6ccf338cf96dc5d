"""What a service is made of, apart from where it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from sqlalchemy import Connection, MetaData

from kit.consumers.columns import InColumns
from kit.consumers.reactions import Reaction, decided_within
from kit.consumers.records import Handler
from kit.eventstore.streams import PostgresStreams, Projection
from kit.readmodels.models import ForeignReadModel, OwnReadModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A service: its name, its API, the facts it publishes, the read models it keeps.

    Shape: `topic` is None for a service that decides nothing; `statuses` are HTTP's for
        refusals, by code, where it is not 409; `reactions` come after the read models that
        are folded from the same facts; `warm_up` is done beside the rest at start.
    """

    name: str
    topic: str | None
    router: APIRouter
    statuses: Mapping[str, HTTPStatus] = field(default_factory=dict)
    own: Sequence[OwnReadModel] = ()
    foreign: Sequence[ForeignReadModel] = ()
    reactions: Sequence[Reaction] = ()
    warm_up: Callable[[], None] | None = None

    @property
    def projections(self) -> Sequence[Projection]:
        """The folds of its own facts."""
        return [project for model in self.own for project in model.projections]

    @property
    def tables(self) -> Sequence[MetaData]:
        """The tables of all its read models."""
        own = [model.tables for model in self.own]
        return [*own, *(model.tables for model in self.foreign)]

    def handlers(self, streams: PostgresStreams) -> Mapping[str, Handler]:
        """Return what is done with others' facts, by topic; `streams` keep what follows."""
        folded = [topic for model in self.foreign for topic in model.topics]
        reacted_to = [topic for reaction in self.reactions for topic in reaction.topics]
        topics = dict.fromkeys([*folded, *reacted_to])
        return {topic: _all_of(self._folds(topic, streams)) for topic in topics}

    def _folds(self, topic: str, streams: PostgresStreams) -> Sequence[Handler]:
        models = [model.handler for model in self.foreign if topic in model.topics]
        reactions = [each for each in self.reactions if topic in each.topics]
        return [*models, *(decided_within(streams, each) for each in reactions)]


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
