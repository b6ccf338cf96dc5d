"""A whole history: every file in a directory that is of a kind we know.

Shape: sent in the order in which none is refused for want of another: what sellers require
    and whom they know, then orders and stock, then parcels and messages about them.
"""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final

from market.imports.access import ACCESS_REQUESTS, ACCESS_RULES
from market.imports.customers import CUSTOMERS
from market.imports.inventory import MOVEMENTS
from market.imports.messages import MESSAGES
from market.imports.olist import plan_olist
from market.imports.olist_rows import ITEMS_FILE, ORDERS_FILE, PRODUCTS_FILE
from market.imports.plan import Plan
from market.imports.rows import Kind, plan_file
from market.imports.shipments import SHIPMENTS
from market.imports.tables import FileError, Place, RowReport

OLIST_FILES: Final = (ORDERS_FILE, ITEMS_FILE, PRODUCTS_FILE)
BEFORE_ORDERS: Final[Sequence[Kind[Any]]] = (ACCESS_RULES, ACCESS_REQUESTS, CUSTOMERS)
AFTER_ORDERS: Final[Sequence[Kind[Any]]] = (MOVEMENTS, SHIPMENTS, MESSAGES)
KINDS: Final[Sequence[Kind[Any]]] = (*BEFORE_ORDERS, *AFTER_ORDERS)
FILES: Final = (*OLIST_FILES, *(kind.file_name for kind in KINDS))


def plan_history(directory: Path) -> Plan:
    """Return the commands that all known files in `directory` amount to.

    Shape: another CSV file there is noted, and not read.

    Raises:
        FileError: There is none that is known, or one can't be read as it should be.
    """
    known = {name for name in FILES if (directory / name).exists()}
    if not known:
        remedy = f"It should hold some of {', '.join(FILES)}."
        raise FileError(directory, "there is no file of a history", remedy)
    plans = [
        *_plans(BEFORE_ORDERS, directory),
        *([plan_olist(directory)] if known & {*OLIST_FILES} else ()),
        *_plans(AFTER_ORDERS, directory),
    ]
    return reduce(Plan.then, plans, Plan((), noted=_unread(directory)))


def _plans(kinds: Sequence[Kind[Any]], directory: Path) -> Sequence[Plan]:
    files = [(kind, directory / kind.file_name) for kind in kinds]
    return [plan_file(kind, file) for kind, file in files if file.exists()]


def _unread(directory: Path) -> Sequence[RowReport]:
    others = {file.name for file in directory.glob("*.csv")} - {*FILES}
    reason = "is not read: no file of a history has this name"
    return [RowReport(Place(name, 1), reason) for name in sorted(others)]
