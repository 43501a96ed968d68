"""Patterns that every Python we support reads alike."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "chat_ui", "connectors", "evals", "integrations", "memory", "pipelines", "scripts", "spec", "tools")
# A group that is repeated possessively, or an atomic one.
_POSSESSIVE = re.compile(r"(?<![\\(])\)[*+?]\+|\(\?>")


def _texts(file: Path) -> list[str]:
    """All texts of a module, those in bytes too."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    values = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return [one if isinstance(one, str) else one.decode("latin-1") for one in values if isinstance(one, str | bytes)]


@pytest.mark.parametrize("room", ROOMS)
def test_no_group_is_repeated_possessively_as_pythons_before_3_11_5_match_those_wrongly(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    assert [str(file) for file in files for text in _texts(file) if _POSSESSIVE.search(text)] == []
