"""What a seller does to an order before they accept it: split, change, delete."""

from typing import Final

from scripts.demo_orders import tables
from scripts.demo_orders.day import Day


def split(day: Day) -> None:
    """Part of an order goes to a new one, after a look at what that does."""
    names = day.names
    with day.step(
        "Split the order",
        "Select the order items you would like to split. … Click Split to complete the "
        "order splitting.",
        names.breakfast,
    ):
        path = f"/orders/{names.breakfast}/splits"
        lines = [{"line_id": "l-3"}, {"line_id": "l-4"}]
        body = {"new_order_id": names.later, "lines": lines}
        seen = day.preview(day.pottery, path, body)
        day.post(day.pottery, path, body, expect=428)
        day.edit(day.pottery, path, body, seen)


def split_again(day: Day) -> None:
    """Some units of a line of the new order go to another one; the family is a tree."""
    names = day.names
    with day.step(
        "Split the new order again",
        "At this time you can verify or update quantities, split the order again, …",
        names.later,
    ):
        path = f"/orders/{names.later}/splits"
        lines = [{"line_id": "l-3", "quantity": 4}]
        body = {"new_order_id": names.later_still, "lines": lines}
        seen = day.preview(day.pottery, path, body)
        day.edit(day.pottery, path, body, seen)
        family = day.get(day.pottery, f"/orders/{names.later_still}/family")
        day.show(tables.family(family))


def change_a_quantity(day: Day) -> None:
    """Fewer units of a line, since there are no more; the preview says what that costs."""
    order_id = day.names.breakfast
    with day.step(
        "Update a quantity",
        "Clicking on the button will update the quantity, subtotal, and total for the "
        "order.",
        order_id,
    ):
        path = f"/orders/{order_id}/lines/l-1/quantity"
        body = {"quantity": 20, "reason": "out_of_stock"}
        seen = day.preview(day.pottery, path, body)
        day.edit(day.pottery, path, body, seen)


def delete_an_item(day: Day) -> None:
    """An item goes; the last one can't."""
    order_id = day.names.later
    with day.step(
        "Delete an item",
        "… selecting the item in the checkbox in the left, and then clicking on the “trash "
        "can” icon.",
        order_id,
    ):
        path = f"/orders/{order_id}/lines/{{}}/removal"
        body = {"reason": "buyer_request"}
        seen = day.preview(day.pottery, path.format("l-4"), body)
        day.edit(day.pottery, path.format("l-4"), body, seen)
        day.edit(day.pottery, path.format("l-3"), body, seen + 1, expect=409)


def edit_at_once(day: Day) -> None:
    """Two of the staff edit what both saw: no edit is lost, and none hinders another."""
    order_id = day.names.breakfast
    with day.step(
        "Two of the staff edit at once",
        "… by changing the number in the quantity column of the order details.",
        order_id,
    ):
        seen = day.get(day.pottery, f"/orders/{order_id}")["version"]
        mugs, bowls = (
            f"/orders/{order_id}/lines/{line}/quantity" for line in ("l-1", "l-2")
        )
        one, other = ({"quantity": n, "reason": "buyer_request"} for n in (18, 16))
        day.show(f"one and the other both look at version {seen}; one is first:")
        day.edit(day.pottery, mugs, one, seen)
        day.show("the other changes the same line, and is told what the first did:")
        day.edit(day.pottery, mugs, other, seen, expect=412)
        day.show("the other changes another line: that still means the same, and is done:")
        day.edit(day.pottery, bowls, {"quantity": 10, "reason": "buyer_request"}, seen)


STEPS: Final = (split, split_again, change_a_quantity, delete_an_item, edit_at_once)
