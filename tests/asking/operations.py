"""Every operation of every service: who may, and a request of it about somebody's ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kit.asker import ROLES, Role
from services.performance.model.policy import load_policies

ALL_ROLES: Final = frozenset(ROLES)
NOBODY_ASKED: Final = frozenset[Role]()
SELLING: Final = frozenset[Role]({"seller", "operator", "service"})
PLACING: Final = frozenset[Role]({"buyer", "operator", "service"})
RUNNING: Final = frozenset[Role]({"operator", "service"})


@dataclass(frozen=True, slots=True)
class Operation:
    """What is asked of a service, with the names of ids in braces.

    Shape: `roles` are those who may; none, if it is open to anybody; `edits` what must be
        seen before, `many` asks of several, each judged on its own.
    """

    service: str
    method: str
    path: str
    roles: frozenset[Role]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    edits: bool = False
    many: bool = False

    def __str__(self) -> str:
        return f"{self.name}{' as a trial' if 'dry_run' in self.query else ''}"

    @property
    def name(self) -> str:
        return f"{self.service}: {self.method} {self.path}"

    @property
    def is_open(self) -> bool:
        return not self.roles

    @property
    def is_about_somebody(self) -> bool:
        """Whether it names an id that may be another's."""
        asked = f"{self.path} {self.body} {self.query}"
        return any(f"{{{name}}}" in asked for name in ("order_id", "seller_id", "buyer_id"))

    def request(self, ids: Mapping[str, str], key: str) -> dict[str, Any]:
        """Return it about `ids`, as an HTTP client takes it."""
        headers = {"If-Match": '"1"'} if self.edits else {}
        return {
            "method": self.method,
            "url": self.path.format(**ids),
            "params": _about(self.query, ids),
            "headers": {"Idempotency-Key": key, **headers},
            **({} if self.body is None else {"json": _about(self.body, ids)}),
        }


