"""What no description says, put right in requests that are otherwise as it allows.

Moments have come, and follow each other; pages begin at the first; claims are facts that
could have happened; the thresholds of a policy descend.
"""

from datetime import UTC, datetime
from typing import Any, Final

from schemathesis import Case

from services.performance.model.policy import load_policies
from tests.performance.world import AS_OF

_CLAIM: Final[dict[str, Any]] = {
    "type": "catalog.product-listed.v1",
    "data": {
        "product_id": "p-9",
        "title": "Mug",
        "image_count": 3,
        "description_chars": 9,
        "listed_at": "0001-01-01T00:00:00Z",
    },
}
_POLICY: Final = load_policies()[0].content
_HOLDS_TOGETHER: Final = ("window_days", "long_window_days", "standards", "standing")
_ANSWERED: Final = ("after", "before", "seen")
"""What only an answer says."""


def let_it_be_possible(case: Case[Any]) -> None:
    """Leave of `case` what could be answered, and make the rest so."""
    query = case.query or {}
    for name in _ANSWERED:
        query.pop(name, None)
    _come(query)
    if "until" in query:
        query["until"] = min(query["until"], str(AS_OF.date()))
    if "from" in query:
        query["from"] = query.get("until", "2026-03-02")
    if isinstance(case.body, dict):
        case.body.pop("seen", None)
        _come(case.body)
        if case.body.get("claims"):
            case.body["claims"] = [_CLAIM]
        for policy in (case.body, case.body.get("policy")):
            if isinstance(policy, dict) and "standards" in policy:
                policy.update({name: _POLICY[name] for name in _HOLDS_TOGETHER})


def _come(said: dict[str, Any]) -> None:
    """Let moments that lie ahead, and days, be the one that there is something of."""
    for name in ("as_of", "known_at"):
        if (given := said.get(name)) is None:
            continue
        if "T" not in given.upper():
            said[name] = str(AS_OF.date())
        elif _moment(given) > AS_OF:
            said[name] = "2026-04-01T00:00:00Z"


def _moment(given: str) -> datetime:
    try:
        return datetime.fromisoformat(given.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # at the ends of time, or with a leap second
        return datetime.max.replace(tzinfo=UTC)
