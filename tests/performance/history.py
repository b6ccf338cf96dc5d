"""Facts for Hypothesis: late, repeated, out of order, at odds."""

from datetime import timedelta

from hypothesis import strategies as st

from contracts.buyers import (
    BuyerAccessApproved,
    BuyerAccessDeclined,
    BuyerAccessExpired,
    BuyerAccessRequested,
    BuyerAccessRuleSet,
    BuyerAccessWithdrawn,
    MessageMarkedSpam,
    MessageSent,
)
from contracts.catalog import (
    InventoryCounted,
    InventoryDeducted,
    InventoryReassigned,
    InventoryReceived,
    InventoryRestored,
    ProductChanged,
    ProductDelisted,
    ProductListed,
)
from contracts.fact import Fact
from contracts.orders import (
    LinePart,
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderLine,
    OrderLineQuantityChanged,
    OrderLineRemoved,
    OrderPlaced,
    OrderRejected,
    OrderSplit,
    ShipmentCorrected,
    ShipmentDelivered,
    ShipmentSaved,
    ShippedLine,
    TrackingAdded,
)
from tests.performance.world import AS_OF, TICK, recorded

days = st.sampled_from([-2, -1, 0, 1, 2, 3, 4, 13, 14, 29, 30, 31, 60, 88, 89, 90, 91, 95])
moments = st.builds(
    lambda ago, hours, ticks: AS_OF - timedelta(days=ago, hours=hours) + ticks * TICK,
    days,
    st.sampled_from([0, 0, 6, 18]),
    st.sampled_from([0, 0, -1, 1]),
)
perhaps = st.none() | moments
sellers = st.sampled_from(["s-1", "s-1", "s-2"])
orders = st.sampled_from([f"o-{n}" for n in range(9)])
shipments = st.sampled_from(["h-1", "h-2"])
products = st.sampled_from(["p-1", "p-2"])
units = st.integers(1, 12)
edits = st.sampled_from(["out_of_stock", "out_of_stock", "buyer_request", "other"])
reasons = st.sampled_from(["out_of_stock", "out_of_territory", "buyer_request", "other"])
counts = st.sampled_from([None, 0, 1, 2, 3, 150, 299, 300, 4_000])
known_counts = st.sampled_from([0, 1, 2, 3, 150, 299, 300, 4_000])
numbers = st.sampled_from([None, "1Z9"])
lines = st.builds(
    OrderLine,
    line_id=st.just("l-1"),
    product_id=products,
    title=st.just("Mug"),
    quantity=units,
    unit_price_cents=st.just(100),
)
of_these = st.none() | st.lists(
    st.builds(LinePart, line_id=st.just("l-1"), quantity=units), max_size=1
).map(tuple)
of_order = {"seller_id": sellers, "order_id": orders}
placed = st.builds(
    OrderPlaced,
    **of_order,
    buyer_id=st.just("b-1"),
    lines=st.lists(lines, min_size=1, max_size=2).map(tuple),
    shipping_cents=st.just(0),
    currency=st.just("USD"),
    payment_method=st.just("card"),
    ship_to_country=st.just("US"),
    placed_at=moments,
    ship_by=moments,
    clock_started_at=moments,
    split_from=st.none() | st.none() | orders,
    ordered=of_these,
)
accepted = st.builds(
    OrderAccepted,
    **of_order,
    buyer_id=st.just("b-1"),
    customer_id=st.just("c-1"),
    customer_link=st.just("created"),
    accepted_at=moments,
)
shipped = st.builds(
    ShipmentSaved,
    **of_order,
    shipment_id=shipments,
    lines=st.tuples(st.builds(ShippedLine, line_id=st.just("l-1"), quantity=units)),
    carrier=st.just("UPS"),
    tracking_number=numbers,
    shipped_by=st.sampled_from(["seller", "seller", "marketplace"]),
    shipped_at=moments,
    saved_at=moments,
    completes_order=st.booleans(),
    ordered=of_these,
)
described = {
    "seller_id": sellers,
    "product_id": products,
    "title": st.just("Mug"),
    "image_count": known_counts,
    "description_chars": known_counts,
    "weight_g": counts,
    "length_mm": counts,
    "width_mm": counts,
    "height_mm": counts,
}
of_request = {
    "seller_id": sellers,
    "request_id": st.sampled_from([f"r-{n}" for n in range(9)]),
    "buyer_id": st.just("b-1"),
}
message_ids = st.sampled_from([f"m-{n}" for n in range(9)])
sent = st.builds(
    MessageSent,
    seller_id=sellers,
    conversation_id=st.just("v-1"),
    message_id=message_ids,
    buyer_id=st.just("b-1"),
    sender=st.sampled_from(["buyer", "buyer", "seller", "seller", "system"]),
    answers=st.none() | message_ids,
    sent_at=moments,
)
of_buyers: st.SearchStrategy[Fact] = st.one_of(
    sent,
    sent,
    sent,
    st.builds(
        MessageMarkedSpam, seller_id=sellers, message_id=message_ids, marked_at=moments
    ),
    st.builds(BuyerAccessRequested, **of_request, requested_at=moments),
    st.builds(BuyerAccessRequested, **of_request, requested_at=moments),
    st.builds(BuyerAccessApproved, **of_request, approved_at=moments),
    st.builds(BuyerAccessDeclined, **of_request, declined_at=moments),
    st.builds(BuyerAccessWithdrawn, **of_request, withdrawn_at=moments),
    st.builds(BuyerAccessExpired, **of_request, expired_at=moments),
    st.builds(
        BuyerAccessRuleSet,
        seller_id=sellers,
        approval_required=st.booleans(),
        set_at=moments,
    ),
)
of_product = {"seller_id": sellers, "product_id": products}
stocked: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        InventoryReceived,
        **of_product,
        lot_id=st.just("lot-1"),
        units=units,
        manufactured_on=st.just(AS_OF.date()),
        received_at=moments,
    ),
    st.builds(
        InventoryDeducted,
        **of_product,
        units=units,
        reason=st.just("sold"),
        ref=st.none(),
        deducted_at=moments,
    ),
    st.builds(
        InventoryRestored,
        **of_product,
        units=units,
        reason=st.just("returned"),
        ref=st.none(),
        restored_at=moments,
    ),
    st.builds(
        InventoryCounted, **of_product, units=units, ref=st.none(), counted_at=moments
    ),
    st.builds(
        InventoryReassigned,
        **of_product,
        units=units,
        from_ref=orders,
        ref=orders,
        reassigned_at=moments,
    ),
)
of_orders: st.SearchStrategy[Fact] = st.one_of(
    placed,
    placed,
    accepted,
    accepted,
    shipped,
    st.builds(
        OrderRejected, **of_order, reason=reasons, note=st.none(), rejected_at=moments
    ),
    st.builds(OrderExpired, **of_order, expired_at=moments),
    st.builds(
        OrderCancelled,
        **of_order,
        by=st.sampled_from(["seller", "buyer", "marketplace"]),
        reason=reasons,
        cancelled_at=moments,
    ),
    st.builds(
        OrderLineQuantityChanged,
        **of_order,
        line_id=st.just("l-1"),
        old_quantity=units,
        quantity=units,
        reason=edits,
        changed_at=moments,
        completed_at=perhaps,
        ordered=st.none() | units,
    ),
    st.builds(
        OrderLineRemoved,
        **of_order,
        line_id=st.just("l-1"),
        quantity=units,
        reason=edits,
        removed_at=moments,
        completed_at=perhaps,
        ordered=st.none() | units,
    ),
    st.builds(
        OrderSplit,
        **of_order,
        new_order_id=orders,
        line_ids=st.just(("l-1",)),
        split_at=moments,
        completed_at=perhaps,
    ),
    st.builds(
        TrackingAdded,
        **of_order,
        shipment_id=shipments,
        tracking_number=st.just("1Z9"),
        added_at=moments,
    ),
    st.builds(
        ShipmentCorrected,
        **of_order,
        shipment_id=shipments,
        carrier=st.just("UPS"),
        tracking_number=numbers,
        corrected_at=moments,
    ),
    st.builds(ShipmentDelivered, **of_order, shipment_id=shipments, delivered_at=moments),
)
of_listings: st.SearchStrategy[Fact] = st.one_of(
    st.builds(ProductListed, **described, listed_at=moments),
    st.builds(ProductListed, **described, listed_at=moments),
    st.builds(ProductChanged, **described, changed_at=moments),
    st.builds(ProductDelisted, seller_id=sellers, product_id=products, delisted_at=moments),
    stocked,
)
# Each is picked as one, so that its many kinds leave the others their share.
picked = st.sampled_from([of_orders, of_orders, of_buyers, of_listings])
facts = picked.flatmap(lambda kinds: kinds)

lateness = st.sampled_from([timedelta(), timedelta(hours=1), timedelta(days=40)])
told = st.tuples(facts, lateness)
histories = st.one_of(
    st.lists(told, min_size=1, max_size=40), st.lists(told, min_size=12, max_size=40)
).map(recorded)
