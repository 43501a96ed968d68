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


SPEC = """
version: 1
name: stock
sources:
  goods: {location: goods.csv, columns: {code: VARCHAR, Quantity: BIGINT}}
outputs:
  - {file: stock.csv, from: goods}
"""


def test_a_run_that_asks_ends_with_3_and_its_answer_is_a_plan_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stock.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "goods.csv").write_text("code,Qty Ord.\nA,5\nB,7\n", encoding="utf-8")
    assert main(["run", "stock.yaml"]) == 3
    said = capsys.readouterr().out
    assert "Is 'Qty Ord.' the new name of 'Quantity'?" in " ".join(said.split())
    assert "dreflow runs answer r1 yes -o plan.yaml" in said
    assert not (tmp_path / "out").exists()
    assert main(["run", "stock.yaml", "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == "failed"
    assert document["error"]["kind"] == "drift"
    assert [one["value"] for one in document["error"]["data"]["question"]["options"]] == ["yes", "no"]
    assert main(["runs", "answer", "r1", "maybe"]) == 2
    assert "yes, no" in capsys.readouterr().err
    assert main(["runs", "answer", "r1", "yes", "-o", "plans/stock.yaml", "--json"]) == 0
    answered = json.loads(capsys.readouterr().out)
    assert answered["changes"] == ["The source 'goods': known_as is now Quantity 'Qty Ord.'."]
    assert answered["spec"]["sources"]["goods"]["location"] == str(tmp_path / "goods.csv"), "it lies in another folder"
    assert main(["run", "plans/stock.yaml"]) == 0
    assert (tmp_path / "out" / "stock.csv").read_text(encoding="utf-8") == "code,Quantity\nA,5\nB,7\n"


def test_columns_that_nothing_explains_are_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stock.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "goods.csv").write_text("code,colour\nA,red\nB,blue\n", encoding="utf-8")
    assert main(["run", "stock.yaml"]) == 3
    assert "Quantity" in capsys.readouterr().out


def test_every_sheet_of_the_one_file_is_read_from_the_file_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import openpyxl

    monkeypatch.chdir(tmp_path)
    for month, count in (("september", 1), ("october", 2)):
        book = openpyxl.Workbook()
        book.active.title = "a"  # type: ignore[union-attr]
        book.create_sheet("b")
        for page in book.worksheets:
            page.append(["id", "x"])
            for number in range(count):
                page.append([number, month])
        (tmp_path / month).mkdir()
        book.save(tmp_path / month / f"{month}.xlsx")
    sheets = "".join(
        f"  {one}: {{location: september/september.xlsx, stream: {one}, columns: {{id: BIGINT, x: VARCHAR}}}}\n"
        for one in "ab"
    )
    spec = (
        "version: 1\nname: both\nsources:\n"
        + sheets
        + "outputs:\n  - {file: a.csv, from: a}\n  - {file: b.csv, from: b}\n"
    )
    (tmp_path / "both.yaml").write_text(spec, encoding="utf-8")
    for given in ("october/october.xlsx", "october"):
        assert main(["run", "both.yaml", "--data", given]) == 0, capsys.readouterr()
        for name in ("a.csv", "b.csv"):
            assert (tmp_path / "out" / name).read_text(encoding="utf-8") == "id,x\n0,october\n1,october\n"
