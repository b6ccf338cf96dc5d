"""Whose: what a token says of its bearer is never taken from anywhere else.

A seller is the seller that the token names, and a buyer the buyer. What else a request
names in their place is unknown to it, whether or not there is such a one. Operators and
services act for all: they name whom they mean.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

from contracts.fact import Id, SellerId
from kit.asker import Asker, Role
from kit.domain import Refused
from kit.web.asking import Asking

Fixed: TypeAlias = Mapping[str, Callable[[Asker], str | None]]
"""Fields that who asks may fix: what each is for an asker, or None for one who names it."""


class Unknown(Refused):
    """A seller or a buyer who is none to who asks: another's, or nobody's."""

    def __init__(self, field: str, named: str) -> None:
        kind = field.removesuffix("_id")
        super().__init__(f"{field}: there is no {kind} {named!r}")
        self.code = f"{kind}-unknown"  # type: ignore[misc]  # each kind its own


class NotTheirsToSay(Refused):
    """A word that only others may say, in a field that is fixed for who asks."""

    code = "not-theirs-to-say"

    def __init__(self, field: str, named: str, own: str) -> None:
        super().__init__(
            f"{field}: {named!r} is for others to say; say {own!r}, or nothing"
        )


def own_id(role: Role) -> Callable[[Asker], str | None]:
    """Return what gives an asker's own id, if it asks as `role`."""
    return lambda asker: asker.id if asker.role == role else None


IDS: Final[Fixed] = {"seller_id": own_id("seller"), "buyer_id": own_id("buyer")}


def fix(field: str, own: str | None, named: str | None) -> str | None:
    """Return what `field` is: an asker's own, or as named by one who has none.

    Raises:
        Unknown: An id was named that is not the asker's own.
        NotTheirsToSay: Another word was.
    """
    if own is None or named in {None, own}:
        return named if own is None else own
    if field in IDS:
        raise Unknown(field, str(named))
    raise NotTheirsToSay(field, str(named), own)


def fixed(given: Mapping[str, Any], which: Fixed, asker: Asker) -> dict[str, Any]:
    """Return the fields `given`, those of `which` as they are for `asker`.

    Raises:
        RequestValidationError: An asker who must name one did not.
        Unknown: As `fix`; NotTheirsToSay too.
    """  # noqa: DOC501 - `missing` makes the first of them
    found = dict(given)
    for field, own_of in which.items():
        found[field] = fix(field, own_of(asker), found.get(field))
        if found[field] is None:
            raise missing("body", field)
    return found


def missing(where: str, field: str) -> RequestValidationError:
    """Return what is answered 422: `field` is not there, and nobody fixed it."""
    error = {"type": "missing", "loc": (where, field), "msg": "Field required"}
    return RequestValidationError([error])


def the_seller(asker: Asker, named: str | None) -> str:
    """Return the seller of a query: the asker, or whom it names.

    Raises:
        RequestValidationError: It names none, and has to.
        Unknown: It names another than the asker.
    """
    return _named("seller", asker, named)


def _named(role: Role, asker: Asker, named: str | None) -> str:
    found = fix(f"{role}_id", own_id(role)(asker), named)
    if found is None:
        raise missing("query", f"{role}_id")
    return found


def _any_seller(asker: Asking, seller_id: SellerId | None = None) -> str | None:
    return fix("seller_id", own_id("seller")(asker), seller_id)


def _one_seller(
    asker: Asking,
    seller_id: Annotated[
        SellerId | None, Query(description="Sellers are known by their token.")
    ] = None,
) -> str:
    return the_seller(asker, seller_id)


def _one_buyer(
    asker: Asking,
    buyer_id: Annotated[
        Id | None, Query(description="Buyers are known by their token.")
    ] = None,
) -> str:
    return _named("buyer", asker, buyer_id)


def _seller_in_path(asker: Asking, seller_id: SellerId) -> str:
    return the_seller(asker, seller_id)


def _buyer_in_path(asker: Asking, buyer_id: Id) -> str:
    return _named("buyer", asker, buyer_id)


AnySeller: TypeAlias = Annotated[str | None, Depends(_any_seller)]
"""The seller of a query, by token or by `?seller_id=`; None is all of them."""

OneSeller: TypeAlias = Annotated[str, Depends(_one_seller)]
"""The seller of a query, by token or by `?seller_id=`, which must then be there."""

SellerInPath: TypeAlias = Annotated[str, Depends(_seller_in_path)]
"""The seller of a path with `{seller_id}`."""

OneBuyer: TypeAlias = Annotated[str, Depends(_one_buyer)]
"""The buyer of a query, by token or by `?buyer_id=`, which must then be there."""

BuyerInPath: TypeAlias = Annotated[str, Depends(_buyer_in_path)]
"""The buyer of a path with `{buyer_id}`."""
