"""The command line itself: commands found by their files, help that lists them all, errors in a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.cli.app import COMMANDS, main
from spec.errors import DreflowError

PROMISED = {
    "approve", "ask", "connectors", "definitions", "demo", "diff", "doctor", "eval", "explain", "people", "plan",
    "replay", "report", "run", "runs", "schema", "steps", "validate", "vault",
}  # fmt: skip


def test_every_promised_command_is_there() -> None:
    assert set(COMMANDS.names()) >= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_a_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: dreflow {name}")
    assert "--workspace" in shown


def test_the_overview_has_a_line_for_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in PROMISED)


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"dreflow {version('dreflowpro')}"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        (["rnu"], "dreflow run"),
        (["zzzz"], "dreflow --help"),
        (["--colour", "run"], "dreflow --help"),
        (["--workspace"], ""),
    ],
)
def test_a_wrong_command_line_is_wrong_usage(typed: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert hint in said.err


def test_a_bug_of_ours_is_a_sentence_and_a_traceback_only_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(_: object) -> int:
        raise KeyError("secret-of-the-data")

    monkeypatch.setattr("integrations.cli.commands.doctor.run", broken)
    monkeypatch.delenv("DREFLOW_DEBUG", raising=False)
    assert main(["--workspace", str(tmp_path), "doctor", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["status"] == "failed"
    assert "KeyError" in said.err
    assert "secret-of-the-data" not in said.err + said.out
    monkeypatch.setenv("DREFLOW_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["--workspace", str(tmp_path), "doctor"])


@pytest.mark.parametrize("typed", [["runs", "show", "r9", "--json"], ["steps", "list"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(
    typed: list[str], unbuffered: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "integrations.cli", "--workspace", str(tmp_path / "w"), *typed]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        done = subprocess.run(
            command,
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert done.returncode == 0
    assert done.stderr == ""


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("integrations.cli.commands.doctor.run", interrupted)
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == "Stopped.\n"


def test_the_exit_code_is_the_errors_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Special(DreflowError):
        exit_code = 4

    def refusing(_: object) -> int:
        raise Special("No.")

    monkeypatch.setattr("integrations.cli.commands.doctor.run", refusing)
    monkeypatch.delenv("DREFLOW_DEBUG", raising=False)
    assert main(["doctor"]) == 4
