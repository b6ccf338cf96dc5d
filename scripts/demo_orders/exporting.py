"""All orders as a file, written by a job whose progress can be asked for."""

import csv
import time
from typing import Final

from scripts.demo_orders import tables
from scripts.demo_orders.clients import Json, Question, UnexpectedError
from scripts.demo_orders.day import ORDERS, Day

WITHIN_S: Final = 30.0
PAUSE_S: Final = 0.2
SHOWN: Final = ("order_id", "split_from", "state", "units", "total_cents", "invoice_state")


def export(day: Day) -> None:
    """Export the table; ask how far it is until it is done; read the file."""
    with day.step(
        "Export all orders",
        "Approved orders will appear on the All Orders Table.",
        None,
    ):
        job = day.ask(
            day.pottery, ORDERS, Question("POST", "/order-exports", {}), {202}
        ).body
        path = f"/order-exports/{job['export_id']}"
        for how_far in (job, _finished(day, path)):
            day.show("{state}: {done} of {total} orders are written".format(**how_far))
        text = day.get(day.pottery, f"{path}/csv")
        found = list(csv.DictReader(text.splitlines()))
        day.show(tables.rows(found, *SHOWN))


def _finished(day: Day, path: str) -> Json:
    """Return the job once it is done.

    Raises:
        UnexpectedError: That takes too long.
    """
    deadline = time.monotonic() + WITHIN_S
    while True:
        job: Json = day.get(day.pottery, path)
        if job["state"] == "done":
            return job
        if time.monotonic() > deadline:
            raise UnexpectedError(f"{path}: {job['done']} of {job['total']} are written")
        time.sleep(PAUSE_S)


STEPS: Final = (export,)
