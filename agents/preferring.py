"""Preferences said in a conversation: kept at once, as they are one's own and undone by a word; or refused with why."""

from __future__ import annotations

from datetime import datetime

from agents import cards, replies
from agents.builtin.intents.preferring import Prefers
from spec.base import JsonValue
from spec.errors import DreflowError
from tools import preferences
from tools.context import Context

_EFFECT = {
    "chart": "Charts beside answers are drawn so wherever the data allows it.",
    "currency": "It stands beside money in reports whose data names no currency; nothing is converted, and answers "
    "show amounts as the data has them.",
    "language": "Fixed words, numbers and dates of the reports of new plans are in it; answers stay in English, and "
    "plans that were approved stay as they are.",
    "report_formats": "New plans make their reports so; plans that were approved stay as they are.",
    "timezone": "It says which day it is for your questions, and by which clock new plans repeat.",
}


def reply(context: Context, wish: Prefers, *, now: datetime) -> replies.Reply:
    """What becomes of a wish. Raises AccessError."""
    if wish.cannot:
        return replies.Text(text=wish.cannot, tone="note")
    if wish.name == "all":
        rows: list[list[JsonValue]] = [
            [one.name, one.value if one.own else f"{one.value} (default)", one.meaning]
            for one in preferences.chosen(context)
        ]
        return cards.listing("What you prefer", ("preference", "value", "meaning"), rows)
    if not wish.value:
        preferences.reset(context, wish.name)
        return replies.Text(
            text=f"Your {_said(wish.name)} is the default again: {preferences.PREFERENCES[wish.name].default}."
        )
    try:
        chosen = preferences.prefer(context, wish.name, wish.value, now=now)
    except DreflowError as error:
        return replies.Text(text=f"That I cannot do. {error.message} {error.hint}".strip(), tone="note")
    text = f"Kept for you, for all conversations: {_said(chosen.name)} {chosen.value}. {_EFFECT[chosen.name]}"
    return replies.Text(text=f"{text} “Reset my {_said(chosen.name)}” takes it back.", tone="done")


def _said(name: str) -> str:
    return name.replace("_", " ").replace("timezone", "time zone")
