"""The rules of catalog, all pure: one file per aggregate."""

from services.catalog.model.inventory import INVENTORY
from services.catalog.model.listing import LISTING

__all__ = ["INVENTORY", "LISTING"]
