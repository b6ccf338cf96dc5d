"""Requests of the catalog, and what they are about."""

from itertools import count
from typing import Any, Final

from fastapi.testclient import TestClient

IMAGES: Final = ["https://cdn.example/mug-1.jpg", "https://cdn.example/mug-2.jpg"]
MUG: Final[dict[str, Any]] = {
    "title": "Mug",
    "images": IMAGES,
    "description": "Stoneware, glazed by hand. ".ljust(300, "!"),
}
LOT: Final = {"lot_id": "lot-1", "units": 10, "manufactured_on": "2026-01-05"}
P1: Final = "/sellers/s-1/products/p-1"
AT: Final = "2026-03-06T18:00:00Z"
_numbers: Final = count()


def post(
    http: TestClient, path: str, body: object = None, seen: str | None = None
) -> tuple[int, Any]:
    """Ask once, under a key of its own; `seen` is the ETag of what was read before."""
    headers = {"Idempotency-Key": f"k-{next(_numbers)}"}
    if seen is not None:
        headers["If-Match"] = seen
    answer = http.post(path, json=body, headers=headers)
    return answer.status_code, answer.json()


def tell(http: TestClient, command: str, **said: object) -> Any:  # noqa: ANN401 - JSON
    """Tell of what happened elsewhere, and return what became of it."""
    about = {"seller_id": "s-1", "product_id": "p-1", "at": AT}
    told = {"key": f"k-{next(_numbers)}", "command": command, **about, **said}
    return http.post("/commands", json={"commands": [told]}).json()["results"][0]
