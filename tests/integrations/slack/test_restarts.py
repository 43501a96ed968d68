"""The real command over Slack's socket, killed at its worst moments: no answer is lost and none stands there twice."""

from __future__ import annotations

import getpass
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from slack_server import APP_TOKEN, BOT, TOKEN, FakeSlack, words

from memory.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
GRANTS = {"slack:C0GENERAL": "ask", "slack:UANNA": "ask plan approve run", getpass.getuser(): "ask run"}
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start(slack: FakeSlack, orders: str, tmp_path: Path) -> Iterator[Start]:
    """Starts ``dreflow slack`` and waits until it listens."""
    folder = tmp_path / ".dreflow"
    workspace = Workspace(folder, NOW)
    for name, rights in GRANTS.items():
        workspace.store.save_principal(name, frozenset(rights.split()), by="owner", now=NOW)
    workspace.store.close()
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        slack.sockets.clear()
        log = (tmp_path / f"log{len(running)}").open("wb")
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "integrations.cli",
                "slack",
                "--workspace",
                str(folder),
                "--data",
                orders,
                "--no-worker",
            ],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT),
                "SLACK_BOT_TOKEN": TOKEN,
                "SLACK_APP_TOKEN": APP_TOKEN,
                "SLACK_API_URL": f"{slack.base}/api/",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        running.append(process)
        slack.wait(lambda: slack.sockets or process.poll() is not None, seconds=120)
        assert process.poll() is None, (tmp_path / f"log{len(running) - 1}").read_text()
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
    for at in range(len(running)):
        told = (tmp_path / f"log{at}").read_text()
        assert "Traceback" not in told
        assert "sentinel" not in told


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def said_once(slack: FakeSlack) -> None:
    said = [words(one) for one in slack.from_us()]
    assert len(said) == len(set(said)), said


def test_killed_between_the_acknowledgement_and_the_answer(slack: FakeSlack, start: Start) -> None:
    first = start()
    assert slack.command("ask total amount by region") == 200
    kill(first)
    assert slack.from_us() == [] or "110.50" not in slack.texts()
    start()
    slack.wait(lambda: "110.50" in slack.texts(), seconds=120)
    said_once(slack)


@pytest.mark.parametrize("fault", ["slow", "busy"])
def test_killed_between_the_answer_and_the_word_that_it_was_posted(slack: FakeSlack, start: Start, fault: str) -> None:
    first = start()
    slack.fail("chat.postMessage", fault, seconds=30)
    slack.say(f"<@{BOT}> total amount by region")
    slack.wait(lambda: slack.called("chat.postMessage"), seconds=120)
    kill(first)
    start()
    slack.wait(lambda: "110.50" in slack.texts(), seconds=120)
    said_once(slack)


def test_killed_once_a_plan_was_approved(slack: FakeSlack, start: Start) -> None:
    first = start()
    slack.say(f"<@{BOT}> total amount by region, save it as totals.csv")
    slack.wait(lambda: "Approve" in slack.buttons(), seconds=120)
    slack.click("Approve")
    slack.wait(lambda: "approved this plan" in slack.texts(), seconds=120)
    kill(first)
    start()
    slack.wait(lambda: "totals.csv" in slack.files(), seconds=240)
    slack.wait(lambda: "Approve" not in slack.buttons())
    said_once(slack)
    assert slack.files()["totals.csv"].decode().splitlines()[1:] == ["North,110.50", "South,21.25"]


def test_what_to_set_is_said_where_the_keys_are_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "integrations.cli", "slack"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "SLACK_BOT_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "SLACK_APP_TOKEN" in done.stderr
    assert "sentinel" not in done.stderr
