"""Evidence of a rename: from names, places and values, and never more than evidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connectors.drift import compare, known_names, together
from connectors.renames import Evidence, assigned, likeness, same_place, weighed
from spec.errors import DriftError
from spec.pipeline import Source

ORDER = (["code", "Quantity", "day"], ["code", "Qty Ord.", "day", "Origin"])


def found(header: str, now: list[object], *, column: str = "Quantity", unreadable: int = 0) -> Evidence:
    return weighed(column, header, "BIGINT", order=ORDER, now=now, unreadable=unreadable, then=[5, 7, 9])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quantity", "Qty Ord."),
        ("Menge", "Best.-Mge."),
        ("Quantità", "Q.tà"),
        ("unit_price", "UnitPrice"),
        ("Customer No", "customer number"),
        ("Order Quantity", "Order Qty"),
        ("Amount EUR", "Amount (EUR)"),
    ],
)
def test_a_header_in_other_words_is_alike(one: str, other: str) -> None:
    assert likeness(one, other) >= 0.5


@pytest.mark.parametrize(("one", "other"), [("Quantity", "Origin"), ("Amount", "Remarks"), ("Price", ""), ("…", "Qty")])
def test_another_header_is_not_alike(one: str, other: str) -> None:
    assert likeness(one, other) < 0.5


def test_a_place_is_the_same_by_number_or_by_neighbours() -> None:
    assert same_place("Quantity", "Qty Ord.", *ORDER)
    assert same_place("b", "x", ["a", "b", "c"], ["new", "a", "x", "c"])
    assert not same_place("b", "x", ["a", "b", "c"], ["a", "c", "y", "x"])


def test_a_column_without_a_value_is_never_proposed() -> None:
    assert found("Qty Ord.", [5, 6]).is_plausible
    assert not found("Qty Ord.", [None, None]).is_plausible


def test_values_that_do_not_fit_speak_against_a_rename() -> None:
    assert not found("Qty Ord.", [5], unreadable=9).is_plausible
    assert found("Qty Ord.", [5, 6, 7, 8], unreadable=1).is_plausible


def test_a_column_of_the_right_type_alone_is_no_rename() -> None:
    assert not found("Origin", [100, 200]).is_plausible
    assert found("Origin", [5, 7]).is_plausible, "its values are those of before"


def test_of_several_headers_the_weightiest_is_proposed_and_each_only_once() -> None:
    both = [found("Origin", [5, 7]), found("Qty Ord.", [5, 7]), found("Qty Ord.", [5, 7], column="day")]
    assert [(one.column, one.header) for one in assigned(both)] == [("Quantity", "Qty Ord.")]


def test_the_evidence_says_what_was_seen() -> None:
    keyed = weighed(
        "Price", "Unit price", "DECIMAL(18,2)", order=ORDER,
        now={("a",): Decimal("2.50"), ("b",): Decimal("3.00")}, unreadable=1,
        then={("a",): Decimal("2.50"), ("b",): Decimal("2.75"), ("c",): Decimal("9.00")},
    )  # fmt: skip
    said = keyed.in_words()
    assert "2 of its 3 values are numbers" in said
    assert "from 2.50 to 3.00, where they were from 2.50 to 9.00" in said
    assert "1 of the 2 rows that were there before have the same value" in said
    days = weighed("day", "date", "DATE", order=ORDER, now=[date(2026, 1, 2)], unreadable=0, then=[])
    assert "all 1 of its values are dates" in days.in_words()


def source(**changes: object) -> Source:
    made = Source(columns={"id": "BIGINT", "Quantity": "BIGINT"}, known_as={"Quantity": ("Qty", "Pieces")})
    return made.model_copy(update=changes)


def test_a_column_s_own_name_counts_before_those_agreed_for_it() -> None:
    assert known_names(source(), ["ID", "qty"]) == ["ID", "Quantity"]
    assert known_names(source(), ["id", "Pieces", "Qty"]) == ["id", "Pieces", "Quantity"]
    assert known_names(source(), ["id", "Quantity", "Qty"]) == ["id", "Quantity", "Qty"]
    with pytest.raises(DriftError) as caught:
        compare(source(), known_names(source(), ["id", "Quantity", "Qty"]), {}, fill=False)
    assert caught.value.data["added"] == ["Qty"]


def test_the_drift_of_several_sources_is_told_at_once() -> None:
    drift = {}
    for name in ("north", "south"):
        with pytest.raises(DriftError) as caught:
            compare(source(), ["id", "Units"], {"file": "orders.xlsx", "sheet": name}, fill=False)
        drift[name] = caught.value
    told = together(drift)
    assert "north: missing 'Quantity'; new 'Units'; south: missing 'Quantity'; new 'Units'" in str(told)
    assert list(told.data["streams"]) == ["north", "south"]  # type: ignore[call-overload]
