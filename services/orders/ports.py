"""What orders needs of others, in its own words."""

from collections.abc import Mapping
from typing import Protocol


class Stock(Protocol):
    """The stock that orders are served from, which another service keeps."""

    def set_aside(
        self, seller_id: str, order_id: str, units: Mapping[str, int], version: int
    ) -> None:
        """Have at least so many units, by product, set aside for an order: all, or none.

        `version` is that of the order that they were judged on.

        Raises:
            TooLittleStock: There are not as many; nothing more is set aside.
            PeerAway: Nobody says so, nor the contrary.
        Safe to repeat: Yes. What is set aside for the order counts.
        """
        ...
