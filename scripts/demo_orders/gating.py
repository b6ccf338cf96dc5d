"""A seller whose buyers need approval: a request, a question, an answer, and an order."""

from typing import Final

from scripts.demo_orders import tables
from scripts.demo_orders.day import Day
from scripts.demo_orders.reviewing import placing

WINDOW: Final = ("window", "Window, coloured", 32_000)
BUYERS: Final = "buyers"


def refuse_a_stranger(day: Day) -> None:
    """A gated seller's buyer can't order yet, is told why, and asks for access."""
    names, seller = day.names, day.glassworks
    with day.step(
        "A gated seller, and a buyer without approval",
        "… the toggle for “Buyer Access Requires Approval” under your Profile Settings …",
        None,
        seller,
    ):
        rule = f"/sellers/{seller.name}/access-rule"
        day.post(seller, rule, {"approval_required": True}, service=BUYERS)
        day.let_it_travel("orders has heard of the setting")
        body = placing(names.windows, seller, (WINDOW, 2), payment_method="terms")
        day.post(day.museum, "/orders", body, expect=403)
        requests = f"/sellers/{seller.name}/access-requests"
        day.post(day.museum, requests, {"request_id": names.access}, service=BUYERS)


def talk(day: Day) -> None:
    """The buyer has a question; it waits until the seller answers it."""
    names, seller = day.names, day.glassworks
    with day.step(
        "A conversation with the buyer",
        "You must work with the buyer to figure out a method of payment outside of "
        "JuniperMarket.",
        None,
        seller,
    ):
        path = f"/sellers/{seller.name}/conversations/{names.talk}"
        question = {"message_id": names.question, "text": "Do you take bank transfers?"}
        day.post(day.museum, f"{path}/buyer-messages", question, service=BUYERS)
        _counts(day)
        answer = {"message_id": names.answer, "text": "Gladly, within 30 days."}
        body = answer | {"buyer_id": day.museum.name}
        day.post(seller, f"{path}/seller-messages", body, service=BUYERS)
        _counts(day)
        found = day.get(day.museum, f"{path}/messages", service=BUYERS)
        day.show(tables.rows(found["items"], "message_id", "sender", "text"))


def let_in(day: Day) -> None:
    """The seller approves the request, and the buyer orders."""
    names, seller = day.names, day.glassworks
    with day.step(
        "Approve the buyer, who orders",
        "… a buyer that does not already have a relationship with you as a Seller, …",
        names.windows,
        seller,
    ):
        requests = f"/sellers/{seller.name}/access-requests"
        waiting = day.get(seller, requests, {"state": "waiting"}, service=BUYERS)
        columns = ("request_id", "buyer_id", "state", "decide_by", "expires_at")
        day.show(tables.rows(waiting["items"], *columns))
        day.post(seller, f"{requests}/{names.access}/approval", service=BUYERS)
        day.let_it_travel("orders has heard of the approval")
        body = placing(names.windows, seller, (WINDOW, 2), payment_method="terms")
        day.post(day.museum, "/orders", body)
        link = {"customer_id": "c-museum", "customer_link": "created"}
        day.post(seller, f"/orders/{names.windows}/acceptance", link)
        day.let_it_travel("buyers has heard of the acceptance")
        standing = f"/sellers/{seller.name}/buyers/{day.museum.name}"
        found = day.get(seller, standing, service=BUYERS)
        day.show(tables.rows([found], "buyer_id", "may_order", "because", "customer"))


def _counts(day: Day) -> None:
    path = f"/sellers/{day.glassworks.name}/counts"
    counts = day.get(day.glassworks, path, service=BUYERS)
    day.show(tables.rows([counts], "access_requests", "conversations"))


STEPS: Final = (refuse_a_stranger, talk, let_in)
