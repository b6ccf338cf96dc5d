"""Recompute a scorecard from its evidence: `verify_evidence.py FILE`; exit 1 if it differs."""

import hashlib, itertools, json, math, operator, pathlib, sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta

ANSWERED, SHIPPED, UNITS = "acceptance.timely", "shipping.on_time", "inventory.units_filled"
AT_AS_OF = COMPLETE, CONFIRMED = "listings.complete", "inventory.confirmed"
LEVELS, NOT_ENOUGH = ("star", "good", "warn", "limit"), "not_enough_data"

def moment(text): return datetime.fromisoformat(text).astimezone(UTC)
def of(rows, *says): return [row for row in rows if row["says"] in says]
def first(rows, says): return min((row["at"] for row in of(rows, says)), default=None)
def units(rows, *says): return [row["amount"] or 0 for row in of(rows, *says)] or [0]
def grouped(rows, *fields):
    key = operator.itemgetter(*fields)
    return {name: [*group] for name, group in itertools.groupby(sorted(rows, key=key), key)}
def midnight(at): return datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=1)
def deadline(at, left, holidays):  # the first moment by which so much weekday time has passed
    def today(): return (midnight(at) - at) * (at.weekday() < 5 and at.date().isoformat() not in holidays)
    while left > today(): at, left = midnight(at), left - today()
    return at + left

def top(parent, metric, order):  # of a part, the order that was placed; a circle leads to none
    way = [order]
    while (above := parent.get((metric, way[-1]))) and above not in way: way.append(above)
    return order if above else way[-1]
def lost_units(sayings, parent):  # by order: for want of stock, what its split children lost with it
    lost, orders = defaultdict(int), grouped((r for r in sayings if r["metric"] == UNITS), "subject_id")
    for order, rows in orders.items():
        lost[root := top(parent, UNITS, order)] += sum(units(rows, "amount"))
        if any(row["amount"] is None for row in of(rows, "amount")):  # all that was left
            came_in = max(units(rows, "due")) + max(units(rows, "opened"))
            moved_on = sum(max(units(orders[part], "opened")) for (m, part), of_ in parent.items() if (m, of_) == (UNITS, order))
            lost[root] += max(0, came_in - moved_on - sum(units(rows, "amount", "kept")))
    return lost

def owed(sayings, policy, as_of):  # of all that counts: its metric, when it fell due, units due, kept
    parts = grouped((row for row in sayings if row["part_of"]), "metric", "subject_id").items()
    parent = {part: min(row["part_of"] for row in rows) for part, rows in parts}
    lost, families = lost_units(sayings, parent), defaultdict(list)
    for (metric, subject), rows in grouped(sayings, "metric", "subject_id").items():
        opened, due, kept, void = (first(rows, says) for says in ("opened", "due", "kept", "void"))
        if hours := policy["standards"][metric]["weekday_hours"]:
            due = opened and deadline(opened, timedelta(hours=hours), policy["holidays"])
        bound = {ANSWERED: kept, SHIPPED: due}.get(metric)  # from then on nothing frees the seller
        if not due or (void and (bound is None or void < bound)) or (metric == SHIPPED and not opened): continue
        if metric != UNITS: families[metric, top(parent, metric, subject)].append((due, kept))
        elif due <= as_of: yield metric, due, (count := max(units(rows, "due"))), max(0, count - lost[subject])
    for (metric, _), parts in families.items():  # an order and its parts owe as one
        due = (min if metric == ANSWERED else max)(part[0] for part in parts)
        in_time = (kept and kept <= (due if metric == ANSWERED else by) for by, kept in parts)
        if due <= as_of: yield metric, due, 1, int(all(in_time))

def on_sale(listings):  # of each product: what its listing says, how its stock moved
    in_order = sorted(listings, key=operator.itemgetter("at", "version", "event_id"))
    for rows in grouped(in_order, "product_id").values():
        if [row["says"] for row in of(rows, "listed", "delisted")][-1:] == ["listed"]:
            yield of(rows, "listed", "changed")[-1], of(rows, "stocked", "moved")
