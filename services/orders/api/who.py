"""Who may ask what of orders, and what they can only say of themselves."""

from typing import Final

from kit.web.asking import may
from kit.web.whose import Fixed

PLACING: Final = may("buyer", "operator", "service")
SELLING: Final = may("seller", "operator", "service")
EITHER: Final = may("seller", "buyer", "operator", "service")
RUNNING: Final = may("operator", "service")

FIXES: Final[Fixed] = {
    "by": lambda asker: None if asker.acts_for_all else asker.role,
    "shipped_by": lambda asker: "seller" if asker.role == "seller" else None,
}
"""What a seller or a buyer can only say of themselves: others' words would excuse them."""
