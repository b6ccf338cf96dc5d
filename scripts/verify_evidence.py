"""Recompute a seller's scorecard from its evidence bundle: `verify_evidence.py FILE`; exit 1 if it differs."""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN201, E401, E501, E701, I001, PLR2004, PLW2901, T201
# fmt: off
import json, sys
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from math import sqrt
from pathlib import Path
DAY, EPOCH = 86_400_000_000, datetime(1970, 1, 1, tzinfo=UTC)  # moments: microseconds since
LEVELS, SAYS = ("star", "good", "warn", "limit"), ("opened", "due", "kept", "void")
UNITS, ANSWER, SHIP = "inventory.units_filled", "acceptance.timely", "shipping.on_time"
AT_AS_OF = COMPLETE, CONFIRMED = "listings.complete", "inventory.confirmed"

def moment(text): return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)

def deadline(at, left, off):  # when so much weekday time has passed
    while left > (day := (DAY - at % DAY) * ((at // DAY + 3) % 7 < 5 and at // DAY not in off)):
        left, at = left - day, at // DAY * DAY + DAY
    return at + left
def amounts(rows, *says): return [r["amount"] or 0 for r in rows if r["says"] in says] or [0]

def lost_units(rows):  # by order: for want of stock, what its split children lost with it
    of, lost = defaultdict(list), defaultdict(int)
    for r in (r for r in rows if r["metric"] == UNITS): of[r["subject_id"]].append(r)
    parent = {o: min(r["part_of"] for r in rs if r["says"] == "opened") for o, rs in of.items() if any(r["says"] == "opened" for r in rs)}
    for o, rs in of.items():
        units, steps = sum(amounts(rs, "amount")), 2 ** len(parent).bit_length()
        if any(r["says"] == "amount" and r["amount"] is None for r in rs):  # all that was left
            moved_on = sum(max(amounts(of[c], "opened")) for c in parent if parent[c] == o)
            came_in = max(amounts(rs, "due")) + max(amounts(rs, "opened"))
            units += max(0, came_in - moved_on - sum(amounts(rs, "amount", "kept")))
        while o in parent and steps: o, steps = parent[o], steps - 1
        lost[o] += units
    return lost

def owed(rows, policy, as_of):  # by metric: when each fell due, how much was due, and kept
    said, found, lost = defaultdict(list), defaultdict(list), lost_units(rows)
    off = {date.fromisoformat(day).toordinal() - EPOCH.toordinal() for day in policy["holidays"]}
    for r in rows: said[r["metric"], r["subject_id"]].append(r)
    for (metric, subject), rs in said.items():
        opened, due, kept, void = (min((r["at"] for r in rs if r["says"] == s), default=None) for s in SAYS)
        if hours := policy["standards"][metric]["weekday_hours"]:
            due = None if opened is None else deadline(opened, hours * DAY // 24, off)
        too_late = {ANSWER: kept, SHIP: due}.get(metric)  # to free the seller, from then on
        freed = void is not None and (too_late is None or void < too_late)
        if due is None or due > as_of or freed or (metric == SHIP and opened is None): continue
        units = max(amounts(rs, "due")) if metric == UNITS else 1
        found[metric].append((due, units, max(0, units - lost[subject]) if metric == UNITS else int(kept is not None and kept <= due)))
    return found

def of_listings(rows, days, as_of):  # by active listing: twelfths of points; stocks: confirmed
    said, points, stocks = defaultdict(lambda: ([], [])), [], []
    for r in sorted(rows, key=lambda r: (r["at"], r["version"], r["event_id"])): said[r["product_id"]][r["says"] in {"stocked", "moved"}].append(r)
    for rs, stock in said.values():
        if [r["says"] for r in rs if r["says"] != "changed"][-1:] == ["listed"]:
            r = [r for r in rs if r["says"] != "delisted"][-1]
            given = 240 * ((r["weight_g"] or 0) > 0) + 300 * all((r[f"{side}_mm"] or 0) > 0 for side in ("length", "width", "height"))
            points.append(given + 120 * min(r["image_count"], 3) + min(r["description_chars"], 300))
            if any(r["says"] == "stocked" for r in stock): stocks.append(stock[-1]["at"] > as_of - days * DAY)
    return points, stocks

def level(metric, due, rate, policy):
    standard, z, sure = policy["standards"][metric], policy["z"], metric in AT_AS_OF
    spread = z * sqrt((rate * (1 - rate) + z * z / (4 * due)) / due)
    shown = sure or (rate + z * z / (2 * due) + spread) / (1 + z * z / due) < standard["limit"]
    worst = "limit" if rate < standard["limit"] and shown else "warn" if rate < standard["warn"] else "good"
    if not sure and due < policy["enough_due"]: return "not_enough_data"
    return "star" if worst == "good" and standard["star"] is not None and rate >= standard["star"] else worst

def cards(rows, listings, policy, as_of):
    points, stocks = of_listings(listings, policy["standards"][CONFIRMED]["days"], as_of)
    yield from [(COMPLETE, 0, len(points), None, sum(points) / (len(points) * 1200))] if points else []
    yield from [(CONFIRMED, 0, len(stocks), sum(stocks), sum(stocks) / len(stocks))] if stocks else []
    for metric, dues in owed(rows, policy, as_of).items():
        windows = policy["window_days"], policy["long_window_days"]
        sums = {days: [sum(d[n] for d in dues if d[0] > as_of - days * DAY) for n in (1, 2)] for days in windows}
        days = next((days for days in windows if sums[days][0] >= policy["enough_due"]), windows[1])
        if sums[days][0]: yield metric, days, *sums[days], sums[days][1] / sums[days][0]

def main(text):
    bundle = json.loads(text)
    policy, as_of, known_at, digest = bundle["policy"], moment(bundle["as_of"]), moment(bundle["known_at"]), bundle.pop("digest")
    content = sha256(json.dumps(bundle, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    wrong = [] if digest == content else [f"digest: the content's is {content}"]
    for r in bundle["sayings"] + bundle["listings"]:
        r["at"] = moment(r["at"])
        if r["at"] > as_of or moment(r["recorded_at"]) > known_at or r["seller_id"] != bundle["seller_id"]:
            wrong.append(f"no evidence: {r['event_id']}")
    found = {c[0]: [*c[1:], level(c[0], c[2], c[4], policy)] for c in cards(bundle["sayings"], bundle["listings"], policy, as_of)}
    told = {c["metric"]: [c[n] for n in ("window_days", "due", "kept", "rate", "level")] for c in bundle["cards"]} | {"overall": bundle["level"]}
    levels = ["star" if policy["standards"][m]["star"] is None and c[4] == "good" else c[4] for m, c in found.items() if c[4] in LEVELS]
    found["overall"] = max(levels, key=LEVELS.index, default="not_enough_data")
    wrong += [f"{m}: told {told.get(m)}, found {found.get(m)}" for m in sorted(told.keys() | found) if told.get(m) != found.get(m)]
    print(*(f"{m}: {c}" for m, c in sorted(found.items())), *wrong, "WRONG" if wrong else "all as told", sep="\n")
    return int(bool(wrong))

if __name__ == "__main__": sys.exit(main(Path(sys.argv[1]).read_text(encoding="utf-8")))
