"""Slack's Block Kit within its limits, and text that stays text there.

Limits are those of Slack's reference (2026): 50 blocks a message, 3,000 characters a section, 150 a header, 75 a
button's words and 2,000 its value, 25 buttons in a row. What is longer becomes several blocks or several messages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]

BLOCKS, MESSAGE, SECTION, HEADER = 45, 11_000, 2_900, 150
"""Somewhat below Slack's own limits: it counts some characters twice, and a message has one over all its blocks."""
BUTTON, VALUE, BUTTONS = 75, 2_000, 25
SUMMARY = 300
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Note:
    """A message: its blocks, and the words for notifications and for who cannot see blocks.

    ``waits`` says what its buttons wait for: ``plan DIGEST`` or ``question KEY``.
    """

    text: str
    blocks: tuple[Block, ...]
    waits: str | None = None


def escaped(text: str) -> str:
    """Text without control over anything: no link, mention or channel comes out of it."""
    clean = _CONTROL.sub("\ufffd", text)
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shortened(text: str, most: int) -> str:
    """At most so many characters, also after escaping; a cut is shown."""
    if len(text) <= most and len(escaped(text)) <= most:
        return text
    room, size = 0, 1
    while size + len(escaped(text[room])) <= most:
        size += len(escaped(text[room]))
        room += 1
    return f"{text[:room]}…"


def pieces(text: str, most: int) -> list[str]:
    """Text cut into pieces that fit once they are escaped: between lines where that can be, else between words."""
    found: list[str] = []
    left = text
    while left:
        if len(left) <= most and len(escaped(left)) <= most:
            found.append(left)
            break
        room, size = 0, 0
        while room < len(left) and size + len(escaped(left[room])) <= most:
            size += len(escaped(left[room]))
            room += 1
        cut = max(left.rfind("\n", room // 2, room), 0) or max(left.rfind(" ", room // 2, room), 0) or room
        found.append(left[:cut])
        left = left[cut:].lstrip("\n ") if cut < room else left[cut:]
    return [piece for piece in found if piece.strip()]


def words(text: str, mark: str = "") -> list[Block]:
    """Sections of plain text: nothing in it is formatted, linked or mentioned."""
    return [
        {"type": "section", "text": plain(f"{mark} {piece}" if mark and at == 0 else piece)}
        for at, piece in enumerate(pieces(text, SECTION - 10))
    ]


def small(text: str) -> list[Block]:
    """Plain text in small print."""
    return [{"type": "context", "elements": [plain(piece)]} for piece in pieces(text, SECTION - 1_000)]


def spoken(markup: str) -> Block:
    """Small print in our own markup, such as a mention of who clicked; never with text from elsewhere."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": markup, "verbatim": True}]}


def marked_up(markup: str) -> Block:
    """A section in our own markup; what it has from elsewhere is escaped."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}}


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(shortened(" ".join(text.split()) or "–", HEADER - 1))}


def listing(title: str, lines: Sequence[str]) -> list[Block]:
    """A titled list of plain lines; none is left out, however many there are."""
    return words("\n".join([title, *(f"• {line}" for line in lines)])) if lines else []


def monospaced(lines: Sequence[str]) -> list[Block]:
    """Lines in a fixed-width font, as they are."""
    cut = pieces("\n".join(line.replace("`", "ˋ") for line in lines), SECTION - 10)
    return [marked_up(f"```\n{escaped(piece)}\n```") for piece in cut]


def button(label: str, *, action: str, value: str, style: str | None = None) -> Block:
    """A button; ``style`` is primary or danger."""
    made: Block = {
        "type": "button",
        "action_id": action,
        "text": plain(shortened(" ".join(label.split()) or "–", BUTTON - 1)),
        "value": value,
    }
    return made if style is None else {**made, "style": style}


def rows_of(buttons: Sequence[Block]) -> list[Block]:
    """Buttons in rows."""
    return [{"type": "actions", "elements": list(buttons[at : at + BUTTONS])} for at in range(0, len(buttons), BUTTONS)]


def plain(text: str) -> Block:
    """Slack's plain text object; ``:smile:`` in a cell stays what it is."""
    return {"type": "plain_text", "text": escaped(text), "emoji": False}


def notes(summary: str, blocks: Sequence[Block], *, waits: str | None = None) -> list[Note]:
    """Blocks as as many messages as they need; what waits for somebody is the last one, with the buttons."""
    groups: list[list[Block]] = [[]]
    size = 0
    for block in blocks or words("…"):
        length = _length(block)
        if groups[-1] and (len(groups[-1]) >= BLOCKS or size + length > MESSAGE):
            groups.append([])
            size = 0
        groups[-1].append(block)
        size += length
    text = escaped(shortened(" ".join(summary[: 2 * SUMMARY].split()) or "…", SUMMARY))
    last = len(groups) - 1
    return [Note(text, tuple(group), waits if at == last else None) for at, group in enumerate(groups) if group]


def _length(block: Block) -> int:
    texts = [block["text"]] if "text" in block else [one.get("text", "") for one in block.get("elements", ())]
    return sum(len(one["text"]) if isinstance(one, dict) else len(str(one)) for one in texts)
