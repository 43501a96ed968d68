"""A workspace and a small file of orders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from talk import NOW, ORDERS

from memory.workspace import Workspace
from tools.context import Context


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS, encoding="utf-8")
    return file


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    yield Context(workspace, "anna")
    workspace.store.close()
