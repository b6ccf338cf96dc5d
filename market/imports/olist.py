"""Olist's columns read as the facts of orders and catalog.

Shape: one order per (order, seller), named `order_id:seller_id`, in the order of the orders
    file; a line is what one product costs at one price; each (product, seller) is listed at
    the moment of its first order in these files.
Source: domain.md 7 (mapping); docs/decisions/0006-imports.md (what it leaves open).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from market.imports.olist_rows import (
    ITEMS_FILE,
    ORDERS_FILE,
    PRODUCTS_FILE,
    ItemRow,
    OrderRow,
    ProductRow,
    read_olist,
)
from market.imports.plan import Command, Json, Plan, Stage, key
from market.imports.sorting import SellerOrder, Sorted, sort_rows
from market.imports.tables import Place, RowReport

CURRENCY: Final = "BRL"
COUNTRY: Final = "BR"
CARRIER: Final = "marketplace"


@dataclass(frozen=True, slots=True)
class FirstSale:
    """The earliest order of what one seller sells, and its row among the items."""

    placed_at: datetime
    item: ItemRow


def plan_olist(directory: Path) -> Plan:
    """Return the commands that the three files in `directory` amount to.

    Raises:
        FileError: One of the files can't be read as the table it should be.
    """
    found = sort_rows(read_olist(directory))
    titles = {row.product_id: _title(row) for row in found.products.values() if row}
    first = first_sales(found.orders)
    orders = [step for order in found.orders for step in order_commands(order, titles)]
    return Plan(
        (
            Stage("listings", "catalog", list(_listings(found, first))),
            Stage("orders", "orders", orders),
        ),
        rejected=(*found.rejected, *_unlisted(found, first)),
        noted=(*found.noted, *_undescribed(found, first)),
    )


def order_commands(order: SellerOrder, titles: Mapping[str, str]) -> Iterator[Command]:
    """Yield what happened to `order`: placed, accepted, shipped, delivered, in this order.

    A stamp that is missing is of something that did not happen. Stamps that contradict each
    other are passed on as they are.
    """
    row = order.order
    place = Place(ORDERS_FILE, row.line)
    shipment_id = f"{order.id}:1"

    def command(name: str, at: datetime | None, **fields: Json) -> Iterator[Command]:
        if at is not None:
            body = {"order_id": order.id, **fields, "at": at.isoformat()}
            # A refusal stands under its key: with a stamp filled in later, it is another.
            yield Command(place, key("olist", name, order.id, *_stamps(row)), name, body)

    yield from command(
        "place-order", row.order_purchase_timestamp, **_placed(order, titles)
    )
    yield from command(
        "accept-order",
        row.order_approved_at,
        customer_id=row.customer_id,
        customer_link="created",
    )
    yield from command(
        "save-shipment",
        row.order_delivered_carrier_date,
        shipment_id=shipment_id,
        lines=[
            {"line_id": line["line_id"], "quantity": line["quantity"]}
            for line in _lines(order.items, titles)
        ],
        carrier=CARRIER,
        shipped_by="marketplace",
        shipped_at=_iso(row.order_delivered_carrier_date),
    )
    yield from command(
        "mark-delivered", row.order_delivered_customer_date, shipment_id=shipment_id
    )


def _stamps(row: OrderRow) -> list[str]:
    """Return what has happened to an order, as its row says."""
    happened = {
        "accepted": row.order_approved_at,
        "shipped": row.order_delivered_carrier_date,
    }
    return [name for name, at in happened.items() if at is not None]


def first_sales(orders: Sequence[SellerOrder]) -> dict[tuple[str, str], FirstSale]:
    """Return the first sale by (seller, product), the earliest moment first.

    Shape: of equal moments, the one that stands first in the files.
    """
    first: dict[tuple[str, str], FirstSale] = {}
    for order in sorted(orders, key=lambda order: order.order.order_purchase_timestamp):
        for item in order.items:
            sale = FirstSale(order.order.order_purchase_timestamp, item)
            first.setdefault((item.seller_id, item.product_id), sale)
    return first


def _placed(order: SellerOrder, titles: Mapping[str, str]) -> dict[str, Json]:
    limits = [item.shipping_limit_date for item in order.items]
    return {
        "seller_id": order.seller_id,
        "buyer_id": order.order.customer_id,
        "lines": _lines(order.items, titles),
        "shipping_cents": sum(item.freight_value for item in order.items),
        "currency": CURRENCY,
        "payment_method": "card",
        "ship_to_country": COUNTRY,
        "ship_by": _iso(max(limit for limit in limits if limit is not None)),
    }


def _lines(items: Sequence[ItemRow], titles: Mapping[str, str]) -> list[dict[str, Json]]:
    """One line per product and price, named by its first item: a line has one price."""
    equal: dict[tuple[str, int], list[ItemRow]] = defaultdict(list)
    for item in items:
        equal[item.product_id, item.price].append(item)
    return [
        {
            "line_id": units[0].order_item_id,
            "product_id": product_id,
            "title": titles.get(product_id, product_id),
            "quantity": len(units),
            "unit_price_cents": price,
        }
        for (product_id, price), units in equal.items()
    ]


def _listings(
    found: Sorted, first: Mapping[tuple[str, str], FirstSale]
) -> Iterator[Command]:
    for (seller_id, product_id), sale in first.items():
        product = found.products.get(product_id)
        if product is None and product_id in found.products:
            continue
        described = _described(product)
        place = Place(ITEMS_FILE, sale.item.line)
        at = sale.placed_at.isoformat()
        fields: dict[str, Json] = {
            "seller_id": seller_id,
            "product_id": product_id,
            "title": product_id if product is None else _title(product),
            **described,
            "at": at,
        }
        # Another export may hold an earlier or a later sale: that is another command.
        name = "list-product"
        listing = key("olist", name, seller_id, product_id, at)
        yield Command(place, listing, name, fields)


def _described(product: ProductRow | None) -> dict[str, Json]:
    """What is said of the product; of an unknown one, nothing."""
    if product is None:
        return {"image_count": 0, "description_chars": 0}
    return {
        "image_count": product.product_photos_qty or 0,
        "description_chars": product.product_description_lenght or 0,
        "weight_g": product.product_weight_g,
        "length_mm": product.product_length_cm,
        "width_mm": product.product_width_cm,
        "height_mm": product.product_height_cm,
    }


def _unlisted(
    found: Sorted, first: Mapping[tuple[str, str], FirstSale]
) -> Iterator[RowReport]:
    for (seller_id, product_id), sale in first.items():
        if product_id in found.products and found.products[product_id] is None:
            reason = (
                f"{product_id} of {seller_id} is not listed: its row in {PRODUCTS_FILE} "
                "was rejected (its orders are imported)"
            )
            yield RowReport(Place(ITEMS_FILE, sale.item.line), reason)


def _undescribed(
    found: Sorted, first: Mapping[tuple[str, str], FirstSale]
) -> Iterator[RowReport]:
    for (_, product_id), sale in first.items():
        if product_id not in found.products:
            reason = (
                f"product {product_id} is not in {PRODUCTS_FILE}: listed without photos, "
                "description, weight and sizes"
            )
            yield RowReport(Place(ITEMS_FILE, sale.item.line), reason)


def _title(product: ProductRow) -> str:
    return product.product_category_name or product.product_id


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
