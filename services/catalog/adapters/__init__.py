"""Orders' demand and the stock that meets it, in one transaction under their locks."""

from services.catalog.adapters.locking import Product, lock
from services.catalog.adapters.reserving import (
    OrderEnded,
    ReservationShort,
    Short,
    forget_reserved,
    reserve,
    reserved_for,
)
from services.catalog.adapters.settling import (
    Shortage,
    carry_out,
    products_of,
    sayings_of,
    shortages,
    waiting,
)

__all__ = [
    "OrderEnded",
    "Product",
    "ReservationShort",
    "Short",
    "Shortage",
    "carry_out",
    "forget_reserved",
    "lock",
    "products_of",
    "reserve",
    "reserved_for",
    "sayings_of",
    "shortages",
    "waiting",
]
