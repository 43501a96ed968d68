"""Words of questions and of names meet in one form."""

from __future__ import annotations

import pytest

from agents.builtin.language.words import split_name, stem, tokenise
from agents.builtin.schema.graph import expand


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("orders", "ordered"),
        ("categories", "category"),
        ("purchases", "purchased"),
        ("people", "person"),
        ("sold", "sell"),
    ],
)
def test_inflections_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_a_rating_is_not_a_rate() -> None:
    assert stem("rating") != stem("rate")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sbTxAmount", ("sb", "transaction", "amount")),
        ("order_items", ("order", "item")),
        ("custQty", ("customer", "quantity")),
    ],
)
def test_names_are_cut_and_abbreviations_written_out(name: str, words: tuple[str, ...]) -> None:
    assert expand(split_name(name)) == words


def test_numbers_in_words_quotes_and_possessives_are_tokens() -> None:
    tokens = tokenise("the two hundred largest of Anna's 'big' orders over $30,000")
    assert [token.number for token in tokens if token.kind == "number"] == [200.0, 30000.0]
    assert [token.text for token in tokens if token.kind == "quoted"] == ["big"]
    assert "'s" in [token.text for token in tokens]
