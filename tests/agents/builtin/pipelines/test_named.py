"""A word that a person said means a column stands for it in a plan; what is quoted or names a file does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from agents.builtin.pipelines.named import in_columns
from agents.contract import Request
from evals.dataview import FolderView

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
TABLES = {"orders": "id,amount,note\n1,2.50,a\n", "refunds": "id,back,note\n1,1.00,b\n"}


@pytest.mark.parametrize(
    ("text", "answer", "read"),
    [
        ("total Turnover, by id", "orders.amount", "total amount, by id"),
        ("turnover above 2, saved as turnover.csv", "orders.amount", "amount above 2, saved as turnover.csv"),
        ("keep 'turnover' and turnovers", "orders.amount", "keep 'turnover' and turnovers"),
        ("total turnover", "refunds.note", "total turnover"),
        ("total turnover", "none", "total turnover"),
        ("total turnover", "orders.amount; drop", "total turnover"),
    ],
)
def test_a_word_that_was_said_to_mean_a_column_is_that_column(
    folder: Callable[[dict[str, str]], FolderView], text: str, answer: str, read: str
) -> None:
    request = Request(text=text, now=NOW, answers={"meaning of turnover": answer, "reading": "yes"})
    named, said = in_columns(request, folder(TABLES))
    assert named.text == read
    assert said == (("by 'turnover' orders.amount is meant",) if read != text else ())
