"""What Slack tells of, as what somebody said or clicked. Pure: nothing is looked up and nothing decided."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

from spec.base import JsonValue

COMMANDS = ("ask", "plan", "runs", "help")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^>]*))?>")
_REFERENCE = re.compile(
    r"<(?:#[CG][A-Z0-9]+\|([^>]*)|#([CG][A-Z0-9]+)|!(?:subteam\^[A-Z0-9]+\|)?@?([^>|]*)(?:\|[^>]*)?)>"
)
_LINK = re.compile(r"<((?:https?|mailto|tel):[^>|]*)(?:\|([^>]*))?>")
Subtype = {None, "file_share", "thread_broadcast"}
"""Messages that people write; the others tell that something was changed, deleted, pinned and so on."""


@dataclass(frozen=True)
class GivenFile:
    """A file that was dropped into Slack."""

    name: str
    url: str


@dataclass(frozen=True)
class Heard:
    """Something said or clicked. ``id`` is the same however often and in whatever way Slack tells of it.

    ``ts`` names the message, ``thread_ts`` the Slack thread it stands in, if it does; a command has neither.
    ``called`` is whether it was meant for us for sure: a command, a click, a mention or a direct message.
    """

    id: str
    kind: Literal["command", "message", "answer", "decide"]
    user: str
    channel: str
    direct: bool
    called: bool
    text: str = ""
    ts: str | None = None
    thread_ts: str | None = None
    files: tuple[GivenFile, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    """What a button carries: its label, the thread, and question and value, or decision and digest."""

    def to_json(self) -> dict[str, JsonValue]:
        """As kept in the inbox."""
        return cast("dict[str, JsonValue]", asdict(self))

    @staticmethod
    def from_json(body: Mapping[str, JsonValue]) -> Heard:
        """As it was kept."""
        kept: dict[str, Any] = dict(body)
        files = tuple(GivenFile(**one) for one in kept.pop("files"))
        return Heard(**kept, files=files)


def heard(body: Mapping[str, Any], *, bot: str) -> Heard | None:
    """What a request of Slack's says; None where it says nothing to us. ``bot`` is our own user there."""
    if "command" in body:
        return _command(body)
    if body.get("type") == "block_actions":
        return _click(body)
    event = body.get("event")
    if body.get("type") == "event_callback" and isinstance(event, Mapping):
        return _message(event, bot)
    return None


def _command(body: Mapping[str, Any]) -> Heard:
    channel = str(body["channel_id"])
    return Heard(
        id=f"command {body['trigger_id']}",
        kind="command",
        user=str(body["user_id"]),
        channel=channel,
        direct=channel.startswith("D"),
        called=True,
        text=plain_words(str(body.get("text", "")), ""),
    )


def _message(event: Mapping[str, Any], bot: str) -> Heard | None:
    if event.get("type") not in {"message", "app_mention"} or event.get("subtype") not in Subtype:
        return None
    if event.get("bot_id") or not event.get("user") or event["user"] == bot:
        return None
    channel, ts = str(event["channel"]), str(event["ts"])
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    raw = str(event.get("text", ""))
    mentioned = {found[1] for found in _MENTION.finditer(raw)}
    if mentioned and bot not in mentioned and not direct:
        # People of a thread talking to one another.
        return None
    return Heard(
        id=f"message {channel} {ts}",
        kind="message",
        user=str(event["user"]),
        channel=channel,
        direct=direct,
        called=direct or bot in mentioned or event["type"] == "app_mention",
        text=plain_words(raw, bot),
        ts=ts,
        thread_ts=str(event["thread_ts"]) if event.get("thread_ts") else None,
        files=tuple(_files(event)),
    )


def _files(event: Mapping[str, Any]) -> list[GivenFile]:
    found = []
    for file in event.get("files") or ():
        url = file.get("url_private_download") or file.get("url_private")
        if url:
            found.append(GivenFile(str(file.get("name") or "file"), str(url)))
    return found


def _click(body: Mapping[str, Any]) -> Heard | None:
    actions = body.get("actions") or ()
    place = body.get("container") or {}
    if not actions or not body.get("channel"):
        return None
    action = actions[0]
    kind = str(action.get("action_id", "")).partition(":")[0]
    if kind not in {"answer", "decide"}:
        return None
    given = json.loads(str(action.get("value") or "{}"))
    given["label"] = html.unescape(str((action.get("text") or {}).get("text", "")))
    if kind == "decide":
        given["decision"] = str(action["action_id"]).partition(":")[2]
    channel = str(body["channel"]["id"])
    return Heard(
        id=f"click {channel} {place.get('message_ts')} {action.get('action_ts')} {body['user']['id']}",
        kind=cast("Literal['answer', 'decide']", kind),
        user=str(body["user"]["id"]),
        channel=channel,
        direct=channel.startswith("D"),
        called=True,
        ts=str(place.get("message_ts") or "") or None,
        thread_ts=str(place.get("thread_ts") or "") or None,
        given={str(key): str(value) for key, value in given.items()},
    )


def plain_words(text: str, bot: str) -> str:
    """What a person typed: Slack's marks for people, channels and links read back, its three entities undone."""

    def person(found: re.Match[str]) -> str:
        return "" if found[1] == bot else f"@{found[2] or found[1]}"

    def link(found: re.Match[str]) -> str:
        address = found[1].removeprefix("mailto:").removeprefix("tel:")
        return found[2] if found[2] and found[2] in address else address

    text = _MENTION.sub(person, text)
    text = _LINK.sub(link, text)
    text = _REFERENCE.sub(lambda found: f"#{found[1] or found[2]}" if found[1] or found[2] else f"@{found[3]}", text)
    return html.unescape(text).strip()


def split_command(text: str) -> tuple[str, str]:
    """The word after ``/dreflow`` and the rest; what begins with no word of ours is a question."""
    first, _, rest = text.strip().partition(" ")
    return (first.lower(), rest.strip()) if first.lower() in COMMANDS else ("ask" if text.strip() else "help", text)
