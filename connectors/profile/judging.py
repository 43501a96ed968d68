"""What the text of a column spells: decided from all of its values, then declared.

Values are reduced to shapes (digits to 9), so a million of them are judged by a handful of shapes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.profile.dates import date_type, decide_date_formats, is_clock, is_date
from connectors.profile.findings import DecimalMark, Profile, read_as_text
from connectors.profile.numbers import decide_number_style, is_money, number_type
from connectors.profile.shapes import Shapes, fitting, shapes_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOTHING_WORDS = frozenset({"n/a", "na", "#n/a", "n.a.", "null", "none", "nil", "nan", "-", "--", "\u2013", "\u2014"})
"""Words for an empty value. One that means 'not yet', such as ``tbd``, is none: its row is for a person to look at."""
_TRUTH_WORDS = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})


def profile(
    connection: DuckDBPyConnection,
    raw: exp.Table,
    names: Sequence[str],
    *,
    texts: Mapping[str, exp.Expression] | None = None,
    known: Mapping[str, str] | None = None,
    quoted: Collection[str] = (),
    likely: DecimalMark | None = None,
) -> Profile:
    """Judge the text columns ``names`` of ``raw``.

    ``known`` columns keep their type. ``quoted`` columns came as JSON strings: whole numbers in them are ids and stay
    text. ``likely`` is the decimal mark that the surroundings suggest (a semicolon between values suggests a comma).
    """
    spelled = texts or {name: sql.column(name) for name in names}
    found = Profile(types=dict(known or {}))
    columns = [shapes_of(connection, raw, name, spelled[name]) for name in names if name not in found.types]
    found.null_values = _nothing_words(columns)
    if found.null_values:
        found.warnings.append(f"Read as nothing: {', '.join(map(repr, found.null_values))}.")
    nothing = {word.casefold() for word in found.null_values}
    cleaned = [_without(column, nothing) for column in columns]
    decide_number_style(cleaned, found, likely)
    for column in cleaned:
        found.types[column.name] = _type_of(column, found, column.name in quoted)
    decide_date_formats(connection, raw, spelled, cleaned, found)
    found.types = {name: found.types[name] for name in names}
    return found


def _without(column: Shapes, nothing: set[str]) -> Shapes:
    kept = [shape for shape in column.shapes if shape.text.casefold() not in nothing]
    gone = sum(shape.count for shape in column.shapes) - sum(shape.count for shape in kept)
    return Shapes(column.name, kept, column.values - gone, column.other)


def _nothing_words(columns: Sequence[Shapes]) -> tuple[str, ...]:
    """Words such as ``n/a`` that stand for an empty value in a column of numbers or dates, and nowhere as a word."""
    used: Counter[str] = Counter()
    refused: set[str] = set()
    for column in columns:
        marks = {shape.text for shape in column.shapes if shape.text.casefold() in NOTHING_WORDS}
        if not marks:
            continue
        rest = [shape for shape in column.shapes if shape.text not in marks]
        plain = sum(shape.count for shape in rest if _is_plain(shape.text))
        if rest and plain >= 0.9 * (sum(shape.count for shape in rest) + column.other):
            used.update(marks)
        else:
            refused |= marks
    return tuple(sorted(set(used) - refused))


def _is_plain(shape: str) -> bool:
    return is_money(shape) or is_date(shape) or is_clock(shape)


def _type_of(column: Shapes, found: Profile, is_quoted: bool) -> str:
    """The type of one column; dates get theirs here and their format in ``decide_date_formats``."""
    if not column.values:
        return "VARCHAR"
    words = {shape.text.casefold() for shape in column.shapes}
    if not column.other and words <= _TRUTH_WORDS and (len(words) > 1 or words <= {"true", "false"}):
        return "BOOLEAN"
    if fitting(column, is_clock) == column.values:
        if any(int(shape.last.partition(":")[0]) > 23 for shape in column.shapes):
            read_as_text(column, found, "holds 24 hours and more, so no times of day")
            return "VARCHAR"
        return "VARCHAR" if any("m" in shape.text.casefold() for shape in column.shapes) else "TIME"
    number = number_type(column, found, is_quoted)
    if number:
        return number
    return date_type(column, found)
