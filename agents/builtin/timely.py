"""Time within a row: how long, how far ahead, on the same day, how late; in the words that questions are read in."""

from __future__ import annotations

from datetime import date

from agents.builtin.columnpairs import column_pairs
from agents.builtin.durations import durations
from agents.builtin.index import Index
from agents.builtin.lasttimes import last_times
from agents.builtin.lateness import lateness
from agents.builtin.links import Linker
from agents.builtin.samedays import same_days
from agents.builtin.seasons import stretches_asked
from agents.builtin.waits import waits


def timely(text: str, index: Index, linker: Linker, today: date) -> list[str]:
    """The question in plainer words, once for each sort of days that it may be about; at least one."""
    return [one for plain in stretches_asked(text, today) for one in _turned(plain, index, linker, today)]


def _turned(text: str, index: Index, linker: Linker, today: date) -> list[str]:
    schema = index.schema
    for turn in (waits, lateness, same_days):
        found = turn(text, schema, linker)
        if found:
            return found
    return last_times(text, index, linker, today) or [column_pairs(durations(text, schema, linker), schema, linker)]
