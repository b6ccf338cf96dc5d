"""What sellers of the shipped history have kept of what fell due, as of its last moment."""

from typing import Final, TypeAlias

Kept: TypeAlias = tuple[int, int]
"""How many were kept, of how many."""

KEPT: Final[dict[str, dict[str, Kept]]] = {
    "acceptance.timely": {
        "seller-ash": (33, 33),
        "seller-birch": (35, 35),
        "seller-cedar": (33, 33),
        "seller-dogwood": (18, 28),
        "seller-elm": (6, 6),
        "seller-fir": (23, 23),
    },
    "approvals.timely": {
        "seller-ash": (32, 32),
        "seller-cedar": (30, 35),
        "seller-dogwood": (18, 29),
        "seller-elm": (6, 6),
    },
    "inventory.confirmed": {
        "seller-ash": (3, 3),
        "seller-birch": (1, 1),
        "seller-cedar": (4, 5),
        "seller-dogwood": (2, 5),
        "seller-fir": (5, 5),
    },
    "responses.timely": {
        "seller-ash": (16, 16),
        "seller-birch": (17, 18),
        "seller-cedar": (14, 16),
        "seller-dogwood": (7, 14),
        "seller-elm": (3, 3),
        "seller-fir": (12, 12),
    },
    "shipping.on_time": {
        "seller-ash": (32, 32),
        "seller-birch": (35, 35),
        "seller-cedar": (28, 32),
        "seller-dogwood": (20, 27),
        "seller-elm": (6, 6),
        "seller-fir": (18, 18),
    },
    "shipping.tracked": {
        "seller-ash": (15, 15),
        "seller-cedar": (34, 38),
        "seller-dogwood": (19, 26),
        "seller-elm": (6, 6),
    },
}
