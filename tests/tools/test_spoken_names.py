"""Names of tables and columns in a sentence, as a person says them."""

import pytest

from tools.wording import spoken_names


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ("Number of web_orders, by ship_city.", "Number of web orders, by ship city."),
        (
            "Sum of web_orders.net_amount; save as net_totals.csv.",
            "Sum of net amount of web orders; save as net_totals.csv.",
        ),
        ("status is 'no_show'", "status is 'no_show'"),
        ("mail anna_b@shop.example", "mail anna_b@shop.example"),
        ("Sum of deliveries.amount, by month.", "Sum of amount of deliveries, by month."),
        ("Deliveries, by drivers.name and driver_id.", "Deliveries, by name of drivers and driver id."),
        ("read of orders.csv and of https://shop.example/a.b", "read of orders.csv and of https://shop.example/a.b"),
        ("town of 'St.Ives', mean of v1.2", "town of 'St.Ives', mean of v1.2"),
        ("nothing to say", "nothing to say"),
    ],
)
def test_underscores_are_said_only_where_they_belong_to_a_name_that_is_typed(said: str, spoken: str) -> None:
    assert spoken_names(said) == spoken
