"""From a blueprint to a process that answers: built, served, stopped gracefully."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from uuid_utils.compat import uuid7

from kit.asker import Asker
from kit.blueprint import Blueprint
from kit.database import connect
from kit.eventstore.gathering import GatheredStreams
from kit.eventstore.history import History
from kit.eventstore.streams import PostgresStreams
from kit.peers import Peer
from kit.process import Process
from kit.settings import Settings
from kit.telemetry import observe_history, start_telemetry, stop_telemetry
from kit.web.asking import guard
from kit.web.described import describe_problems
from kit.web.operations import operations
from kit.web.problems import answer_problems

_log: Final = logging.getLogger(__name__)


def build(blueprint: Blueprint, settings: Settings) -> FastAPI:
    """Return the service's HTTP app; its other parts start and stop with it.

    Raises:
        UndeclaredRoute: One of its routes does not say who may call it.
    """
    engine = connect(settings.database_url, pool_size=20)
    who = str(Asker("service", blueprint.name))
    streams = PostgresStreams(
        History(engine), blueprint.projections, new_id, now, actor=who
    )
    peers = peers_of(blueprint, settings)
    process = Process(blueprint, settings, engine, streams, peers)
    app = FastAPI(title=blueprint.name, lifespan=process.run)
    app.state.process = process
    app.state.engine = process.engine
    app.state.now = now
    app.state.streams = GatheredStreams(streams)
    app.state.peers = process.peers
    for name, value in blueprint.state.items():
        setattr(app.state, name, value)
    app.include_router(operations)
    if "api" in settings.parts:
        app.include_router(blueprint.router)
    answer_problems(app, blueprint.statuses)
    describe_problems(app)
    guard(app, settings.verifier)
    return app


def serve(blueprint: Blueprint) -> None:
    """Run the service as its environment says, until it is told to stop.

    Raises:
        SystemExit: The environment lacks something; it says what.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        settings = Settings()
    except ValidationError as wrong:
        raise SystemExit(_lacking(wrong)) from None
    start_telemetry(blueprint.name, settings.otel_exporter_otlp_endpoint)
    app = build(blueprint, settings)
    if blueprint.topic:
        observe_history(app.state.engine)
    try:
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
        )
    finally:
        stop_telemetry()


def peers_of(blueprint: Blueprint, settings: Settings) -> Mapping[str, Peer]:
    """Return the services that this one asks, by name, as far as it is told where."""
    found, file = dict[str, Peer](), settings.service_token_file
    for name, otherwise in blueprint.asks.items():
        url = settings.url_of(name)
        if url is None or file is None:
            _log.warning("%s_URL is not set: %s", name.upper(), otherwise)
        else:
            found[name] = Peer(name, url, file)
    return found


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """Return a new id that sorts by time: UUID version 7."""
    return uuid7()


def _lacking(wrong: ValidationError) -> str:
    names: list[Mapping[str, Any]] = [dict(error) for error in wrong.errors()]
    return "\n".join(f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in names)
