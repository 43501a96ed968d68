"""Names of tables and columns in a sentence, as a person says them."""

import pytest

from tools.wording import spoken_names


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ("Number of web_orders, by ship_city.", "Number of web orders, by ship city."),
        (
            "Sum of web_orders.net_amount; save as net_totals.csv.",
            "Sum of web orders.net amount; save as net_totals.csv.",
        ),
        ("status is 'no_show'", "status is 'no_show'"),
        ("mail anna_b@shop.example", "mail anna_b@shop.example"),
        ("nothing to say", "nothing to say"),
    ],
)
def test_underscores_are_said_only_where_they_belong_to_a_name_that_is_typed(said: str, spoken: str) -> None:
    assert spoken_names(said) == spoken
