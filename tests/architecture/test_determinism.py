"""A run reads its spec, its data and nothing else: the core's source asks for no clock, chance or environment."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ("connectors", "pipelines", "reports", "spec")

# What answers differently each time it is asked. `time.monotonic` measures how long something took and decides nothing.
ASKS = {
    "date.today", "datetime.now", "datetime.today", "datetime.utcnow", "getpass.getuser", "locale.getlocale",
    "locale.setlocale", "os.environ", "os.getenv", "os.urandom", "platform.node", "socket.gethostname",
    "time.localtime", "time.time", "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4",
}  # fmt: skip

ALLOWED = {
    ("connectors/vault.py", "os.environ"): "the key that opens the vault may be handed over in the environment",
    ("connectors/http/engine.py", "datetime.now"): "how long a token lives and a system wants to be left alone",
}
"""(module, what it asks for): why that decides nothing about a run's result."""


def sources() -> Iterator[Path]:
    """Every module of the core."""
    return (path for name in CORE for path in sorted((ROOT / name).rglob("*.py")))


def asked_in(path: Path) -> set[str]:
    """What a module asks for of `ASKS`, by its last two names: `datetime.datetime.now` counts as `datetime.now`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            found.add(f"{owner}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module in {"os", "time", "uuid"}:
            found |= {alias.name if node.module == "uuid" else f"{node.module}.{alias.name}" for alias in node.names}
    return found & ASKS


def test_the_core_asks_for_no_clock_chance_or_environment() -> None:
    asked = {(path.relative_to(ROOT).as_posix(), what) for path in sources() for what in asked_in(path)}
    assert asked - set(ALLOWED) == set()
    assert set(ALLOWED) - asked == set(), "these exceptions are needed no more"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import datetime\nx = datetime.datetime.now()", "datetime.now"),
        ("from datetime import date\nx = date.today()", "date.today"),
        ("import os\nx = os.environ['A']", "os.environ"),
        ("from os import environ", "os.environ"),
        ("from uuid import uuid4", "uuid4"),
    ],
)
def test_the_search_finds_what_it_is_for(line: str, what: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(line, encoding="utf-8")
    assert asked_in(module) == {what}
