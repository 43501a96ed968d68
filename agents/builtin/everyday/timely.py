"""Time within a row: how long, how far ahead, on the same day, how late; in the words that questions are read in."""

from __future__ import annotations

from datetime import date

from agents.builtin.everyday.columnpairs import column_pairs
from agents.builtin.everyday.durations import durations
from agents.builtin.everyday.lasttimes import last_times
from agents.builtin.everyday.lateness import lateness
from agents.builtin.everyday.longago import long_ago
from agents.builtin.everyday.nights import nights
from agents.builtin.everyday.samedays import same_days
from agents.builtin.everyday.waits import waits
from agents.builtin.language.seasons import stretches_asked
from agents.builtin.linking.links import Linker
from agents.builtin.schema.index import Index


def timely(text: str, index: Index, linker: Linker, today: date) -> list[str]:
    """The question in plainer words, once for each sort of days that it may be about; at least one."""
    return [one for plain in stretches_asked(text, today) for one in _turned(plain, index, linker, today)]


def _turned(text: str, index: Index, linker: Linker, today: date) -> list[str]:
    schema = index.schema
    text = long_ago(nights(text, schema, linker), schema, linker, today)
    for turn in (waits, lateness, same_days):
        found = turn(text, schema, linker)
        if found:
            return found
    return last_times(text, index, linker, today) or [column_pairs(durations(text, schema, linker), schema, linker)]
