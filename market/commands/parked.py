"""`market parked`: streams that wait because one of their facts could not be applied."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

import typer

from market.asking import ask, tell
from market.errors import EXIT_CODES, MarketError
from market.output import Format, FormatOption, harmless, print_ndjson, print_table
from market.platform import Platform, running

app = typer.Typer(
    name="parked",
    help="See to streams that wait because one of their facts could not be applied.",
    epilog="A service that cannot apply a fact sets its stream aside, later facts of it "
    "included, and goes on with all others. Once the cause is put right, redrive it.",
    no_args_is_help=True,
)

WAITING: Final = ("service", "topic", "stream", "events", "parked_at", "type", "reason")
QUEUE: Final = (
    "pos",
    "version",
    "event_id",
    "type",
    "partition",
    "offset",
    "parked_at",
    "reason",
)

StreamArgument = Annotated[
    str, typer.Argument(metavar="STREAM", help="As `market parked list` names it.")
]
ServiceOption = Annotated[
    str | None,
    typer.Option("--service", help="Where it waits; needed if it waits in several."),
]
TopicOption = Annotated[
    str | None, typer.Option("--topic", help="Whose stream; needed if two topics have it.")
]


class NotParkedError(MarketError):
    """That stream does not wait, or not where it should, or it waits still."""


@dataclass(frozen=True)
class Parked:
    """A stream that waits in one service."""

    service: str
    topic: str
    stream: str
    said: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where its service answers for it; a name may hold any character."""
        return f"/parked/{quote(self.topic, safe='')}/{quote(self.stream, safe='')}"

    def row(self) -> dict[str, Any]:
        """Return it as it is printed."""
        named = {"service": self.service, "topic": self.topic, "stream": self.stream}
        return {**named, **{n: self.said[n] for n in WAITING if n not in named}}


@app.command("list", epilog=EXIT_CODES)
def list_parked(output: FormatOption = Format.TABLE) -> None:
    """List the streams that wait, in all services."""
    rows = [each.row() for each in parked_streams(running())]
    if output is Format.NDJSON:
        print_ndjson(rows)
    elif rows:
        print_table(None, WAITING, ([row[name] for name in WAITING] for row in rows))
    else:
        typer.echo("nothing is parked")


@app.command(epilog=EXIT_CODES)
def show(
    stream: StreamArgument,
    service: ServiceOption = None,
    topic: TopicOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show the facts of a stream that wait, in order: why, and their bytes as text."""
    platform = running()
    found = find(parked_streams(platform), stream, service, topic)
    queue = ask(platform, found.service, found.path)
    if output is Format.NDJSON:
        print_ndjson(queue)
        return
    print_table(
        f"{found.stream} of {found.topic} in {found.service}",
        QUEUE,
        ([event[name] for name in QUEUE] for event in queue),
    )
    for event in queue:
        typer.echo(f"{event['pos']}: {harmless(event['value'])}")


@app.command(epilog=EXIT_CODES)
def redrive(
    stream: StreamArgument,
    service: ServiceOption = None,
    topic: TopicOption = None,
) -> None:
    """Apply what waits of a stream, in order: all of it, or nothing and say why.

    Safe to repeat. Exit 1 if it still waits.
    """
    platform = running()
    found = find(parked_streams(platform), stream, service, topic)
    typer.echo(said(found, tell(platform, found.service, f"{found.path}/redrive")))


@app.command(epilog=EXIT_CODES)
def discard(
    stream: StreamArgument,
    because: Annotated[
        str, typer.Option("--because", help="On what grounds; kept with the fact.")
    ],
    event: Annotated[
        UUID | None,
        typer.Option("--event", metavar="ID", help="Which; else the first that waits."),
    ] = None,
    service: ServiceOption = None,
    topic: TopicOption = None,
) -> None:
    """Give up one fact that can never be applied; those behind it wait for a redrive.

    It is kept in its service's table `discarded_events`, with the grounds.
    """
    platform = running()
    found = find(parked_streams(platform), stream, service, topic)
    body = {"because": because, **({"event_id": str(event)} if event else {})}
    left = tell(platform, found.service, f"{found.path}/discard", body)["waiting"]
    typer.echo(f"{found.service}: one of {found.stream} given up, {left} still wait")


def parked_streams(platform: Platform) -> Iterator[Parked]:
    """Yield the streams that wait, service by service, those waiting longest first."""
    for service in platform.service_urls:
        for said in ask(platform, service, "/parked"):
            yield Parked(service, said["topic"], said["stream_id"], said)


def find(
    parked: Iterable[Parked], stream: str, service: str | None, topic: str | None
) -> Parked:
    """Return the one that is meant.

    Raises:
        NotParkedError: None is, or several are.
    """
    found = [
        each
        for each in parked
        if each.stream == stream
        and service in {None, each.service}
        and topic in {None, each.topic}
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotParkedError(
            f"nothing of {stream!r} waits{f' in {service}' if service else ''}: "
            "`market parked list` shows what does"
        )
    places = ", ".join(f"{each.service} ({each.topic})" for each in found)
    raise NotParkedError(
        f"{stream!r} waits in {places}: say which with --service and --topic"
    )


def said(found: Parked, done: Mapping[str, Any]) -> str:
    """Return what a redrive did, for people.

    Raises:
        NotParkedError: It did nothing, and why.
    """
    if done["waiting"]:
        raise NotParkedError(
            f"{found.service}: {done['waiting']} of {found.stream} still wait: "
            f"{done['reason']}"
        )
    return f"{found.service}: {done['applied']} of {found.stream} applied"
