"""Views over the little tables that the evaluation cases use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from evals.dataview import FolderView
from evals.harness import OWN_CASES

Ask = Callable[..., Draft | Question | Refusal]


@pytest.fixture(scope="session")
def shop() -> FolderView:
    return FolderView(OWN_CASES / "shop" / "tables")


@pytest.fixture
def ask(shop: FolderView) -> Ask:
    def run(text: str, view: FolderView | None = None, **fields: object) -> Draft | Question | Refusal:
        now = datetime(2024, 6, 15, 12, tzinfo=UTC)
        return draft(Request.model_validate({"text": text, "now": now, **fields}), view or shop)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, str]], FolderView]:
    """Make a view from tables written as CSV text."""

    def make(tables: dict[str, str]) -> FolderView:
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return FolderView(tmp_path)

    return make
