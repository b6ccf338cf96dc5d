"""Say anew what a bundle's facts say, and compare: `verify_facts.py FILE`; exit 1 if it differs, 2 if there are none.

That the facts are those in Kafka, and that none was left out together with all that it says, no script can see: nobody signs.
"""

import json, pathlib, sys
from collections import Counter
from datetime import UTC, datetime, timedelta

ANSWERED, ACCEPTED, SHIPPED, TRACKED = "acceptance.timely", "acceptance.accepted", "shipping.on_time", "shipping.tracked"
UNITS, APPROVED, REPLIED = "inventory.units_filled", "approvals.timely", "responses.timely"
DESCRIBED = ("image_count", "description_chars", "weight_g", "length_mm", "width_mm", "height_mm")
DECIDED, FIRST_OF_CLAIMS = "performance.appeal-decided.v1", 2**62  # of one moment, a claim is the later

def field(name): return lambda fact: fact.get(name)
def equal(name, *values): return lambda fact: fact.get(name) in values
def no(test): return lambda fact: not test(fact)
def both(one, other): return lambda fact: one(fact) and other(fact)
def ordered(fact, otherwise): return otherwise if fact.get("ordered") is None else fact["ordered"]
def units(fact): return sum(part["quantity"] for part in ordered(fact, fact["lines"]))
def cut(fact): return ordered(fact, fact["old_quantity"]) - fact["quantity"]
def fewer(fact): return cut(fact) > 0
def removed(fact): return ordered(fact, fact["quantity"])
def shipment(fact): return f"{fact['order_id']}/{fact['shipment_id']}"

ORDER, REQUEST, MESSAGE, PARENT = map(field, ("order_id", "request_id", "message_id", "split_from"))
PLACED, LOST, TRACEABLE = equal("split_from", None), equal("reason", "out_of_stock"), no(equal("tracking_number", None))
LAST, FREED, OPENS = field("completes_order"), equal("reason", "out_of_territory", "buyer_request"), equal("answers", None)
def rule(metric, says, at, of=ORDER, **more): return metric, says, at, of, more

# By type: of which metric a fact says what, from the moment in which field on; of what, how many, of what a part, and if so.
COMPLETED = rule(SHIPPED, "kept", "completed_at")
RULES = {
    "orders.order-placed.v1": (
        rule(ANSWERED, "opened", "clock_started_at", part_of=PARENT), rule(SHIPPED, "due", "ship_by", part_of=PARENT),
        rule(ACCEPTED, "opened", "clock_started_at", part_of=PARENT, when=no(PLACED)),
        rule(UNITS, "due", "placed_at", amount=units, when=PLACED),
        rule(UNITS, "opened", "placed_at", amount=units, part_of=PARENT, when=no(PLACED))),
    "orders.order-accepted.v1": (
        rule(ANSWERED, "kept", "accepted_at"), rule(SHIPPED, "opened", "accepted_at"),
        rule(ACCEPTED, "due", "accepted_at"), rule(ACCEPTED, "kept", "accepted_at")),
    "orders.order-rejected.v1": (
        rule(ANSWERED, "kept", "rejected_at"), rule(ACCEPTED, "due", "rejected_at"),
        rule(ACCEPTED, "void", "rejected_at", when=FREED), rule(UNITS, "amount", "rejected_at", when=LOST)),
    "orders.order-expired.v1": (rule(ACCEPTED, "due", "expired_at"),), "orders.order-split.v1": (COMPLETED,),
    "orders.order-cancelled.v1": (
        rule(SHIPPED, "void", "cancelled_at"), rule(ANSWERED, "void", "cancelled_at", when=equal("by", "buyer")),
        rule(UNITS, "amount", "cancelled_at", when=LOST)),
    "orders.order-line-quantity-changed.v1": (
        rule(UNITS, "amount", "changed_at", amount=cut, when=both(LOST, fewer)),
        rule(UNITS, "kept", "changed_at", amount=cut, when=both(no(LOST), fewer)), COMPLETED),
    "orders.order-line-removed.v1": (
        rule(UNITS, "amount", "removed_at", amount=removed, when=LOST),
        rule(UNITS, "kept", "removed_at", amount=removed, when=no(LOST)), COMPLETED),
    "orders.shipment-saved.v1": (
        rule(TRACKED, "opened", "shipped_at", shipment), rule(TRACKED, "kept", "saved_at", shipment, when=TRACEABLE),
        rule(TRACKED, "void", "shipped_at", shipment, when=equal("shipped_by", "marketplace")),
        rule(SHIPPED, "kept", "shipped_at", when=LAST), rule(UNITS, "kept", "shipped_at", amount=units, when=no(LAST))),
    "orders.tracking-added.v1": (rule(TRACKED, "kept", "added_at", shipment),),
    "orders.shipment-corrected.v1": (rule(TRACKED, "kept", "corrected_at", shipment, when=TRACEABLE),),
    "buyers.buyer-access-requested.v1": (rule(APPROVED, "opened", "requested_at", REQUEST),),
    "buyers.buyer-access-approved.v1": (rule(APPROVED, "kept", "approved_at", REQUEST),),
    "buyers.buyer-access-declined.v1": (rule(APPROVED, "kept", "declined_at", REQUEST),),
    "buyers.buyer-access-withdrawn.v1": (rule(APPROVED, "void", "withdrawn_at", REQUEST),),
    "buyers.message-sent.v1": (
        rule(REPLIED, "opened", "sent_at", MESSAGE, when=both(equal("sender", "buyer"), OPENS)),
        rule(REPLIED, "kept", "sent_at", field("answers"), when=both(equal("sender", "seller"), no(OPENS)))),
    "buyers.message-marked-spam.v1": (rule(REPLIED, "void", "marked_at", MESSAGE),),
}
LISTINGS = {  # of a listing, or of the stock behind it
    "catalog.product-listed.v1": ("listed", "listed_at"), "catalog.product-changed.v1": ("changed", "changed_at"),
    "catalog.product-delisted.v1": ("delisted", "delisted_at"), "catalog.inventory-received.v1": ("stocked", "received_at"),
    "catalog.inventory-deducted.v1": ("moved", "deducted_at"), "catalog.inventory-restored.v1": ("moved", "restored_at"),
    "catalog.inventory-counted.v1": ("moved", "counted_at"),
}

