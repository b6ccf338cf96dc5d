"""The rules of orders, all pure: states, refusals, what is decided, how facts move it."""

from services.orders.model.folding import evolve
from services.orders.model.order import ORDER, decide, order_decider
from services.orders.model.states import Order
from services.orders.model.theirs import decider_for

__all__ = ["ORDER", "Order", "decide", "decider_for", "evolve", "order_decider"]