def _about(said: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(said, str):
        return said.format(**ids)
    if isinstance(said, Mapping):
        return {name: _about(value, ids) for name, value in said.items()}
    return [_about(each, ids) for each in said] if isinstance(said, list) else said


def _of_each(service: str) -> list[Operation]:
    stream = "/parked/{topic}/{stream}"
    return [
        *(Operation(service, "GET", p, NOBODY_ASKED) for p in ("/health", "/ready")),
        Operation(service, "GET", "/metrics", NOBODY_ASKED),
        *(Operation(service, "GET", p, RUNNING) for p in ("/status", "/parked", stream)),
        Operation(service, "POST", f"{stream}/redrive", RUNNING),
        Operation(service, "POST", f"{stream}/discard", RUNNING, {"because": "a test"}),
        Operation(service, "POST", "/read-models/verify", RUNNING),
        Operation(service, "POST", "/read-models/rebuild", RUNNING),
    ]


def _bulk(service: str) -> Operation:
    nothing = {"commands": [{"key": "{order_id}", "command": "none"}]}
    return Operation(service, "POST", "/commands", RUNNING, nothing)


_LINE: Final = {"line_id": "l-1", "quantity": 1}
_PLACING: Final = {
    "order_id": "{order_id}",
    "seller_id": "s-1",
    "buyer_id": "{buyer_id}",
    "lines": [_LINE | {"product_id": "p-1", "title": "Mug", "unit_price_cents": 2_100}],
    "currency": "USD",
    "payment_method": "card",
    "ship_to_country": "US",
    "ship_by": "2126-03-11T18:00:00Z",
}
_SHIPPING: Final = {
    "shipment_id": "{shipment_id}",
    "lines": [_LINE],
    "carrier": "UPS",
    "shipped_by": "seller",
    "shipped_at": "2026-03-09T10:00:00Z",
}
_ORDER: Final = "/orders/{order_id}"
_SHIPMENT: Final = f"{_ORDER}/shipments/{{shipment_id}}"
_TRACKED: Final = {"tracking_number": "1Z999AA10123456784"}
_REASON: Final = {"reason": "out_of_stock"}
_CUT: Final = {"quantity": 1, "reason": "out_of_stock"}
_ACCEPTING: Final = {"customer_id": "c-1", "customer_link": "created"}

_ORDERS: Final = [
    Operation("orders", "POST", "/orders", PLACING, _PLACING),
    Operation("orders", "GET", "/orders", SELLING, query={"seller_id": "{seller_id}"}),
    Operation("orders", "GET", _ORDER, ALL_ROLES),
    Operation("orders", "POST", f"{_ORDER}/acceptance", SELLING, _ACCEPTING),
    Operation("orders", "POST", f"{_ORDER}/rejection", SELLING, _REASON),
    Operation("orders", "POST", f"{_ORDER}/expiry", RUNNING),
    Operation(
        "orders", "POST", f"{_ORDER}/cancellation", ALL_ROLES, _REASON | {"by": "{role}"}
    ),
    Operation("orders", "POST", f"{_ORDER}/shipments", SELLING, _SHIPPING),
    Operation("orders", "POST", f"{_SHIPMENT}/tracking", SELLING, _TRACKED),
    Operation("orders", "POST", f"{_SHIPMENT}/correction", SELLING, {"carrier": "UPS"}),
    Operation("orders", "POST", f"{_SHIPMENT}/delivery", RUNNING),
    Operation(
        "orders",
        "POST",
        f"{_ORDER}/invoice-confirmation",
        RUNNING,
        {"invoice_id": "i-1"},
    ),
    Operation("orders", "GET", f"{_ORDER}/family", ALL_ROLES),
    Operation("orders", "GET", f"{_ORDER}/timeline", ALL_ROLES),
    *(
        Operation("orders", "POST", path, SELLING, body, query=query, edits=True)
        for path, body in (
            (f"{_ORDER}/splits", {"new_order_id": "o-9", "lines": [_LINE]}),
            (f"{_ORDER}/lines/{{line_id}}/quantity", _CUT),
            (f"{_ORDER}/lines/{{line_id}}/removal", {"reason": "buyer_request"}),
        )
        for query in ({}, {"dry_run": "true"})
    ),
    Operation(
        "orders",
        "POST",
        "/acceptances",
        SELLING,
        {"items": [{"order_id": "{order_id}", **_ACCEPTING}]},
        many=True,
    ),
    Operation(
        "orders",
        "POST",
        "/shipments",
        SELLING,
        {"items": [{"order_id": "{order_id}", **_SHIPPING}]},
        many=True,
    ),
    Operation(
        "orders", "GET", "/order-counts", SELLING, query={"seller_id": "{seller_id}"}
    ),
    Operation("orders", "POST", "/order-exports", SELLING, {"seller_id": "{seller_id}"}),
    *(
        Operation("orders", "GET", path, SELLING, query={"seller_id": "{seller_id}"})
        for path in ("/order-exports/{export_id}", "/order-exports/{export_id}/csv")
    ),
    _bulk("orders"),
]

_PRODUCT: Final = "/sellers/{seller_id}/products/{product_id}"
_DESCRIBING: Final = {"title": "Mug", "images": ["https://cdn.example/mug.jpg"]}
_RESERVING: Final = {
    "seller_id": "{seller_id}",
    "order_id": "{order_id}",
    "version": 1,
    "lines": [{"product_id": "{product_id}", "units": 1}],
}
_LOT: Final = {"lot_id": "lot-1", "units": 5, "manufactured_on": "2026-01-05"}

_CATALOG: Final = [
    Operation("catalog", "POST", f"{_PRODUCT}/listing", SELLING, _DESCRIBING),
    Operation("catalog", "GET", f"{_PRODUCT}/listing", SELLING),
    *(
        Operation(
            "catalog", "POST", f"{_PRODUCT}/{act}", SELLING, body, query=query, edits=True
        )
        for act, body in (("change", _DESCRIBING), ("delisting", None))
        for query in ({}, {"dry_run": "true"})
    ),
    Operation("catalog", "POST", f"{_PRODUCT}/receipts", SELLING, _LOT),
    Operation(
        "catalog", "POST", f"{_PRODUCT}/deductions", SELLING, {"units": 1, "reason": "sold"}
    ),
    Operation(
        "catalog",
        "POST",
        f"{_PRODUCT}/restorations",
        SELLING,
        {"units": 1, "reason": "returned"},
    ),
    Operation("catalog", "POST", f"{_PRODUCT}/counts", SELLING, {"units": 5}),
    Operation("catalog", "GET", f"{_PRODUCT}/stock", SELLING),
    Operation("catalog", "GET", f"{_PRODUCT}/stock/history", SELLING),
    Operation("catalog", "GET", "/sellers/{seller_id}/listings", SELLING),
    Operation("catalog", "GET", "/browse", PLACING, query={"buyer_id": "{buyer_id}"}),
    Operation("catalog", "POST", "/reservations", RUNNING, _RESERVING),
    Operation("catalog", "GET", "/shortages", SELLING, query={"seller_id": "{seller_id}"}),
    _bulk("catalog"),
]

_SELLER: Final = "/sellers/{seller_id}"
_REQUEST: Final = f"{_SELLER}/access-requests/{{request_id}}"
_CUSTOMER: Final = f"{_SELLER}/customers/{{customer_id}}"
_TALK: Final = f"{_SELLER}/conversations/{{conversation_id}}"
_BUYER: Final = {"buyer_id": "{buyer_id}"}
_WRITING: Final = {"message_id": "{message_id}", "text": "?", **_BUYER}
_ASKING: Final = {"request_id": "{request_id}", **_BUYER}
_CREATING: Final = {"customer_id": "{customer_id}", "name": "Shop"}

_BUYERS: Final = [
    Operation("buyers", "GET", f"{_SELLER}/access-rule", SELLING),
    Operation(
        "buyers", "POST", f"{_SELLER}/access-rule", SELLING, {"approval_required": True}
    ),
    Operation("buyers", "GET", f"{_SELLER}/access-requests", SELLING),
    Operation("buyers", "POST", f"{_SELLER}/access-requests", PLACING, _ASKING),
    Operation("buyers", "GET", _REQUEST, ALL_ROLES),
    Operation("buyers", "POST", f"{_REQUEST}/approval", SELLING),
    Operation("buyers", "POST", f"{_REQUEST}/decline", SELLING),
    Operation("buyers", "POST", f"{_REQUEST}/withdrawal", PLACING, _BUYER),
    Operation("buyers", "POST", f"{_REQUEST}/expiry", RUNNING),
    Operation("buyers", "GET", "/buyers/{buyer_id}/access-requests", PLACING),
    Operation("buyers", "GET", "/buyers/{buyer_id}/conversations", PLACING),
    Operation("buyers", "GET", f"{_SELLER}/buyers/{{buyer_id}}", SELLING),
    Operation("buyers", "GET", f"{_SELLER}/customers", SELLING),
    Operation("buyers", "POST", f"{_SELLER}/customers", SELLING, _CREATING),
    Operation("buyers", "GET", _CUSTOMER, SELLING),
    Operation("buyers", "POST", f"{_CUSTOMER}/association", SELLING, _BUYER),
    Operation("buyers", "GET", f"{_SELLER}/conversations", SELLING),
    Operation("buyers", "GET", _TALK, ALL_ROLES),
    Operation("buyers", "GET", f"{_TALK}/messages", ALL_ROLES),
    Operation("buyers", "POST", f"{_TALK}/seller-messages", SELLING, _WRITING),
    Operation("buyers", "POST", f"{_TALK}/buyer-messages", PLACING, _WRITING),
    Operation("buyers", "POST", f"{_TALK}/system-messages", RUNNING, _WRITING),
    Operation("buyers", "POST", f"{_TALK}/messages/{{message_id}}/spam", SELLING),
    Operation("buyers", "GET", f"{_SELLER}/counts", SELLING),
    _bulk("buyers"),
]
_WHOSE: Final = {"seller_id": "{seller_id}", "explain": "true"}
_THEN: Final = {"as_of": "2026-04-01T00:00:00Z", "policy": "2026-01"}
_LISTED: Final = {"product_id": "p-9", "title": "Mug", "image_count": 3}
CLAIM: Final = {
    "type": "catalog.product-listed.v1",
    "data": {**_LISTED, "description_chars": 9, "listed_at": "2026-03-01T00:00:00Z"},
}
_POLICY: Final = load_policies()[0].content
_PERFORMANCE: Final = [
    Operation(
        "performance",
        "GET",
        "/scorecards",
        SELLING,
        query={**_WHOSE, "as_of": "2026-04-01T00:00:00Z", "all": "true"},
    ),
    Operation(
        "performance",
        "GET",
        "/scorecards/replay",
        RUNNING,
        query={"metric": "acceptance.timely", "as_of": "2026-04-01T00:00:00Z"},
    ),
    *(
        Operation("performance", "GET", f"{_SELLER}/{path}", SELLING, query=_THEN)
        for path in ("scorecard", "projection", "due", "evidence")
    ),
    Operation(
        "performance",
        "POST",
        f"{_SELLER}/what-if",
        SELLING,
        {"claims": [CLAIM], "as_of": "2026-04-01T00:00:00Z"},
    ),
    Operation("performance", "GET", "/policies", SELLING),
    Operation("performance", "GET", "/policies/{version}", SELLING),
    Operation("performance", "POST", "/policy-validation", RUNNING, _POLICY),
    Operation(
        "performance",
        "GET",
        "/policies/{version}/comparison",
        RUNNING,
        query={"as_of": "2026-04-01T00:00:00Z"},
    ),
    Operation("performance", "POST", "/what-if", RUNNING, {"policy": _POLICY}),
    Operation("performance", "GET", f"{_SELLER}/trend", SELLING),
]
_APPEALING: Final = {
    "appeal_id": "{appeal_id}",
    "against": "0195e4a0-0000-7000-8000-000000000001",
    "statement": "It left in time",
    "claims": [CLAIM],
}
_DECIDING: Final = {"upheld": True, "note": "So it did"}
_STANDING: Final = [
    Operation("performance", "POST", "/reviews", RUNNING, {"as_of": "2026-03-01"}),
    Operation("performance", "GET", "/reviews", RUNNING),
    Operation("performance", "GET", "/policies/{version}/shadow", RUNNING),
    Operation("performance", "GET", "/standings", RUNNING, query={"step": "warned"}),
    Operation("performance", "GET", f"{_SELLER}/standing", SELLING),
    Operation("performance", "GET", f"{_SELLER}/standing/history", SELLING),
    Operation(
        "performance",
        "POST",
        f"{_SELLER}/plans",
        SELLING,
        {"plan_id": "{plan_id}", "statement": "Another packer"},
    ),
    Operation(
        "performance", "POST", f"{_SELLER}/plans/{{plan_id}}/acceptance", RUNNING, {}
    ),
    Operation(
        "performance",
        "POST",
        f"{_SELLER}/plans/{{plan_id}}/decline",
        RUNNING,
        {"note": "Vague"},
    ),
    Operation("performance", "POST", f"{_SELLER}/appeals", SELLING, _APPEALING),
    Operation(
        "performance",
        "POST",
        f"{_SELLER}/appeals/{{appeal_id}}/decision",
        RUNNING,
        _DECIDING,
    ),
    Operation("performance", "GET", f"{_SELLER}/appeals/{{appeal_id}}/preview", SELLING),
]
_BILLING: Final = [
    Operation("billing", "GET", "/store-fees/{month}", SELLING, query=_WHOSE),
    Operation("billing", "POST", "/store-fee-runs", RUNNING, {"month": "{month}"}),
]

OPERATIONS: Final = [
    *(
        operation
        for service in ("orders", "catalog", "buyers", "performance", "billing")
        for operation in _of_each(service)
    ),
    *_ORDERS,
    *_CATALOG,
    *_BUYERS,
    *_PERFORMANCE,
    *_STANDING,
    *_BILLING,
]
