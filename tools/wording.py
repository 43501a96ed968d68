"""Small things in words, the same on every surface."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spec.base import JsonValue

_NUMBER = re.compile(r"(-?)(\d+)(\.\d+)?")
_SNAKE = re.compile(r"(?<![\w.'\"`“/@:-])[A-Za-z]\w*?_\w*+(?:\.\w++)?(?![@\w])")
_COLUMN = re.compile(
    r"(?P<lead>\b(?:of|by|per|and|or|than|whose|average|highest|lowest|largest|smallest|latest|earliest) |, )"
    r"(?P<table>[A-Za-z]\w+)\.(?P<column>[A-Za-z]\w+)(?![\w./@(:-]*[\w/@(:-])"
)
"""A table's column as SQL writes it, behind a word that a sentence has before one."""
_FILE = re.compile(
    r"\.(?:csv|tsv|json|ndjson|jsonl|xlsx?|html?|pdf|parquet|db|sqlite|duckdb|ya?ml|pptx|docx|ipynb|md|txt)$",
    re.IGNORECASE,
)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def spoken_rhythm(rhythm: str) -> str:
    """When a schedule comes: cron fields in words; an interval is words already."""
    return rhythm if rhythm.startswith("every ") else spoken_cron(rhythm)


def spoken_cron(cron: str) -> str:
    """The schedules people ask for in words, the others as they are."""
    fields = cron.split()
    if fields[2:] == ["*", "*", "*"] and (often := _within_a_day(*fields[:2])):
        return often
    if len(fields) != 5 or not (fields[0].isdigit() and fields[1].isdigit()) or fields[3] != "*":
        return f"at {cron}"
    at = f"at {int(fields[1]):02}:{int(fields[0]):02}"
    day, weekday = fields[2], fields[4]
    if day == "*" and weekday == "*":
        return f"every day {at}"
    if day == "*" and weekday.isdigit():
        return f"every {WEEKDAYS[int(weekday) % 7]} {at}"
    if day == "*" and weekday in {"1-5", "MON-FRI"}:
        return f"every weekday {at}"
    if day.isdigit() and weekday == "*":
        return f"on day {day} of every month {at}"
    return f"at {cron}"


def _within_a_day(minute: str, hour: str) -> str:
    """What comes several times a day, in words; empty for anything else."""
    if hour == "*" and minute.isdigit():
        return "every hour" if int(minute) == 0 else f"every hour at {int(minute)} minutes past"
    if hour == "*" and (each := re.fullmatch(r"\*/(\d+)", minute)):
        return f"every {each[1]} minutes"
    if minute == "0" and (each := re.fullmatch(r"\*/(\d+)", hour)):
        return f"every {each[1]} hours"
    return ""


def spoken_names(text: str) -> str:
    """Names of tables and columns in a sentence as a person says them; files and what is quoted stay as they are."""
    turned = _COLUMN.sub(
        lambda found: found[0] if _FILE.search(found[0]) else f"{found['lead']}{found['column']} of {found['table']}",
        text,
    )
    return _SNAKE.sub(
        lambda found: found[0] if _FILE.search(found[0]) else " ".join(found[0].replace("_", " ").split()), turned
    )


def joined(names: Sequence[str]) -> str:
    """Names as a person lists them: ``A, B and C``."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def grouped(value: JsonValue) -> str:
    """A number with thousands separated; what is none, as it is. Exact numbers come as text and lose no digit."""
    text = f"{value:.10g}" if isinstance(value, float) and abs(value) < 1e15 else str(value)
    match = _NUMBER.fullmatch(text)
    return f"{match[1]}{int(match[2]):,}{match[3] or ''}" if match else text
