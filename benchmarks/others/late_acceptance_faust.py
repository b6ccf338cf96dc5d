# /// script
# requires-python = ">=3.11,<3.12"
# dependencies = ["cramjam>=2.11", "faust-streaming==0.15.3", "orjson>=3.11"]
# ///
"""Late acceptance per seller by faust-streaming, in an environment of its own.

As the library comes: each event at least once, tables in memory with a changelog topic
each. Prints events per second, from the start until the last event is counted and all that
was written of the tables is acknowledged, and what is late in the window.

Arguments: brokers, topic, its partitions, its number of events, the end of the window.
"""

import os
import sys
from collections import defaultdict
from datetime import datetime
from tempfile import mkdtemp
from time import perf_counter

import faust
import orjson

from benchmarks.others.lateness import (
    COUNTED,
    PLACED,
    day_of,
    decided_at,
    due_at,
    late_in_window,
)

SERVERS, TOPIC, PARTITIONS, SIZE, AS_OF = sys.argv[1:]

app = faust.App(
    f"faust-{TOPIC}-{os.getpid()}",
    broker=f"kafka://{SERVERS}",
    topic_partitions=int(PARTITIONS),
    datadir=mkdtemp(prefix="bench-faust-"),
    web_enabled=False,
)
facts = app.topic(
    TOPIC, key_type=str, key_serializer="raw", value_serializer="raw", value_type=bytes
)
totals = {"seen": 0}
due = app.Table("due", default=None)
late = app.Table("late", default=int)
started = perf_counter()


@app.agent(facts)  # type: ignore[untyped-decorator]  # it is not installed here
async def count(stream: faust.Stream[bytes]) -> None:
    """Keep when each order falls due, and what is late of each seller and day."""
    async for event in stream.events():
        name = event.headers["ce_type"].decode()
        if name in COUNTED:
            tell(name, orjson.loads(event.value))
        totals["seen"] += 1
        if totals["seen"] == int(SIZE):
            await app.producer.flush()
            report()


def tell(name: str, fact: dict[str, str]) -> None:
    order = fact["order_id"]
    if name == PLACED:
        by = due_at(fact)
        due[order] = by.isoformat()
        late[f"{fact['seller_id']}|{day_of(by)}"] += 1
    elif (known := due.pop(order, None)) is not None:
        by = datetime.fromisoformat(known)
        if decided_at(name, fact) <= by:
            late[f"{fact['seller_id']}|{day_of(by)}"] -= 1


def report() -> None:
    rate = int(SIZE) / (perf_counter() - started)
    found = defaultdict[str, dict[str, int]](dict)
    for key, value in late.items():
        seller, _, day = key.partition("|")
        found[seller][day] = value
    as_of = datetime.fromisoformat(AS_OF)
    total = sum(late_in_window(days, as_of) for days in found.values())
    os.write(1, f"\n{rate} {total}\n".encode())  # what is printed goes to faust's log
    os._exit(0)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "worker", "--loglevel=ERROR", "--without-web"]
    app.main()
