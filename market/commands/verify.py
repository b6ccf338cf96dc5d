"""`market verify`: proof that nothing was lost, doubled or put out of order."""

from collections.abc import Iterator

import typer

from contracts.topics import FACTS
from market.asking import tell
from market.errors import EXIT_CODES
from market.output import Format, FormatOption, print_ndjson, print_table
from market.platform import Platform, running
from market.proof.finding import Finding
from market.proof.store import prove_store
from market.proof.topic import prove_topic

app = typer.Typer()


@app.command(epilog=EXIT_CODES)
def verify(output: FormatOption = Format.TABLE) -> None:
    """Prove on the running platform that its history is whole.

    Positions have no hole; Kafka holds each once and every stream in order; no stream skips
    a version; every read model equals the fold of its facts, made again beside it. Exit 1
    with the first difference.
    """  # noqa: DOC501 - a help text
    found: list[Finding] = []
    for finding in proofs(running()):
        found.append(finding)
        if finding.wrong:
            break
    if output is Format.NDJSON:
        print_ndjson({"what": f.what, "figure": f.figure, "wrong": f.wrong} for f in found)
    else:
        show(found)
    if found[-1].wrong:
        typer.echo(f"market: {found[-1].what}: no; {found[-1].wrong}", err=True)
        raise typer.Exit(1)


def proofs(platform: Platform) -> Iterator[Finding]:
    """Yield what is proved, one thing after the other."""
    topics = {topic.name.partition(".")[0]: topic.name for topic in FACTS}
    for service, url in platform.service_database_urls.items():
        if service in topics:
            found, published = prove_store(service, url)
            yield from found
            servers = platform.kafka_bootstrap_servers
            yield from prove_topic(topics[service], servers, published)
    for service in platform.service_urls:
        for table in tell(platform, service, "/read-models/verify"):
            yield _read_model(service, table)


def _read_model(service: str, table: dict[str, object]) -> Finding:
    live, again = table["live_rows"], table["rebuilt_rows"]
    wrong = (
        f"{live} rows of hash {table['live_hash']}, made again {again} of"
        f" {table['rebuilt_hash']}"
    )
    return Finding(
        f"{service}: {table['table']} equals the fold of its facts",
        f"{live} rows",
        None if table["equal"] else wrong,
    )


def show(found: list[Finding]) -> None:
    """Print what was proved for people."""
    rows = [(f.what, f.figure, "no" if f.wrong else "yes") for f in found]
    print_table(None, ("proved", "figure", "holds"), rows)
