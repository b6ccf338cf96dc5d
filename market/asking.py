"""Questions of an operator to a service of the running platform, over its own API."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import httpx2
from uuid_utils.compat import uuid7

from market.answers import Paged, StrangeAnswerError, understood
from market.errors import MarketError
from market.platform import Platform
from market.tokens import AsOperator

Page = TypeVar("Page", bound=Paged)
AskedMore: TypeAlias = Callable[[Mapping[str, str]], Any]
"""Asks for a page, by what is added to the query."""

TIMEOUT_S: Final = 300.0
MOST_OF_A_PAGE: Final = "500"


class AnsweredError(MarketError):
    """A service could not do what it was asked; it says why."""


class SilentError(MarketError):
    """A service did not answer."""


def ask(
    platform: Platform,
    service: str,
    path: str,
    values: Mapping[str, str | bool | None] | None = None,
) -> Any:  # noqa: ANN401 - JSON
    """Return what `service` answers to a GET of `path`; values that are None are left out.

    Raises:
        AnsweredError: It answered with a problem, or does not run here.
        SilentError: It did not answer.
    """
    return _send(platform, service, "GET", path, params=_given(values))


def tell(
    platform: Platform,
    service: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    values: Mapping[str, str | bool | None] | None = None,
) -> Any:  # noqa: ANN401 - JSON
    """Return what `service` answers to a POST of `body` to `path`, under a new key.

    Shape: `values` as for `ask`.

    Raises:
        AnsweredError: As `ask`; SilentError too.
    """
    key = {"Idempotency-Key": str(uuid7())}
    how = {"json": dict(body or {}), "headers": key, "params": _given(values)}
    return _send(platform, service, "POST", path, **how)


def page_by_page(
    kind: type[Page], service: str, asked: AskedMore
) -> Iterator[tuple[Any, Page]]:
    """Yield an answer of `service` page by page: as it was said, and as it is understood.

    Each is asked for when the one before has been printed.

    Raises:
        StrangeAnswerError: A page is not of that kind, or leads to itself.
    """
    more = {"limit": MOST_OF_A_PAGE}
    while True:
        answer = asked(more)
        known = understood(kind, service, answer)
        yield answer, known
        if known.next is None:
            return
        if known.next == more.get("after"):
            raise StrangeAnswerError(f"{service} answers a page that leads to itself")
        more = {"limit": MOST_OF_A_PAGE, "after": known.next}


def _send(platform: Platform, service: str, method: str, path: str, **how: Any) -> Any:  # noqa: ANN401 - JSON
    url = platform.service_urls.get(service)
    if url is None:
        known = ", ".join(platform.service_urls)
        raise AnsweredError(f"{service!r} is no service of this platform: it has {known}")
    try:
        answer = httpx2.request(
            method, f"{url}{path}", timeout=TIMEOUT_S, auth=AsOperator(platform.home), **how
        )
    except httpx2.HTTPError as why:
        raise SilentError(
            f"{service} does not answer ({why}): `market status` shows how it does"
        ) from why
    if answer.is_error:
        raise AnsweredError(f"{service}: {_problem(answer)}")
    try:
        return answer.json()
    except ValueError:
        raise AnsweredError(f"{service}: it answered {path} with no JSON") from None


def _problem(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {answer.status_code}"


def _given(values: Mapping[str, str | bool | None] | None) -> dict[str, str]:
    return {k: _text(v) for k, v in (values or {}).items() if v is not None}


def _text(value: str | bool) -> str:  # noqa: FBT001 - a query's value
    return str(value).lower() if isinstance(value, bool) else value
