"""Replies as Chainlit shows them: a text, and elements beside it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any

import chainlit as cl

from agents import replies
from chat_ui.plots import figure
from tools.wording import spoken_names

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$]|:(?=//))")
_TONES = {"reading": "*{}*", "note": "*{}*", "warning": "{}", "done": "✓ {}", "plain": "{}"}
_LINKS = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])|<(https?://[^>]*)>|^\[[^\]]+\]:.*$", re.MULTILINE)


@dataclass(frozen=True)
class Piece:
    """An element beside a text: one of ours (a file of ``public/elements``), or a chart as Plotly's JSON."""

    name: str
    props: dict[str, Any] = field(default_factory=dict)
    chart: str | None = None

    def live(self) -> Any:
        """The element as Chainlit sends it."""
        if self.chart is None:
            return cl.CustomElement(name=self.name, props=self.props, display="inline")
        from plotly.io import from_json

        return cl.Plotly(name=self.name, figure=from_json(self.chart), display="inline")

    def past(self, element_id: str, *, thread: str, step: str) -> dict[str, Any]:
        """The element as Chainlit gives it back in a conversation that is opened again."""
        kept = {"id": element_id, "threadId": thread, "forId": step, "name": self.name, "display": "inline"}
        if self.chart is None:
            return {**kept, "type": "custom", "props": self.props, "mime": "application/json"}
        encoded = base64.b64encode(self.chart.encode()).decode()
        return {**kept, "type": "plotly", "url": f"data:application/json;base64,{encoded}", "mime": "application/json"}


@dataclass(frozen=True)
class Shown:
    """What one reply becomes."""

    text: str
    pieces: tuple[Piece, ...] = ()


async def show(reply: replies.Reply) -> None:
    """Send a reply to the page."""
    shown = rendered(reply, live=True)
    await cl.Message(content=shown.text, elements=[piece.live() for piece in shown.pieces]).send()


def rendered(reply: replies.Reply, *, live: bool) -> Shown:
    """A reply as text and elements; a past one (not ``live``) offers no decisions."""
    if isinstance(reply, replies.Text):
        if reply.cites:
            # From our own pages, so its lists and tables may show; what would lead elsewhere is words.
            return Shown(documented(reply.text) + "".join(f"\n\n— *{plain(cite)}*" for cite in reply.cites))
        said = spoken_names(reply.text) if reply.tone in {"reading", "note"} else reply.text
        paragraphs = [_TONES[reply.tone].format(plain(line)) for line in said.split("\n") if line.strip()]
        return Shown("\n\n".join(paragraphs))
    if isinstance(reply, replies.Chart):
        return Shown("", (Piece("chart", chart=figure(reply).to_json() or "{}"),))
    if isinstance(reply, replies.Question):
        # "Is this what you mean?" says its reading itself.
        is_said = reply.reading in reply.text
        reading = f"*{plain(spoken_names(reply.reading))}*\n\n" if reply.reading and not is_said else ""
        # React keeps a property named key to itself.
        choices = (_piece("Choices", reply, live=live, question=reply.key),) if reply.options else ()
        return Shown(f"{reading}**{plain(spoken_names(reply.text))}**", choices)
    if isinstance(reply, replies.Progress):
        return Shown(plain(reply.text))
    if isinstance(reply, replies.Failure):
        hint = f"\n\n{plain(reply.hint)}" if reply.hint else ""
        return Shown(f"**{plain(reply.message)}**{hint}")
    return Shown("", (_piece(_ELEMENTS[type(reply)], reply, live=live),))


_ELEMENTS: dict[type, str] = {
    replies.Table: "DataTable",
    replies.PlanCard: "PlanCard",
    replies.DiffCard: "DiffCard",
    replies.File: "Download",
    replies.Connect: "ConnectCard",
}


def _piece(name: str, reply: replies.Reply, *, live: bool, **more: str) -> Piece:
    return Piece(name, {**reply.model_dump(mode="json", exclude={"path", "key"}), "live": live, **more})


def documented(text: str) -> str:
    """Markdown of our own pages without links, pictures and markup of the web."""
    return _LINKS.sub(lambda found: found[1] or found[2] or "", text).replace("<", "&lt;")


def plain(text: str) -> str:
    """Text from data or a plan as it is, not as Markdown."""
    return _MARKS.sub(r"\\\1", text)
