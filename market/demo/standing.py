"""How one seller stands: opened to its facts, warned, what if, and restated by a late fact.

What is reviewed is a day of the past, on all that is known by now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from rich.console import Console, RenderableType

from market.asking import ask, tell
from market.demo import notices, showing
from market.errors import MarketError
from market.moments import as_text
from market.platform import Platform
from market.samples import REVIEWED, TOLD_LATE, WARNED_SELLER

TRACKED: Final = "shipping.tracked"
COMPLETE: Final = "listings.complete"
STRICTER: Final = 0.75
"""What another policy would ask of listings, at least."""
A_DAY: Final = timedelta(days=1)
WARNED: Final = "performance.seller-warned.v1"
LIFTED: Final = "performance.sanction-lifted.v1"


class NotSoError(MarketError):
    """A seller does not stand where the demo says."""


@dataclass(frozen=True, slots=True)
class StandingShown:
    """One seller's standing, shown step by step.

    Shape: `caught_up` waits until every service has heard of everything.
    """

    console: Console
    platform: Platform
    caught_up: Callable[[], object]

    def show(self) -> None:
        """Show a scorecard, a warning, two what-ifs, and how a late fact lifts the warning.

        Raises:
            NotSoError: The seller was not warned, or the warning not lifted.
        """
        self._scorecard()
        self._warning()
        self._if_so()
        self._if_stricter()
        self._late_fact()

    def _say(self, heading: str, *what: RenderableType) -> None:
        self.console.print(f"\n[bold]{heading}[/bold]")
        for one in what:
            self.console.print(one)

    def _scorecard(self) -> None:
        """Show each metric, and one that was missed down to its facts."""
        question = {"as_of": as_text(REVIEWED), "explain": True}
        card = ask(self.platform, "performance", _of("scorecard"), question)
        missed = showing.missed(card["evidence"], TRACKED)
        self._say(
            f"The scorecard of {WARNED_SELLER} as of {REVIEWED:%d %B %Y}: {card['level']}",
            showing.cards(card["cards"]),
            f"\n{len(missed)} parcels had no number in time. The last one, and its facts:",
            showing.obligations(missed[-1:]),
        )

    def _warning(self) -> None:
        """Review the day: the seller is warned, of what the scorecard shows."""
        day = REVIEWED.date()
        done = self._review(day)
        fact = self._fact(WARNED)
        said = fact["data"]
        self._say(
            f"The review of that day: {WARNED_SELLER} is warned, and told the way out",
            f"{done['sellers']} sellers reviewed, {done['recorded']} facts; the warning is "
            f"{fact['event_id']}:",
            *notices.notice(said["grounds"], said["cure_by"]),
        )

    def _if_so(self) -> None:
        """Lay a claim over the history: nothing of it is recorded."""
        data = {
            "order_id": TOLD_LATE.order_id,
            "shipment_id": TOLD_LATE.shipment_id,
            "tracking_number": TOLD_LATE.tracking_number,
            "added_at": as_text(TOLD_LATE.at),
        }
        claim = {"type": "orders.tracking-added.v1", "data": data}
        body = {"claims": [claim], "as_of": as_text(REVIEWED)}
        found = tell(self.platform, "performance", _of("what-if"), body)
        self._say(
            f"What if the number of {TOLD_LATE.shipment_id} had been told in time?",
            showing.before_and_after(found["metrics"], found["before"], found["after"]),
        )

    def _if_stricter(self) -> None:
        """Judge the same history by another policy: who would stand otherwise?"""
        asked = {"as_of": as_text(REVIEWED), "seller_id": WARNED_SELLER}
        version = ask(self.platform, "performance", "/scorecards", asked)["policy"]
        policy = ask(self.platform, "performance", f"/policies/{version}")["policy"]
        standard = policy["standards"][COMPLETE] | {"warn": STRICTER}
        other = policy | {
            "version": "stricter",
            "standards": policy["standards"] | {COMPLETE: standard},
        }
        body = {"policy": other, "as_of": as_text(REVIEWED)}
        found = tell(self.platform, "performance", "/what-if", body)
        [overall] = [one for one in found["by_metric"] if one["metric"] == "overall"]
        changing = sum(overall[name] for name in ("better", "worse", "other"))
        self._say(
            f"What if {COMPLETE} had to be {STRICTER:.0%}, not {_asked(policy):.0%}? "
            f"{changing} of {changing + overall['same']} sellers would change level",
            showing.changes(found["sellers"]),
        )

    def _late_fact(self) -> None:
        """Tell a fact late: the next review looks again, and names it."""
        what = {
            "order_id": TOLD_LATE.order_id,
            "shipment_id": TOLD_LATE.shipment_id,
            "tracking_number": TOLD_LATE.tracking_number,
            "at": as_text(TOLD_LATE.at),
        }
        told = {"key": "told late", "command": "add-tracking", **what}
        tell(self.platform, "orders", "/commands", {"commands": [told]})
        self.caught_up()
        self._review(REVIEWED.date() + A_DAY)
        fact = self._fact(LIFTED)
        step = ask(self.platform, "performance", _of("standing"))["step"]
        self._say(
            "A late fact: that number had been told in time. The next review lifts the"
            " warning",
            notices.restated(fact),
            f"\nFact {fact['event_id']} says so; {WARNED_SELLER} is {step} again.",
        )

    def _review(self, day: date) -> Mapping[str, Any]:
        now = datetime.now(UTC)  # noqa: TID251 - the edge
        body = {"as_of": day.isoformat(), "known_at": as_text(now)}
        done: Sequence[Mapping[str, Any]]
        done = tell(self.platform, "performance", "/reviews", body)["days"]
        if not done:
            raise NotSoError(f"{day} was reviewed before: the demo needs a new home")
        return done[-1]

    def _fact(self, kind: str) -> Mapping[str, Any]:
        """Return the last fact of a type in the seller's standing.

        Raises:
            NotSoError: There is none.
        """
        path = _of("standing/history")
        facts: Iterable[Mapping[str, Any]]
        facts = ask(self.platform, "performance", path)["facts"]
        for fact in facts:
            if fact["type"] == kind:
                return fact
        raise NotSoError(f"{WARNED_SELLER}: no {kind} came of the review")


def _of(path: str) -> str:
    return f"/sellers/{quote(WARNED_SELLER, safe='')}/{path}"


def _asked(policy: Mapping[str, Any]) -> float:
    warn: float = policy["standards"][COMPLETE]["warn"]
    return warn
