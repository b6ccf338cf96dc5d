"""Acceptances ask for their units first, if this process is told whom."""

from collections.abc import Callable
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request

from kit.eventstore.requests import Preview
from kit.web.beforehand import Before
from services.orders.adapters import CatalogStock
from services.orders.model.states import Placed
from services.orders.policies import units_needed
from services.orders.ports import Stock


def stock_of(request: Request) -> Stock | None:
    """Return where units are set aside, or None if this process knows of no such place."""
    catalog = request.app.state.peers.get("catalog")
    return None if catalog is None else CatalogStock(catalog)


def before_recording(stock: Annotated[Stock | None, Depends(stock_of)]) -> Before | None:
    """Return what sets aside the units that a request needs."""
    return None if stock is None else _setting_aside(stock)


def _setting_aside(stock: Stock) -> Callable[[Preview], None]:
    def set_aside(seen: Preview) -> None:
        units = units_needed(seen.facts, seen.after)
        if units and isinstance(seen.after, Placed):
            order = seen.after
            stock.set_aside(order.seller_id, order.placed.order_id, units, seen.version)

    return set_aside


RESERVING: Final = Depends(before_recording)
Reserving: TypeAlias = Annotated[Before | None, RESERVING]
