"""What was found out about a source's columns: their types, how their values are spelled, and what to say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from connectors.contract import Choice
from connectors.profile.shapes import Shapes

DecimalMark = Literal[".", ","]
TOLERATED = 0.1
"""Share of values that may be mistakes."""


@dataclass
class Profile:
    """The types of a source's columns and how their values are spelled."""

    types: dict[str, str] = field(default_factory=dict)
    decimal: DecimalMark = "."
    thousands: str = ""
    currency: tuple[str, ...] = ()
    negative: str = ""
    date_format: dict[str, str] = field(default_factory=dict)
    timestamp_format: dict[str, str] = field(default_factory=dict)
    null_values: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    unreadable: dict[str, int] = field(default_factory=dict)
    styles: dict[str, tuple[DecimalMark, str]] = field(default_factory=dict)
    """Columns whose decimal mark and thousands are not the file's."""


def tolerates(column: Shapes, good: int, found: Profile, what: str) -> bool:
    """Whether the values that do not fit are few enough to be mistakes rather than the column's nature."""
    bad = column.values - good
    if bad == 0:
        return True
    if bad > TOLERATED * column.values:
        return False
    found.unreadable[column.name] = bad
    found.warnings.append(
        f"{bad} of the {column.values} values of {column.name!r} are no {what}; their rows are set aside."
    )
    return True


def read_as_text(column: Shapes, found: Profile, why: str) -> None:
    """Let a column whose values cannot be told apart be text."""
    found.types[column.name] = "VARCHAR"
    found.unreadable.pop(column.name, None)
    found.warnings.append(f"Column {column.name!r} {why}; it is read as text.")


def _by_column(common: str, own: Mapping[str, str], default: str) -> str | dict[str, str]:
    """One value for all columns, or those that differ from the default by column."""
    if not own or set(own.values()) == {common}:
        return common
    return {name: value for name, value in own.items() if value != default}


def spelling_of(found: Profile) -> dict[str, object]:
    """A profile's findings as read options."""
    spelled: dict[str, object] = {
        "decimal": _by_column(found.decimal, {name: mark for name, (mark, _) in found.styles.items()}, "."),
        "thousands": _by_column(found.thousands, {name: group for name, (_, group) in found.styles.items()}, ""),
        "currency": found.currency,
        "negative": found.negative,
        "null_values": found.null_values,
    }
    for option, formats in (("date_format", found.date_format), ("timestamp_format", found.timestamp_format)):
        forms = set(formats.values())
        kind = "DATE" if option == "date_format" else "TIMESTAMP"
        alike = [name for name, type_ in found.types.items() if type_ == kind]
        # One format for all where all have it, else by column: a column without one is ISO.
        spelled[option] = forms.pop() if len(forms) == 1 and len(alike) == len(formats) else formats or ""
    return spelled
