"""A long request that repeats itself is read in proportion to its length: no question is put for each of its words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.builtin.decide import decide
from agents.builtin.pipelines.recipe.planner import read_recipe
from agents.contract import DataView, Draft, Question, Refusal, Request
from evals.dataview import FolderView

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LONGEST = 1_900


@pytest.mark.parametrize(
    "phrase", ["orders and customers and ", "customers and products and their orders and ", "orders, then customers, "]
)
def test_a_long_request_that_repeats_itself_asks_about_its_words_once_or_so(shop: FolderView, phrase: str) -> None:
    asked: list[str] = []

    def ask(request: Request, data: DataView) -> Draft | Question | Refusal:
        asked.append(request.text)
        return decide(request, data)

    text = f"{(phrase * 100)[:LONGEST]} save it as x.csv"
    read_recipe(Request(text=text, now=NOW, want="pipeline"), shop, ask)
    assert sum(len(words) for words in asked) <= 3 * LONGEST


def test_a_question_in_a_recipe_is_still_read_where_nothing_else_is(shop: FolderView) -> None:
    text = "total line_total by product, save it as totals.csv, then list all orders and save them as orders.csv"
    request = Request(text=text, now=NOW, want="pipeline")
    found = read_recipe(request, shop, decide)
    assert found is not None
    assert isinstance(found.reply, Draft | Question)
