"""What operators ask of a process: does it live, is it ready, where does it stand."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field

from contracts.fact import Text
from kit.consumers.parked import ParkedEvent
from kit.consumers.parking import (
    NotParked,
    ParkedStream,
    Redriven,
    discard,
    parked_stream,
    parked_streams,
    redrive,
)
from kit.process import Process
from kit.readmodels.beside import Comparison
from kit.readmodels.foreign import rebuild_foreign, verify_foreign
from kit.readmodels.own import rebuild_own, verify_own
from kit.standing import look
from kit.web.asking import OPEN, may
from kit.web.described import problems
from kit.web.problems import problem

OPERATORS: Final = may("operator", "service")

operations = APIRouter(tags=["operations"])


def _process(request: Request) -> Process:
    process: Process = request.app.state.process
    return process


ThisProcess: TypeAlias = Annotated[Process, Depends(_process)]


@operations.get("/health", dependencies=[OPEN])
async def health() -> dict[str, str]:
    """Answer that the process lives; nothing else is looked at."""
    return {"status": "alive"}


@operations.get(
    "/ready",
    dependencies=[OPEN],
    responses=problems(HTTPStatus.SERVICE_UNAVAILABLE),
)
async def ready(process: ThisProcess) -> Response:
    """Answer 200 if the process can do its work, else 503 and what is missing."""
    found = await look(process)
    if found.missing:
        detail = "; ".join(found.missing)
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "not-ready", detail)
    return JSONResponse({"status": "ready"})


@operations.get("/metrics", dependencies=[OPEN], response_class=PlainTextResponse)
def read_metrics() -> Response:
    """Answer this process's metrics, as Prometheus reads them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@operations.get("/status", dependencies=[OPERATORS])
async def status(process: ThisProcess) -> dict[str, Any]:
    """Answer where the service stands.

    Units: `pos` counts the facts recorded, or for a service that records none the facts of
        others that it has come to know; `lag` those on their way out and in; `parked` the
        events that wait for a redrive; null is what can't be found out now.
    """
    found = await look(process)
    log, relay = found.log, None
    pos = found.known_facts if process.blueprint.topic is None else None
    if process.blueprint.topic is not None and log is not None:
        relay = {"head": log.head, "published": log.published, "pending": log.pending}
        pos = log.head
    parked = None if found.parked is None else sum(each.events for each in found.parked)
    return {
        "service": process.blueprint.name,
        "state": "degraded" if found.missing else "ready",
        "missing": found.missing,
        "pos": pos,
        "lag": found.lag,
        "parked": parked,
        "consumers": [asdict(part) for part in found.consumers or ()],
        "relay": relay,
    }


@operations.get("/parked", dependencies=[OPERATORS])
def read_parked(process: ThisProcess) -> list[dict[str, Any]]:
    """Answer the streams that wait, those waiting longest first."""
    return [asdict(stream) for stream in _parked(process)]


@operations.get("/parked/{topic}/{stream:path}", dependencies=[OPERATORS])
def read_parked_stream(topic: Text, stream: Text, process: ThisProcess) -> Response:
    """Answer the events of one stream that wait, in their order."""
    try:
        queue = parked_stream(process.engine, process.blueprint.name, topic, stream)
    except NotParked as why:
        return problem(HTTPStatus.NOT_FOUND, "not-parked", str(why))
    return JSONResponse([_readable(event) for event in queue])


@operations.post("/parked/{topic}/{stream:path}/redrive", dependencies=[OPERATORS])
def redrive_parked(topic: Text, stream: Text, process: ThisProcess) -> Response:
    """Apply what waits of a stream, in order, or leave all of it waiting and say why."""
    handler = process.blueprint.handlers(process.streams).get(topic)
    if handler is None:
        return problem(HTTPStatus.NOT_FOUND, "not-parked", f"{topic} is not read here")
    try:
        done: Redriven = redrive(
            process.engine, process.blueprint.name, topic, stream, handler
        )
    except NotParked as why:
        return problem(HTTPStatus.NOT_FOUND, "not-parked", str(why))
    return JSONResponse(asdict(done))


class Discarding(BaseModel):
    """Which event to give up, the first unless it is named, and on what grounds."""

    model_config = ConfigDict(extra="forbid")

    because: Annotated[Text, Field(min_length=1)]
    event_id: UUID | None = None


@operations.post("/parked/{topic}/{stream:path}/discard", dependencies=[OPERATORS])
def discard_parked(
    topic: Text, stream: Text, body: Discarding, process: ThisProcess
) -> Response:
    """Give up an event that can't be applied; it is kept, with the grounds."""
    group = process.blueprint.name
    try:
        left = discard(
            process.engine,
            group,
            topic,
            stream,
            because=body.because,
            event_id=body.event_id,
        )
    except NotParked as why:
        return problem(HTTPStatus.NOT_FOUND, "not-parked", str(why))
    return JSONResponse({"waiting": left})


@operations.post("/read-models/verify", dependencies=[OPERATORS])
def verify_read_models(process: ThisProcess) -> list[dict[str, Any]]:
    """Fold every read model again beside the live one and compare; change nothing."""
    return [_shown(each) for each in _compare(process, change=False)]


@operations.post("/read-models/rebuild", dependencies=[OPERATORS])
def rebuild_read_models(process: ThisProcess) -> list[dict[str, Any]]:
    """Fold every read model again beside the live one, and put it in its place."""
    return [_shown(each) for each in _compare(process, change=True)]


def _compare(process: Process, *, change: bool) -> list[Comparison]:
    own, foreign = (
        (rebuild_own, rebuild_foreign) if change else (verify_own, verify_foreign)
    )
    engine, group = process.engine, process.blueprint.name
    servers = process.settings.kafka_bootstrap_servers
    found: list[Comparison] = []
    for model in process.blueprint.own:
        found += own(engine, model)
    for other in process.blueprint.foreign:
        found += foreign(engine, group, other, servers)
    return found


def _readable(event: ParkedEvent) -> dict[str, Any]:
    """Return `event` for people: bytes as text, whatever they are."""
    shown = {name: value for name, value in asdict(event).items() if name != "headers"}
    headers = {name: value.decode(errors="replace") for name, value in event.headers}
    texts = {n: (shown[n] or b"").decode(errors="replace") for n in ("key", "value")}
    readable: dict[str, Any] = jsonable_encoder({**shown, **texts, "headers": headers})
    return readable


def _shown(found: Comparison) -> dict[str, Any]:
    return {**asdict(found), "equal": found.equal}


def _parked(process: Process) -> list[ParkedStream]:
    return parked_streams(process.engine, process.blueprint.name)
