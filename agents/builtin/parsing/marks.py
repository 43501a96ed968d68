"""What was taken out of the words before they were read: a course over time, what is alike, one of two things."""

from __future__ import annotations

from agents.builtin.meaning import Meaning
from agents.builtin.parsing.alike import Alike, take_alike
from agents.builtin.parsing.oneof import take_one_of_two
from agents.builtin.parsing.windows import Course, take_course
from agents.builtin.schema.graph import Schema


def take_marks(meaning: Meaning, schema: Schema, course: Course | None, alike: Alike | None, *, one_only: bool) -> None:
    """Take each of them into the meaning; a problem where it cannot be held."""
    if course is not None:
        take_course(meaning, course)
    if alike is not None:
        take_alike(meaning, alike, schema)
    if one_only:
        take_one_of_two(meaning)
