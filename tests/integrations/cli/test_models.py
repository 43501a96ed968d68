"""``dreflow models``: keys, routes, what models may see, and the budget."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from model_server import Fail, Say, model_server

from integrations.cli.app import main

KEY = "sentinel-key-of-a-test"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a workspace of its own; its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))

    def typed(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = main(["models", *words])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return typed


def test_a_key_goes_to_the_vault_and_is_never_shown(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("key", "mistral", "--stdin", stdin=f"{KEY}\n")
    assert code == 0
    assert "in the vault" in out
    code, out, _ = run("list", "--json")
    mistral = next(one for one in json.loads(out)["providers"] if one["name"] == "mistral")
    assert mistral["key"] == "yes"
    held = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == []
    assert KEY not in out
    assert run("key", "mistral", "--forget")[0] == 0
    assert (
        next(one for one in json.loads(run("list", "--json")[1])["providers"] if one["name"] == "mistral")["key"]
        == "no"
    )


def test_a_route_names_models_that_can_be_called(run: Run) -> None:
    code, _, err = run("use", "draft", "openai:gpt-5")
    assert code == 1
    assert "dreflow models key openai" in err
    code, _, err = run("use", "draft", "opnai:gpt-5")
    assert code == 1
    assert "Did you mean 'openai'?" in err
    code, out, _ = run("use", "draft", "ollama:llama3")
    assert code == 0
    assert out == "draft: ollama:llama3 then builtin.\n"
    assert "draft    ollama:llama3 then builtin" in run("list")[1]
    assert run("use", "draft")[1] == "draft: builtin.\n"


def test_a_model_is_tried_before_it_is_relied_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic_ai.models import override_allow_model_requests

    with model_server() as server, override_allow_model_requests(True):
        assert run("url", "compatible", f"{server.url}/v1")[0] == 0
        server.play(Say(json.dumps({"total": 5})))
        code, out, _ = run("check", "compatible:tiny")
        assert code == 0
        assert "answers in the form that is asked for" in out
        assert "on a machine of yours" in out
        monkeypatch.setenv("COMPATIBLE_API_KEY", KEY)
        server.play(Fail(401, message=f"bad key {KEY}"))
        code, out, _ = run("check", "compatible:tiny")
        assert code == 1
        assert "the key for the compatible server is wrong" in out
        assert KEY not in out


def test_a_budget_is_kept_and_shown(run: Run) -> None:
    code, out, _ = run("budget", "--tokens", "2,000,000", "--money", "12.50")
    assert code == 0
    assert "Budget: 2,000,000 tokens and 12.50 US dollars." in out
    assert json.loads(run("budget", "--money", "none", "--json")[1])["budget_money"] is None
    assert run("budget", "--tokens", "many")[0] == 2


def test_what_models_may_see_is_set(run: Run) -> None:
    assert run("rows", "never", "--personal", "local")[1] == "Rows may be seen by: never. Personal columns: local.\n"
