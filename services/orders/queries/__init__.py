"""What may be read of orders: the read models, as they stand after the last write."""

from services.orders.queries.buyers import buyers_of, of_buyer
from services.orders.queries.orders import family, order, promotions_of, undecided_by
from services.orders.queries.table import Filter, counts, page
from services.orders.queries.timeline import timeline

__all__ = [
    "Filter",
    "buyers_of",
    "counts",
    "family",
    "of_buyer",
    "order",
    "page",
    "promotions_of",
    "timeline",
    "undecided_by",
]
