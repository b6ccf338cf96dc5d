"""Orders accepted over HTTP, durable, on 32 connections; beside it, a no-op for an answer.

Ours is one orders process with all its parts, on a database that syncs each commit and a
broker; it is told of no catalog, whose reservations are another process's work. The other
is the same HTTP, token and command, in a process whose decision and store do nothing.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import httpx2
from uuid_utils.compat import uuid7

from benchmarks.measure import Outcome, conclude, side_by_side
from benchmarks.servers import broker, database
from contracts.topics import TOPICS
from kit.asker import Asker
from kit.database import connect
from kit.eventstore.history import History
from kit.eventstore.streams import PostgresStreams
from kit.process import prepare
from kit.relay.outbox import log_state
from market.embedded.topics import create_topics
from market.home import Home
from market.ports import LOOPBACK, free_port
from market.programs import Identity, Program, stop
from market.tokens import TokenKey
from market.waiting import wait_until
from services.orders.app import BLUEPRINT
from services.orders.commands import LineToPlace, PlaceOrder
from services.orders.handlers import to_request

CONNECTIONS: Final = 32
COMMANDS: Final = 1_600
RUNS: Final = 5
GOAL: Final = 0.25

_WITHIN_S: Final = 120.0
_AT_ONCE: Final = 500
_SELLER: Final = Asker("seller", "seller-1")
_NOW: Final = datetime.now(UTC)  # noqa: TID251 - orders of long ago would expire
_BODY: Final = b'{"customer_id":"customer-1","customer_link":"created"}'
_OURS: Final = ("-m", "services.orders.app")
_OTHER: Final = ("-m", "uvicorn", "--factory", "benchmarks.no_op:app", "--no-access-log")


def accept() -> Outcome:
    """Return how many orders a second are accepted, beside as many no-ops."""
    with (
        TemporaryDirectory(prefix="bench-accept-") as folder,
        database() as url,
        broker() as kafka,
    ):
        key = TokenKey.of(Home(Path(folder)))
        key.make()
        create_topics(kafka, TOPICS)
        servers = {"DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        _place(COMMANDS * (RUNS + 1), url)
        serving = partial(_serving, {**servers, **key.environment()}, Path(folder))
        bearer = key.token(_SELLER, timedelta(hours=2))
        with serving("ours", _OURS) as ours, serving("other", _OTHER) as other:
            _wait_until_published(url)
            return side_by_side(
                "accept",
                GOAL,
                partial(_rate, ours, count(), bearer),
                partial(_rate, other, count(), bearer),
                runs=RUNS,
            )


def _place(orders: int, url: str) -> None:
    """Place `orders` orders, all of one seller."""
    engine = connect(url)
    prepare(engine, BLUEPRINT)
    streams = PostgresStreams(History(engine), BLUEPRINT.projections, uuid7, lambda: _NOW)
    numbers = iter(range(orders))
    while some := list(islice(numbers, _AT_ONCE)):
        streams.submit([to_request(_order(number)) for number in some])
    engine.dispose()


def _order(number: int) -> PlaceOrder:
    line = LineToPlace(
        line_id="line-1",
        product_id="product-1",
        title="A product",
        quantity=2,
        unit_price_cents=500,
    )
    return PlaceOrder(
        order_id=f"order-{number}",
        seller_id=_SELLER.id,
        buyer_id=f"buyer-{number % 1_000}",
        lines=(line,),
        currency="USD",
        payment_method="card",
        ship_to_country="US",
        ship_by=_NOW + timedelta(days=5),
        at=_NOW,
    )


def _wait_until_published(url: str) -> None:
    engine = connect(url)
    wait_until(lambda: not log_state(engine).pending, what="the relay", within_s=_WITHIN_S)
    engine.dispose()


@contextmanager
def _serving(
    where: Mapping[str, str], folder: Path, name: str, program: Sequence[str]
) -> Iterator[int]:
    """Run a program that serves, and yield its port once it is ready."""
    port = free_port()
    said = {**where, "PORT": str(port), "UVICORN_PORT": str(port)}
    argv = (sys.executable, *program)
    started = Program(name, argv, folder / f"{name}.log", said)
    running = started.start()
    try:
        wait_until(
            partial(_is_ready, port),
            what=name,
            within_s=_WITHIN_S,
            alive=lambda: None if running.poll() is None else started.last_words(),
        )
        yield port
    finally:
        stop(filter(None, [Identity.of(running.pid)]))
        running.wait()


def _is_ready(port: int) -> bool:
    try:
        return httpx2.get(f"http://{LOOPBACK}:{port}/ready").is_success
    except httpx2.HTTPError:
        return False


def _rate(port: int, numbers: Iterator[int], bearer: str) -> float:
    """Return commands per second, each of an order that was not accepted before."""
    requests = [_request(number, bearer) for number in islice(numbers, COMMANDS)]
    return asyncio.run(_send(port, requests))


def _request(number: int, bearer: str) -> bytes:
    head = (
        f"POST /orders/order-{number}/acceptance HTTP/1.1\r\nHost: {LOOPBACK}\r\n"
        f"Authorization: Bearer {bearer}\r\nIdempotency-Key: accept-{number}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    )
    return head.encode() + _BODY


async def _send(port: int, requests: Sequence[bytes]) -> float:
    """Send all of them on `CONNECTIONS` connections, each the next once it is answered."""
    left = iter(requests)
    opened = [await asyncio.open_connection(LOOPBACK, port) for _ in range(CONNECTIONS)]
    started = perf_counter()
    await asyncio.gather(*(_talk(reader, writer, left) for reader, writer in opened))
    elapsed = perf_counter() - started
    for _, writer in opened:
        writer.close()
    return len(requests) / elapsed


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: Iterator[bytes]
) -> None:
    """Ask what is left, one after the other. As little as a client can do.

    Raises:
        RuntimeError: Something else was answered than that an order is accepted.
    """
    for request in left:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"an order was not accepted: {body.decode()}")


if __name__ == "__main__":
    conclude(accept)
