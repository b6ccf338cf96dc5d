"""`market history`: the facts as any consumer of Kafka sees them."""

import shutil
import sys
from collections.abc import Iterable
from contextlib import closing, suppress
from typing import Annotated, Final
from uuid import UUID

import typer

from contracts.topics import FACTS
from market.errors import EXIT_CODES, MarketError
from market.history.published import HEADING, ID_HEADING, Published
from market.history.reading import Since, read_history
from market.moments import parse_moment
from market.output import Format, FormatOption, print_lines, print_ndjson, say
from market.platform import running

app = typer.Typer()

TOPICS: Final = tuple(topic.name for topic in FACTS)

ROOM_FOR_IDS: Final = 160
"""From so many columns on, a line has its id, and its stream as well."""


class NoSuchFactError(MarketError):
    """No fact has that id."""


def parse_topic(name: str) -> str:
    """Return the name of a topic of facts.

    Raises:
        BadParameter: It is none.
    """
    if name not in TOPICS:
        raise typer.BadParameter(f"{name!r} is no topic of facts: take {_or(TOPICS)}")
    return name


def parse_since(text: str) -> Since:
    """Return where `120`, or `2018-03-01T00:00:00Z`, is.

    Raises:
        BadParameter: It is neither a position nor a time with its offset.
    """
    if text.isascii() and text.isdecimal():
        if int(text) == 0:
            raise typer.BadParameter("positions begin at 1")
        return Since(pos=int(text))
    try:
        return Since(recorded_at=parse_moment(text))
    except (typer.BadParameter, OverflowError) as why:
        raise typer.BadParameter(f"{why}, or give a position, such as 120") from None


TopicOption = Annotated[
    str | None,
    typer.Option(
        parser=parse_topic,
        metavar="TOPIC",
        help=f"{', '.join(TOPICS)}; else all of them.",
    ),
]
SinceOption = Annotated[
    Since | None,
    typer.Option(
        "--from",
        parser=parse_since,
        metavar="POS|TIME",
        help="From this position of each topic on, or from what was recorded at this "
        "time on (ISO 8601 with its offset, such as 2018-03-01T00:00:00Z).",
    ),
]


@app.command(epilog=EXIT_CODES)
def history(
    topic: TopicOption = None,
    seller: Annotated[
        str | None, typer.Option("--seller", metavar="ID", help="One seller alone.")
    ] = None,
    since: SinceOption = None,
    event: Annotated[
        UUID | None,
        typer.Option(
            "--id",
            metavar="EVENT_ID",
            help="The fact with this id alone, with all it says.",
        ),
    ] = None,
    output: FormatOption = Format.TABLE,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with new facts until Ctrl-C.")
    ] = False,
) -> None:
    """Show the facts that the services have published, in order, each once.

    Each topic is in the order of its positions; several, as their facts were recorded. Read
    from Kafka as anyone would read it: only what is committed, without a consumer group.
    """
    servers = running().kafka_bootstrap_servers
    topics = TOPICS if topic is None else (topic,)
    facts = read_history(servers, topics, say, since or Since(), follow=follow)
    wanted = (f for f in facts if seller in {None, f.envelope.partitionkey})
    ends = (KeyboardInterrupt,) if follow else ()
    with suppress(*ends), closing(facts):
        if event is None:
            show(wanted, output, at_once=follow)
        else:
            show_one(find(event, wanted), output)


def find(event: UUID, facts: Iterable[Published]) -> Published:
    """Return the fact whose id is `event`.

    Raises:
        NoSuchFactError: None of `facts` is it.
    """
    for fact in facts:
        if fact.envelope.id == event:
            return fact
    raise NoSuchFactError(f"no fact with id {event} is published, of what was asked for")


def show_one(fact: Published, output: Format) -> None:
    """Print all that `fact` says."""
    if output is Format.NDJSON:
        print_ndjson([fact.row()])
    else:
        print_lines(fact.lines())


def show(facts: Iterable[Published], output: Format, *, at_once: bool = False) -> None:
    """Print a line for each of `facts`; `at_once`, without waiting for more to print."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with_id = width is None or width >= ROOM_FOR_IDS
    if output is Format.TABLE:
        typer.echo((ID_HEADING if with_id else HEADING)[:width])
    for fact in facts:
        try:
            if output is Format.NDJSON:
                print_ndjson([fact.row()])
            else:
                sys.stdout.write(f"{fact.line(with_id=with_id)[:width].rstrip()}\n")
        except ValueError as why:
            say(f"left out what is no fact: {fact.topic}, position {fact.pos} ({why})")
        if at_once:
            sys.stdout.flush()


def _or(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
