"""Small exports, written by tests: rows as people read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ORDER: Final = {
    "order_id": "o-1",
    "customer_id": "b-1",
    "order_status": "delivered",
    "order_purchase_timestamp": "2018-03-02 18:00:00",
    "order_approved_at": "2018-03-02 18:20:00",
    "order_delivered_carrier_date": "2018-03-05 09:00:00",
    "order_delivered_customer_date": "2018-03-08 12:00:00",
    "order_estimated_delivery_date": "2018-03-20 00:00:00",
}
ITEM: Final = {
    "order_id": "o-1",
    "order_item_id": "1",
    "product_id": "p-1",
    "seller_id": "s-1",
    "shipping_limit_date": "2018-03-08 18:20:00",
    "price": "109.9",
    "freight_value": "25.51",
}
PRODUCT: Final = {
    "product_id": "p-1",
    "product_category_name": "baskets",
    "product_name_lenght": "22",
    "product_description_lenght": "476",
    "product_photos_qty": "2",
    "product_weight_g": "800",
    "product_length_cm": "16",
    "product_height_cm": "2",
    "product_width_cm": "11.5",
}
MOVEMENT: Final = {
    "movement_id": "m-1",
    "seller_id": "s-1",
    "product_id": "p-1",
    "at": "2018-03-02T12:00:00Z",
    "kind": "received",
    "units": "10",
    "lot_id": "lot-1",
    "manufactured_on": "2018-02-20",
}
SOLD: Final = {
    **MOVEMENT,
    "movement_id": "m-2",
    "kind": "deducted",
    "units": "3",
    "lot_id": "",
    "manufactured_on": "",
}
COUNTED: Final = {**SOLD, "movement_id": "m-3", "kind": "counted", "units": "0"}
RULE: Final = {
    "seller_id": "s-1",
    "at": "2018-03-01T09:00:00Z",
    "approval_required": "on",
}
REQUEST: Final = {
    "request_id": "r-1",
    "seller_id": "s-1",
    "buyer_id": "b-1",
    "requested_at": "2018-03-01T10:00:00Z",
    "outcome": "approved",
    "outcome_at": "2018-03-02T10:00:00Z",
}
CUSTOMER: Final = {
    "seller_id": "s-1",
    "customer_id": "c-1",
    "link": "created",
    "at": "2018-03-02T10:00:00Z",
    "name": "Mill Street Goods",
    "buyer_id": "b-1",
}
ASSOCIATED: Final = {**CUSTOMER, "link": "associated", "name": "", "buyer_id": "b-2"}
MESSAGE: Final = {
    "seller_id": "s-1",
    "conversation_id": "t-1",
    "message_id": "w-1",
    "buyer_id": "b-1",
    "order_id": "o-1:s-1",
    "sender": "buyer",
    "answers": "",
    "text": "When will it leave?",
    "sent_at": "2018-03-03T10:00:00Z",
    "spam_at": "",
}
ANSWER: Final = {
    **MESSAGE,
    "message_id": "w-2",
    "sender": "seller",
    "text": "Tomorrow.",
    "sent_at": "2018-03-03T12:00:00Z",
}
SHIPMENT: Final = {
    "order_id": "o-1:s-1",
    "shipment_id": "parcel-1",
    "lines": "1:2;3:1",
    "carrier": "UPS",
    "tracking_number": "1Z999AA10123456784",
    "shipped_at": "2018-03-05T09:00:00Z",
    "saved_at": "2018-03-05T10:00:00Z",
    "tracking_added_at": "",
    "delivered_at": "2018-03-08T12:00:00Z",
}

Cells = Mapping[str, str]


def write_csv(path: Path, rows: Sequence[Cells]) -> Path:
    """Write `rows` below the columns of the first."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_export(
    directory: Path,
    *,
    orders: Sequence[Cells] = (ORDER,),
    items: Sequence[Cells] = (ITEM,),
    products: Sequence[Cells] = (PRODUCT,),
) -> Path:
    """Write an Olist export of these rows; without any, of one order of one unit."""
    write_csv(directory / "olist_orders_dataset.csv", orders)
    write_csv(directory / "olist_order_items_dataset.csv", items)
    write_csv(directory / "olist_products_dataset.csv", products)
    return directory
