"""Who may ask what of the catalog."""

from typing import Final

from kit.web.asking import may

SELLING: Final = may("seller", "operator", "service")
BUYING: Final = may("buyer", "operator", "service")
RUNNING: Final = may("operator", "service")
