"""Replies as Chainlit shows them: a text, and elements beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import chainlit as cl

from agents import replies
from chat_ui.plots import figure

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$])")
_TONES = {"reading": "*{}*", "note": "*{}*", "warning": "**{}**", "done": "**{}**", "plain": "{}"}


@dataclass(frozen=True)
class Shown:
    """What one reply becomes."""

    text: str
    elements: list[Any] = field(default_factory=list)


async def show(reply: replies.Reply) -> None:
    """Send a reply to the page."""
    shown = rendered(reply, live=True)
    await cl.Message(content=shown.text, elements=shown.elements).send()


def rendered(reply: replies.Reply, *, live: bool) -> Shown:
    """A reply as text and elements; a past one (not ``live``) offers no decisions."""
    if isinstance(reply, replies.Text):
        cites = "".join(f"\n\n— {plain(cite)}" for cite in reply.cites)
        paragraphs = [_TONES[reply.tone].format(plain(line)) for line in reply.text.split("\n") if line.strip()]
        return Shown("\n\n".join(paragraphs) + cites)
    if isinstance(reply, replies.Table):
        return Shown("", [_element("DataTable", reply)])
    if isinstance(reply, replies.Chart):
        return Shown("", [cl.Plotly(name="chart", figure=figure(reply), display="inline")])
    if isinstance(reply, replies.PlanCard):
        return Shown("", [_element("PlanCard", reply, live=live)])
    if isinstance(reply, replies.DiffCard):
        return Shown("", [_element("DiffCard", reply)])
    if isinstance(reply, replies.Question):
        reading = f"*{plain(reply.reading)}*\n\n" if reply.reading else ""
        choices = [_element("Choices", reply, live=live)] if reply.options else []
        return Shown(f"{reading}**{plain(reply.text)}**", choices)
    if isinstance(reply, replies.File):
        return Shown("", [_element("Download", reply)])
    if isinstance(reply, replies.Progress):
        return Shown(plain(reply.text))
    return Shown("\n\n".join(f"**{plain(line)}**" for line in (reply.message, reply.hint) if line))


def _element(name: str, reply: replies.Reply, **more: bool) -> Any:
    return cl.CustomElement(name=name, props={**_props(reply), **more}, display="inline")


def _props(reply: replies.Reply) -> dict[str, Any]:
    return reply.model_dump(mode="json", exclude={"path"})


def plain(text: str) -> str:
    """Text from data or a plan as it is, not as Markdown."""
    return _MARKS.sub(r"\\\1", text)
