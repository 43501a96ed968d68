"""Time within a row: how long, how far ahead, on the same day, how late; in the words that questions are read in."""

from __future__ import annotations

from datetime import date

from agents.builtin.index import Index
from agents.builtin.links import Linker
from agents.builtin.seasons import stretches_asked


def timely(text: str, index: Index, linker: Linker, today: date) -> list[str]:
    """The question in plainer words, once for each sort of days that it may be about; at least one."""
    del index, linker
    return stretches_asked(text, today)
