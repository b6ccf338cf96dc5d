"""Which units must be set aside before facts become true."""

from collections.abc import Sequence

import pytest

from contracts.fact import Fact
from services.orders.model import evolve
from services.orders.model.states import Missing, Order
from services.orders.policies import units_needed
from tests.samples import (
    ACCEPTED,
    CANCELLED,
    LINE,
    LINE_REMOVED,
    OTHER_LINE,
    PLACED,
    QUANTITY_CHANGED,
    REJECTED,
    SHIPPED_IN_PART,
    SPLIT,
)

MORE = QUANTITY_CHANGED.model_copy(update={"quantity": 7})
TWO_OF_A_KIND = PLACED.model_copy(
    update={"lines": (LINE, OTHER_LINE.model_copy(update={"product_id": "p-1"}))}
)
CHILD = PLACED.model_copy(
    update={"order_id": "o-2", "lines": (OTHER_LINE,), "split_from": "o-1"}
)
CHILD_ACCEPTED = ACCEPTED.model_copy(update={"order_id": "o-2"})


@pytest.mark.parametrize(
    ("before", "facts", "needed"),
    [
        ([PLACED], [ACCEPTED], {"p-1": 2, "p-2": 1}),
        ([TWO_OF_A_KIND], [ACCEPTED], {"p-1": 3}),
        ([PLACED, QUANTITY_CHANGED], [ACCEPTED], {"p-1": 1, "p-2": 1}),
        ([PLACED, ACCEPTED], [MORE], {"p-1": 7}),
        ([TWO_OF_A_KIND, ACCEPTED], [MORE], {"p-1": 8}),
        ([PLACED, ACCEPTED, SHIPPED_IN_PART], [MORE], {"p-1": 7}),
        ([PLACED, ACCEPTED], [QUANTITY_CHANGED], {}),
        ([PLACED, ACCEPTED], [LINE_REMOVED], {}),
        ([PLACED, ACCEPTED], [CANCELLED], {}),
        ([PLACED, ACCEPTED], [SPLIT, CHILD, CHILD_ACCEPTED], {}),
        ([PLACED], [MORE], {}),
        ([PLACED], [REJECTED], {}),
        ([], [PLACED], {}),
    ],
)
def test_what_is_accepted_or_raised_needs_its_units(
    before: Sequence[Fact], facts: Sequence[Fact], needed: dict[str, int]
) -> None:
    order: Order = Missing()
    for fact in [*before, *facts]:
        if getattr(fact, "order_id", None) == "o-1":
            order = evolve(order, fact)  # type: ignore[arg-type]  # all of orders

    assert units_needed(facts, order) == needed
