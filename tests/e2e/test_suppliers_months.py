"""A supplier's months, from the first words to the third file: the same through session, HTTP, page and Slack."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import page as chat
import pytest
from talks import Told, through_http, through_service, through_session

from evals.casefiles import Unlike
from evals.world import World, write
from integrations.cli.workspace import principal

MONTHS = {2: "2026-10", 5: "2026-11"}
"""Before which step which month's file takes the place of the one before, under its name."""


class Steps(list[Mapping[str, str]]):
    """The conversation; going through it lets the months pass."""

    def __init__(self, data: Path, later: Mapping[str, Path]) -> None:
        super().__init__(
            (
                {"text": "My supplier sends this Excel each month, load it into one clean table"},
                {"decision": "approve"},
                {"text": "run it"},
                {"answer": "yes"},
                {"decision": "approve"},
                {"text": "run it"},
            )
        )
        self._data, self._later = data, later

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        for number, step in enumerate(super().__iter__()):
            month = "2026-09" if number == 0 else MONTHS.get(number)
            if month:
                (file,) = self._later[month].glob("*.xlsx")
                shutil.copy(file, self._data / "orders.xlsx")
            yield step


@pytest.fixture
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """The supplier's world, and the folder into which each month's file is saved."""
    folder = tmp_path_factory.mktemp("given")
    world = write("supplier", folder / "world")
    (folder / "inbox").mkdir()
    return world, folder / "inbox"


def _through_http(steps: Steps, folder: Path, data: Path) -> Told:
    with (
        chat.serving(folder / "workspace", "--data", str(data), "--no-worker", log=folder / "chat.log") as address,
        httpx.Client(base_url=f"{address}/api/v1", timeout=chat.PATIENCE / 1000) as client,
    ):
        return through_http(steps, client)


def test_a_renamed_column_is_asked_about_once_and_then_known_through_every_door(
    given: tuple[World, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    world, data = given
    steps = Steps(data, world.later)
    workspace = tmp_path_factory.mktemp("alone") / "workspace"
    alone = through_session(steps, workspace, data)
    first, _, asked, changed, done, third = alone
    assert {"plan"} <= _kinds(first)
    (question,) = [one for one in asked if one["kind"] == "question"]
    assert "Is 'Qty Ord.' the new name of 'Quantity'?" in question["text"]
    assert [option["value"] for option in question["options"]] == ["yes", "no"]
    (before,), (after,) = ([one["spec_digest"] for one in turn if one["kind"] == "plan"] for turn in (first, changed))
    assert before != after
    (diff,) = [one for one in changed if one["kind"] == "diff"]
    assert any("known_as" in change and "Qty Ord." in change for change in diff["changes"])
    assert "4 rows are set aside" in str(done)
    assert "New columns were left out: Origin" in str(done)
    assert "question" not in _kinds(third)
    _holds_the_ledger(world, workspace / "out" / "clean_table")
    others = {
        "http": _through_http(steps, tmp_path_factory.mktemp("served"), data),
        "page": through_service(steps, tmp_path_factory.mktemp("page") / "workspace", data, who="anna", surface="page"),
        "slack": through_service(
            steps, tmp_path_factory.mktemp("slack") / "workspace", data, who="anna", surface="slack"
        ),
    }
    for door, told in others.items():
        for number, (one, other) in enumerate(zip(alone, told, strict=True)):
            assert _comparable(one) == _comparable(other), (door, number)


def _holds_the_ledger(world: World, out: Path) -> None:
    """What the third month left is the ledger's, and a value that is another would be seen."""
    world.check(out, "2026-11")
    table = out / "clean_table.csv"
    text = table.read_text(encoding="utf-8")
    lines = text.splitlines()
    for other in (
        "\n".join(lines[:-1]),
        text.replace(",2026-11-", ",2026-10-", 1),
        text.replace("South,", "North,", 1),
    ):
        table.write_text(f"{other}\n", encoding="utf-8")
        with pytest.raises(Unlike):
            world.check(out, "2026-11")
    table.write_text(text, encoding="utf-8")


def _kinds(turn: list[dict[str, object]]) -> set[object]:
    return {reply["kind"] for reply in turn}


def _comparable(turn: list[dict[str, object]]) -> str:
    """Replies as text. Who approves has another name in the shell, and a report holds the time it was made at."""
    text = re.sub(r"'bytes': \d+", "'bytes': ...", str(turn))
    text = re.sub(r"renamed in r\d+", "renamed in a run", text)
    return re.sub(rf"\b(?:{re.escape(principal())}|anna) approved", "somebody approved", text)
