"""The three files of an Olist export, read row by row.

Units: amounts in cents, sizes in millimetres and weights in grams once read.
Source: domain.md 7 (columns).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from market.imports.cells import (
    CentsCell,
    CountIfGiven,
    IdCell,
    MillimetresIfGiven,
    MomentCell,
    MomentIfGiven,
    SellerIdCell,
)
from market.imports.tables import Row, Table, read_table

ORDERS_FILE: Final = "olist_orders_dataset.csv"
ITEMS_FILE: Final = "olist_order_items_dataset.csv"
PRODUCTS_FILE: Final = "olist_products_dataset.csv"


class OrderRow(Row):
    """An order with its stamps; a missing one is of what did not happen."""

    order_id: IdCell
    customer_id: IdCell
    order_status: str | None
    order_purchase_timestamp: MomentCell
    order_approved_at: MomentIfGiven
    order_delivered_carrier_date: MomentIfGiven
    order_delivered_customer_date: MomentIfGiven
    order_estimated_delivery_date: str | None


class ItemRow(Row):
    """One unit of a product, sold by a seller in an order."""

    order_id: IdCell
    order_item_id: IdCell
    product_id: IdCell
    seller_id: SellerIdCell
    shipping_limit_date: MomentIfGiven
    price: CentsCell
    freight_value: CentsCell


class ProductRow(Row):
    """What is said of a product, whoever sells it. The columns' spelling is theirs."""

    product_id: IdCell
    product_category_name: str | None
    product_name_lenght: str | None
    product_description_lenght: CountIfGiven
    product_photos_qty: CountIfGiven
    product_weight_g: CountIfGiven
    product_length_cm: MillimetresIfGiven
    product_height_cm: MillimetresIfGiven
    product_width_cm: MillimetresIfGiven


@dataclass(frozen=True, slots=True)
class Olist:
    """One export: its orders, what they are made of, and the products sold."""

    orders: Table[OrderRow]
    items: Table[ItemRow]
    products: Table[ProductRow]


def read_olist(directory: Path) -> Olist:
    """Read the three files in `directory`.

    Raises:
        FileError: One of them can't be read as the table it should be.
    """
    return Olist(
        read_table(directory / ORDERS_FILE, OrderRow),
        read_table(directory / ITEMS_FILE, ItemRow),
        read_table(directory / PRODUCTS_FILE, ProductRow),
    )
