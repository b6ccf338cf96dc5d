"""Read models of catalog: of its own facts, and of what others say."""

from services.catalog.projections.own import (
    listings,
    metadata,
    project_listings,
    project_set_aside,
    project_stock,
    set_aside,
    stock,
)

__all__ = [
    "listings",
    "metadata",
    "project_listings",
    "project_set_aside",
    "project_stock",
    "set_aside",
    "stock",
]
