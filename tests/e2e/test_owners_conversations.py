"""What owners ask, from the first words to the report: the same replies through session, HTTP, page and Slack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import page as chat
import pytest
from talks import Told, through_http, through_service, through_session

from evals.world import write
from integrations.cli.workspace import principal


@dataclass(frozen=True)
class Talk:
    """A conversation over a world, and the kinds of replies that each turn must have."""

    world: str
    steps: tuple[Mapping[str, str], ...]
    kinds: tuple[frozenset[str], ...]
    shows: tuple[str, ...]
    """Words among the replies."""


def _kinds(*turns: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(turn.split()) for turn in turns)


TALKS = (
    Talk(
        "receivables",
        (
            {"text": "Who owes us money and how late?"},
            {"answer": "due"},
            {"text": "once"},
            {"text": "is it approved?"},
            {"decision": "approve"},
            {"text": "thanks"},
        ),
        _kinds("question", "question", "plan", "text", "text table file", "text"),
        ("€196,359.06", "$43,841.75", "receivables.xlsx"),
    ),
    Talk(
        "cohorts",
        (
            {"text": "Do customers come back?"},
            {"answer": "both"},
            {"text": "run it on the first of each month"},
            {"decision": "approve"},
            {"text": "when does it run?"},
        ),
        _kinds("question", "plan", "plan diff", "text table file", "text"),
        ("383", "customers_who_return.xlsx"),
    ),
    Talk(
        "cash",
        (
            {"text": "Will I run out of cash?"},
            {"text": "the day comes first"},
            {"decision": "approve"},
            {"text": "which columns does it read?"},
        ),
        _kinds("question", "plan", "text table file", "text"),
        ("€26,610.41", "cash.xlsx", "the balance stays above zero"),
    ),
)


def _through_http(talk: Talk, folder: Path, data: Path) -> Told:
    with (
        chat.serving(folder / "workspace", "--data", str(data), "--no-worker", log=folder / "chat.log") as address,
        httpx.Client(base_url=f"{address}/api/v1", timeout=chat.PATIENCE / 1000) as client,
    ):
        return through_http(talk.steps, client)


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: str(talk.world))
def test_an_owners_conversation_has_the_same_replies_through_every_door(
    talk: Talk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # All as many folders above the data, so that the specs, which name it, can be the same.
    data = write(talk.world, tmp_path_factory.mktemp("given") / "world").data
    alone = through_session(talk.steps, tmp_path_factory.mktemp("alone") / "workspace", data)
    others = {
        "http": _through_http(talk, tmp_path_factory.mktemp("served"), data),
        "page": through_service(
            talk.steps, tmp_path_factory.mktemp("page") / "workspace", data, who="anna", surface="page"
        ),
        "slack": through_service(
            talk.steps, tmp_path_factory.mktemp("slack") / "workspace", data, who="anna", surface="slack"
        ),
    }
    for door, told in others.items():
        for step, one, other in zip(talk.steps, alone, told, strict=True):
            assert _comparable(one) == _comparable(other), (door, step)
    for turn, kinds in zip(alone, talk.kinds, strict=True):
        assert kinds <= {reply["kind"] for reply in turn}
    assert not [reply for turn in alone for reply in turn if reply["kind"] == "failure"]
    said = str(alone)
    assert all(words in said for words in talk.shows)


def _comparable(turn: list[dict[str, object]]) -> str:
    """Replies as text. Who approves has another name in the shell, and a report holds the time it was made at."""
    text = re.sub(r"'bytes': \d+", "'bytes': ...", str(turn))
    return re.sub(rf"\b(?:{re.escape(principal())}|anna) approved", "somebody approved", text)
