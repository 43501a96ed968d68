"""Replies as Chainlit shows them: a text, elements beside it, and buttons."""

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
    actions: list[cl.Action] = field(default_factory=list)


async def show(reply: replies.Reply) -> None:
    """Send a reply to the page."""
    shown = rendered(reply, live=True)
    await cl.Message(content=shown.text, elements=shown.elements, actions=shown.actions).send()


def rendered(reply: replies.Reply, *, live: bool) -> Shown:
    """A reply as text, elements and buttons; a past one (not ``live``) has no buttons."""
    if isinstance(reply, replies.Text):
        cites = "".join(f"\n\n— {plain(cite)}" for cite in reply.cites)
        paragraphs = [_TONES[reply.tone].format(plain(line)) for line in reply.text.split("\n") if line.strip()]
        return Shown("\n\n".join(paragraphs) + cites)
    if isinstance(reply, replies.Table):
        return Shown("", [cl.CustomElement(name="DataTable", props=_props(reply), display="inline")])
    if isinstance(reply, replies.Chart):
        return Shown("", [cl.Plotly(name="chart", figure=figure(reply), display="inline")])
    if isinstance(reply, replies.PlanCard):
        return Shown("", [cl.CustomElement(name="PlanCard", props={**_props(reply), "live": live}, display="inline")])
    if isinstance(reply, replies.DiffCard):
        return Shown("", [cl.CustomElement(name="DiffCard", props=_props(reply), display="inline")])
    if isinstance(reply, replies.Question):
        reading = f"*{plain(reply.reading)}*\n\n" if reply.reading else ""
        return Shown(f"{reading}**{plain(reply.text)}**", actions=_options(reply) if live else [])
    if isinstance(reply, replies.File):
        return Shown("", [cl.CustomElement(name="Download", props=_props(reply), display="inline")])
    if isinstance(reply, replies.Progress):
        return Shown(plain(reply.text))
    return Shown("\n\n".join(f"**{plain(line)}**" for line in (reply.message, reply.hint) if line))


def _options(reply: replies.Question) -> list[cl.Action]:
    return [
        cl.Action(name="answer", label=option.label, payload={"key": reply.key, "value": option.value})
        for option in reply.options
    ]


def _props(reply: replies.Reply) -> dict[str, Any]:
    return reply.model_dump(mode="json", exclude={"path"})


def plain(text: str) -> str:
    """Text from data or a plan as it is, not as Markdown."""
    return _MARKS.sub(r"\\\1", text)
