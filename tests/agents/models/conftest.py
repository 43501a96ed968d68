"""A workspace with a small business's data, and every provider's real client library pointed at a local server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from model_desk import CUSTOMERS, KEY, NOW, ORDERS, Desk
from model_server import model_server

from agents.models import providers
from memory.workspace import Workspace
from tools.context import context_of
from tools.data import open_data


@pytest.fixture(autouse=True)
def only_local_models() -> Iterator[None]:
    """Real model calls stay forbidden by the library's own switch, but for these tests' local server."""
    from pydantic_ai.models import override_allow_model_requests

    with override_allow_model_requests(True):
        yield


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A workspace with the business's data and a key for every vendor."""
    for name in ("OPENAI", "ANTHROPIC", "GOOGLE", "MISTRAL", "GROQ", "COMPATIBLE"):
        monkeypatch.setenv(f"{name}_API_KEY", KEY)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "data" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    context = context_of(Workspace(tmp_path / "workspace", NOW), "ada")
    with model_server() as server, open_data([str(tmp_path / "data")], context) as data:
        yield Desk(server, context, data)


@pytest.fixture(params=providers())
def model(request: pytest.FixtureRequest) -> str:
    """A model of every provider there is: a new file in the folder is under these tests by existing."""
    return f"{request.param}:scripted-1"
