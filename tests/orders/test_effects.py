from datetime import timedelta

import pytest

from contracts.orders import OrderEvent
from services.orders.model import ORDER
from services.orders.model.effects import effects
from services.orders.model.states import Accepted, Open
from tests.samples import (
    ACCEPTED,
    FRIDAY,
    LINE_REMOVED,
    PLACED,
    QUANTITY_CHANGED,
    SATURDAY,
    SHIPPED_IN_PART,
    SPLIT,
)

SHIP_BY = PLACED.ship_by
TICK = timedelta(microseconds=1)


def told(edit: OrderEvent | None, *before: OrderEvent) -> list[tuple[str, int | None]]:
    """What becomes of acceptance, shipping and units."""
    order = ORDER.fold([PLACED, *before])
    assert isinstance(order, Open | Accepted)
    return [(one.effect, one.units) for one in effects(order, [edit] if edit else [])]


@pytest.mark.parametrize(
    ("edit", "acceptance", "shipping", "units"),
    [
        (None, "unchanged", "unchanged", ("unchanged", None)),
        (SPLIT, "added", "added", ("unchanged", None)),
        (QUANTITY_CHANGED, "unchanged", "unchanged", ("lost", 1)),
        (LINE_REMOVED, "unchanged", "unchanged", ("freed", 1)),
        (
            QUANTITY_CHANGED.model_copy(update={"quantity": 5}),
            "unchanged",
            "unchanged",
            ("unchanged", None),
        ),
    ],
)
def test_an_edit_tells_what_it_does_to_each_standard(
    edit: OrderEvent | None,
    acceptance: str,
    shipping: str,
    units: tuple[str, int | None],
) -> None:
    expected = [(acceptance, None), (shipping, None), units]

    assert told(edit) == told(edit, ACCEPTED) == expected


@pytest.mark.parametrize(
    ("since", "outcome"), [(SHIP_BY, "kept"), (SHIP_BY + TICK, "broken")]
)
def test_an_edit_that_completes_the_order_keeps_or_breaks_its_shipping(
    since: object, outcome: str
) -> None:
    edit = LINE_REMOVED.model_copy(update={"completed_at": since})

    assert told(edit, ACCEPTED, SHIPPED_IN_PART)[1] == (outcome, None)


def test_the_moment_that_counts_is_told() -> None:
    order, accepted = ORDER.fold([PLACED]), ORDER.fold([PLACED, ACCEPTED])
    assert isinstance(order, Open)
    assert isinstance(accepted, Accepted)

    assert [one.at for one in effects(order, [SPLIT])] == [FRIDAY, SHIP_BY, None]
    assert effects(accepted, [SPLIT])[0].at == SATURDAY