def moment(text):  # however a claim wrote it: also in seconds, or milliseconds, since 1970
    try: count = float(text)
    except ValueError: return datetime.fromisoformat(text.upper().replace("\N{MINUS SIGN}", "-")).astimezone(UTC)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=count if abs(count) <= 2e10 else count / 1000)
def plain(fields): return {name: moment(value).isoformat() if value and (name[-3:] == "_at" or name in ("at", "ship_by"))
                           else value for name, value in fields.items()}
def key(kind, row): return f"{kind}: {json.dumps(plain(row), sort_keys=True)}"

def claims(facts, bundle):  # what upheld appeals claim, as facts without an id; the same once, as first upheld
    come, aside, known = bundle["places"].get("performance", 0), bundle["aside"].get("performance", ()), set()
    for fact in sorted((fact for fact in facts if fact["type"] == DECIDED), key=lambda fact: fact["pos"]):
        if fact["data"]["upheld"] is not True or fact["pos"] > come or fact["pos"] in aside: continue  # had not come
        for place, claim in enumerate(fact["data"]["claims"]):
            data, kind = {"seller_id": fact["seller_id"], "parts": [], **claim["data"]}, claim["type"]
            same = key(kind, {name: value for name, value in data.items() if value is not None})
            if same not in known: yield {**fact, "id": None, "type": kind, "version": FIRST_OF_CLAIMS + place, "data": data}
            known.add(same)

def said(fact):  # all that it says, whenever: of obligations, of listings
    data = fact["data"]
    known = {"event_id": fact["id"], "recorded_at": fact["recorded_at"], "seller_id": data["seller_id"]}
    for metric, says, at, of, more in RULES.get(fact["type"], ()):
        if data.get(at) and ("when" not in more or more["when"](data)):
            also = {name: more[name](data) if name in more else None for name in ("amount", "part_of")}
            yield "sayings", {"metric": metric, "says": says, "at": data[at], "subject_id": of(data), **also, **known}
    for says, at in [LISTINGS[fact["type"]]] if fact["type"] in LISTINGS else []:
        shown = {"product_id": data["product_id"], "says": says, "at": data[at], "version": fact["version"]}
        yield "listings", {**shown, **{name: data.get(name) for name in DESCRIBED}, **known}

def main(text):
    bundle = json.loads(text)
    if "facts" not in bundle: return print("no facts in it: ask `market evidence` without --no-facts") or 2
    facts, as_of, known_at = bundle["facts"], moment(bundle["as_of"]), moment(bundle["known_at"])
    by_id, wrong = {fact["id"]: fact for fact in facts}, []
    told = [row for fact in (*by_id.values(), *claims(facts, bundle)) for row in said(fact)]
    left = Counter(key(*row) for row in told if moment(row[1]["at"]) <= as_of and moment(row[1]["recorded_at"]) <= known_at)
    for kind, row in [(name, row) for name in ("sayings", "listings") for row in bundle[name]]:
        one = key(kind, row if row["event_id"] in by_id else {**row, "event_id": None})  # a claim's id is not known here
        if not left[one]: wrong.append(f"no fact says so: {key(kind, row)}")
        left[one] -= 1
    wrong += [f"a fact says so, and it is left out: {one}" for one in left.elements()]
    print(f"facts: {len(facts)}, what they say: {len(told)}", *wrong, "WRONG" if wrong else "all as told", sep="\n")
    return int(bool(wrong))

if __name__ == "__main__": sys.exit(main(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
