"""Down the ladder: a warning first, one step at a time, and at once if it is very poor."""

from scripts.demo_orders.clients import Client, Json, Question
from scripts.demo_orders.day import in_days
from scripts.demo_performance import tables
from scripts.demo_performance.season import CATALOG, ORDERS, Season
from scripts.demo_performance.selling import GLASS, LINEN, POTTERY, SELLERS

WARNED, HURRIED, REDUCED, LIMITED, SUSPENDED = 17, 23, 31, 45, 59
"""Days of the story on which that comes to somebody."""


def begin(season: Season) -> None:
    """Sellers list a product each, and six weeks of orders are told."""
    with season.step(
        "Six sellers begin",
        "Each lists a product. Forty days of orders are told, as an import tells them, and"
        " all sellers are reviewed: there is nothing to warn of.",
    ):
        for one in SELLERS:
            path = f"/sellers/{one.name}/products/p-1/listing"
            said = {"title": f"A piece by {one.name}"}
            season.tell_of(season.seller(one.name), CATALOG, Question("POST", path, said))
        season.pass_until(0)
        season.stands(POTTERY.name, "healthy", "star")


def warn(season: Season) -> None:
    """Two sellers ship a third of their orders late: a notice says so, nothing happens."""
    with season.step(
        "A warning comes first",
        "Pottery and linen begin to ship every third order late. The notice says why, which"
        " facts say so, and the way out; for 14 days nothing else happens.",
    ):
        season.pass_until(WARNED)
        season.stands(POTTERY.name, "warned")
        season.stands(LINEN.name, "warned")
        season.notice(POTTERY.name)


def suspend_at_once(season: Season) -> None:
    """A seller whose acceptances are very poor is suspended without a warning."""
    with season.step(
        "Very poor: suspended at once",
        "Glass has 24 orders on one day and lets 16 of them wait. Under 50 % of 20 or more"
        " nothing is waited for; the fact gives its reasons.",
    ):
        season.pass_until(HURRIED)
        season.stands(GLASS.name, "suspended")
        season.notice(GLASS.name)


def reduce_for_some(season: Season) -> None:
    """After 14 days the first sanction: strangers find the sellers' products last."""
    with season.step(
        "Visibility reduced for some",
        "Fourteen days later both are still under the limit. Buyers who don't know them"
        " find them last; cafe, their customer, sees no difference.",
    ):
        browse(season, season.stranger)
        season.pass_until(REDUCED)
        season.stands(POTTERY.name, "reduced_for_some")
        season.stands(LINEN.name, "reduced_for_some")
        browse(season, season.stranger)
        browse(season, season.known)


def reduce_for_all(season: Season) -> None:
    """The second sanction: last for all, and no new buyers."""
    with season.step(
        "Visibility reduced for all, and no new buyers",
        "Pottery goes on as before. Now orders takes nothing for it from buyers who are not"
        " its customers; they don't find it either, and its customers find it last.",
    ):
        season.pass_until(LIMITED)
        season.stands(POTTERY.name, "reduced_for_all")
        _place(season, season.stranger, 403)
        _place(season, season.known, 200)
        browse(season, season.stranger)
        browse(season, season.known)


def suspend(season: Season) -> None:
    """The last step: nobody finds the seller, nobody can order."""
    with season.step(
        "Suspended",
        "Another 14 days, another step: the last. Orders refuses every placement with"
        " pottery, its customers' too, and browsing shows nothing of it.",
    ):
        season.pass_until(SUSPENDED)
        season.stands(POTTERY.name, "suspended")
        _place(season, season.known, 403)
        browse(season, season.known)


def _place(season: Season, buyer: Client, expect: int) -> None:
    """Let a buyer order of pottery now, once all have heard how it stands."""
    season.let_it_travel()
    body: Json = {
        "order_id": f"{buyer.name}-{season.steps}",
        "seller_id": POTTERY.name,
        "lines": [
            {
                "line_id": "l-1",
                "product_id": "p-1",
                "title": "A piece by pottery",
                "quantity": 1,
                "unit_price_cents": 4_900,
            }
        ],
        "currency": "USD",
        "payment_method": "card",
        "ship_to_country": "US",
        "ship_by": in_days(5),
    }
    season.tell_of(buyer, ORDERS, Question("POST", "/orders", body), expect)


def browse(season: Season, buyer: Client) -> None:
    """Show whose products a buyer finds, in their order, once all have heard."""
    season.let_it_travel()
    products = season.read(buyer, "/browse", CATALOG)["products"]
    season.show(f"{buyer.name} browses, and finds {tables.found(products)}")
