"""A system that nobody has built in: a folder of its own, found by everything, and no file that was there changes."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pantry
import pytest
import shell
import shelved
import talks
from shell import ROOT, command, environment

from agents.replies import Connect
from agents.session import Message, Session
from memory.workspace import Workspace
from tools.context import Context

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the system's own beside the product's shelf, found by each Python that starts there."""
    pantry.write(tmp_path / "shelf")
    shelved.site_of(tmp_path / "shelf", tmp_path / "site")
    return tmp_path


def ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    around = environment(folder)
    around["PYTHONPATH"] = f"{folder / 'site'}:{around['PYTHONPATH']}"
    return subprocess.run(
        command(*arguments), cwd=folder, env=around, capture_output=True, text=True, check=False, timeout=300
    )


def told(folder: Path, *arguments: str) -> Any:
    done = ran(folder, *arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def product() -> dict[str, str]:
    """Every file of the connectors, the tools and the documents, by its content."""
    files = [path for part in ("connectors", "tools", "agents", "docs") for path in (ROOT / part).rglob("*")]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file() and path.suffix in {".py", ".yaml", ".md"}
    }


def test_a_folder_is_a_system_for_the_list_the_docs_and_the_chat_and_changes_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = product()
    listed = {one["name"]: one for one in told(folder, "connectors", "list")["connectors"]}
    assert listed["pantry"] == {"name": "pantry", "can": ["discover", "incremental", "read", "send"], "proof": "C"}
    assert len(listed) > 8
    assert "mouldy key" in told(folder, "connectors", "show", "pantry")["text"]
    found = told(folder, "docs", "what is a mouldy key?")
    assert found["status"] == "answered"
    assert found["passages"][0]["file"].endswith("pantry/README.md")
    shelved.join_here(folder / "shelf", monkeypatch)
    workspace = Workspace(folder / "talk", NOW)
    with Session(Context(workspace, "anna"), clock=NOW) as session:
        thread = session.begin("talk", surface="page")
        replies = list(session.talk(Message(text="connect pantry", thread=thread), start=talks.start))
    workspace.store.close()
    (card,) = [one for one in replies if isinstance(one, Connect)]
    assert (card.system, card.title) == ("pantry", "Pantry")
    assert product() == before


def test_its_conformance_is_tried_and_every_case_of_reading_and_sending_is_kept(folder: Path) -> None:
    document = told(folder, "connectors", "check", "pantry", "--conformance")
    assert document["status"] == "kept", document
    kept = {(one["stream"], one["case"]) for one in document["verdicts"] if one["result"] == "kept"}
    assert {("stock", "whole"), ("stock", "incremental"), ("stock", "killed"), ("stock", "swept")} <= kept
    assert {("stock: note", "answer_lost"), ("stock: note", "sent_before"), ("stock: note", "shown_first")} <= kept


def test_a_folder_that_somebody_keeps_anywhere_is_tried_alike_and_a_mistake_in_it_is_named(tmp_path: Path) -> None:
    unit = pantry.write(tmp_path / "mine")
    assert shell.dreflow(tmp_path, "connectors", "check", "mine/pantry", "--conformance")["status"] == "kept"
    file = unit / "connector.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("path: /stock/{key}", "path: /shelf/{key}"), "utf-8")
    (unit / "vendor.yaml").write_text(pantry.VENDOR.replace("most: 50", "most: 20"), encoding="utf-8")
    done = subprocess.run(
        command("connectors", "check", "mine/pantry", "--conformance", "--json"), cwd=tmp_path,
        env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1
    results = {(one["stream"], one["case"]): one for one in json.loads(done.stdout)["verdicts"]}
    assert results["stock: note", ""]["result"] == "not tried"
    assert results["stock", "as_written"]["result"] == "broken"