def points(listing):  # in twelfths, which are whole
    weight, *sizes = ((listing[name] or 0) > 0 for name in ("weight_g", "length_mm", "width_mm", "height_mm"))
    return 120 * min(listing["image_count"], 3) + min(listing["description_chars"], 300) + 240 * weight + 300 * all(sizes)

def cards(bundle, policy, as_of):  # of each metric: window in days, due, kept, rate
    listed, since = [*on_sale(bundle["listings"])], as_of - timedelta(policy["standards"][CONFIRMED]["days"])
    if n := len(listed): yield COMPLETE, 0, n, None, sum(points(says) for says, _ in listed) / (n * 1200)
    moved = [stock[-1]["at"] > since for _, stock in listed if of(stock, "stocked")]
    if moved: yield CONFIRMED, 0, len(moved), sum(moved), sum(moved) / len(moved)
    for metric, obligations in grouped(owed(bundle["sayings"], policy, as_of), 0).items():
        for days in (policy["window_days"], policy["long_window_days"]):
            within = [o for o in obligations if o[1] > as_of - timedelta(days)]
            due, kept = sum(o[2] for o in within), sum(o[3] for o in within)
            if due >= policy["enough_due"]: break
        if due: yield metric, days, due, kept, kept / due

def level(metric, due, rate, policy):
    standard, z, sure = policy["standards"][metric], policy["z"], metric in AT_AS_OF
    if due < policy["enough_due"] and not sure: return NOT_ENOUGH
    spread = z * math.sqrt((rate * (1 - rate) + z * z / (4 * due)) / due)
    upper = (rate + z * z / (2 * due) + spread) / (1 + z * z / due)
    if rate < standard["limit"] and (sure or upper < standard["limit"]): return "limit"
    return "warn" if rate < standard["warn"] else "good" if standard["star"] is None or rate < standard["star"] else "star"

def digest_of(content): return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

def main(text):
    bundle = json.loads(text)
    facts, rows = bundle.pop("facts", ()), bundle["sayings"] + bundle["listings"]
    policy, as_of, known_at = bundle["policy"], moment(bundle["as_of"]), moment(bundle["known_at"])
    wrong = [] if bundle.pop("digest") == (own := digest_of(bundle)) else [f"digest: the content's is {own}"]
    for row in rows: row["at"] = moment(row["at"])
    late = {row["event_id"] for row in rows if row["at"] > as_of or moment(row["recorded_at"]) > known_at}
    wrong += [f"no evidence: {row['event_id']}" for row in rows if row["seller_id"] != bundle["seller_id"] or row["event_id"] in late]
    found = {metric: [*card, level(metric, card[1], card[3], policy)] for metric, *card in cards(bundle, policy, as_of)}
    told = {card["metric"]: [card[name] for name in ("window_days", "due", "kept", "rate", "level")] for card in bundle["cards"]}
    starless = {metric: {"good": "star"} for metric in found if policy["standards"][metric]["star"] is None}
    levels = {starless.get(metric, {}).get(card[-1], card[-1]) for metric, card in found.items()}
    found["overall"], told["overall"] = max(levels - {NOT_ENOUGH}, key=LEVELS.index, default=NOT_ENOUGH), bundle["level"]
    wrong += [f"{m}: told {told.get(m)}, found {found.get(m)}" for m in sorted(told | found) if told.get(m) != found.get(m)]
    told = (*(f"{metric}: {found[metric]}" for metric in sorted(found)), *wrong)
    more = ["facts: check them with verify_facts.py"] if facts else []
    print(*told, *more, "WRONG" if wrong else "all as told", sep="\n")
    return int(bool(wrong))

if __name__ == "__main__": sys.exit(main(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
