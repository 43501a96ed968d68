"""Keys that are written into a conversation: found, not kept, and told what to do about; other words are left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents import replies
from agents.pasted import was_taken_out, without_keys
from agents.session import Message, Session
from memory.workspace import Workspace
from spec.errors import UsageError
from tools import conversations, runs
from tools.context import Context

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
KEYS = [
    "rk_live_51HsentinelQ9z8x7c6v5b4n3m2",  # not a secret
    "here is my stripe key sk_live_51Hsentinel9z8x7c6v5, please connect",  # not a secret
    "shpat_0123456789abcdef0123456789abcdef",  # not a secret
    "the bot has xoxb-2147483647-sentinel4abcDEF",  # not a secret
    "my openai one: sk-proj-sentinelA1b2C3d4E5f6G7h8",  # not a secret
    "ghp_sentinelA1b2C3d4E5f6G7h8I9j0",  # not a secret
    "api key is a1B2c3D4e5F6g7H8i9J0k1L2",  # not a secret
    "a1B2c3D4e5F6g7H8i9J0k1L2",  # not a secret
    "il mio token: 9f8e7d6c5b4a39281706f5e4d3c2b1a0",  # not a secret
    "use postgresql://ada:sentinel-7231@db.example/shop",
]
PLAIN = [
    "how many orders per region in 2026?",
    "total of invoice INV-2026-000123 and INV-2026-000124",
    "show customer_lifetime_value_2026 by acquisition_channel_2025",
    "what changed in sha256:9f8e7d6c5b4a39281706f5e4d3c2b1a0?",
    "orders of 2026-11-26T09:00:00+01:00",
    "sum of total_amount_2026_q3, save it as key_figures_2026_q3.csv",
    "read /home/anna/exports/2026/november/orders_2026_11_26.csv",
    "https://shop.example.com/reports/2026/11/orders",
    "open order 3f2b8c10-5a7e-4d19-9c44-6b0f1e2d7a95",
    "which token_count is highest?",
    "the primary key is order_id",
    "anna.bianchi1987@example.com",
    "what is the password policy of 2026?",
    "",
]


def secret_in(text: str) -> str:
    """The word that nobody may find again."""
    words = text.replace(":", " ").replace("@", " ").replace(",", " ").split()
    return next((word for word in words if "sentinel" in word), max(words, key=len))


@pytest.mark.parametrize("text", KEYS)
def test_a_key_is_taken_out_before_anything_is_kept(text: str) -> None:
    masked = without_keys(text)
    assert was_taken_out(masked)
    secret = secret_in(text)
    assert secret not in masked
    assert without_keys(masked) == masked


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_key_is_left_as_it_is(text: str) -> None:
    assert without_keys(text) == text


def test_whose_key_it_is_is_known_by_how_it_begins() -> None:
    assert without_keys(KEYS[0]) == "[a key of stripe that was not kept]"
    assert without_keys(KEYS[2]) == "[a key of shopify that was not kept]"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    yield Context(workspace, "anna")
    workspace.store.close()


def say(context: Context, thread: str, **said: str) -> list[replies.Reply]:
    with Session(context, clock=NOW) as session:
        return list(session.talk(Message(thread=thread, **said), start=runs.run))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", KEYS)
def test_a_conversation_keeps_no_key_and_says_what_to_do(context: Context, text: str) -> None:
    with Session(context, clock=NOW) as session:
        thread = session.begin(text, surface="page")
    told, *more = say(context, thread, text=text)
    assert isinstance(told, replies.Text)
    assert "revoke it" in told.text
    if text == KEYS[0]:
        assert [one.page for one in more if isinstance(one, replies.Connect)] == [
            f"/connections/new/stripe?name=stripe&thread={thread}"
        ]
    say(context, thread, answer=text)
    secret = secret_in(text)
    for path in context.workspace.folder.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    assert all(secret not in str(one.body) for one in conversations.messages(context, thread))


def test_a_question_in_the_shell_that_holds_a_key_is_refused_and_leaves_nothing(
    context: Context, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text("id\n1\n", encoding="utf-8")
    with Session(context, clock=NOW) as session, pytest.raises(UsageError, match="looks like a key") as caught:
        session.ask(Message(text=KEYS[1], data=(str(tmp_path / "orders.csv"),)))
    assert "sentinel" not in str(caught.value)
