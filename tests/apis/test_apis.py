"""Each service answers as its own description says, whoever asks and whatever.

Requests are made of the description: what it allows, and what it does not. Each answer is
held to it: its status, its content and its headers; what is wrong is refused, nobody is let
in without a token, and nothing breaks.
"""

from tests.apis.described import answers_as_it_says

test_orders_to_an_operator = answers_as_it_says("orders", "operator")
test_orders_to_a_seller = answers_as_it_says("orders", "seller")
test_orders_to_a_buyer = answers_as_it_says("orders", "buyer")

test_buyers_to_an_operator = answers_as_it_says("buyers", "operator")
test_buyers_to_a_seller = answers_as_it_says("buyers", "seller")
test_buyers_to_a_buyer = answers_as_it_says("buyers", "buyer")

test_the_catalog_to_an_operator = answers_as_it_says("catalog", "operator")
test_the_catalog_to_a_seller = answers_as_it_says("catalog", "seller")
test_the_catalog_to_a_buyer = answers_as_it_says("catalog", "buyer")

test_performance_to_an_operator = answers_as_it_says("performance", "operator")
test_performance_to_a_seller = answers_as_it_says("performance", "seller")
