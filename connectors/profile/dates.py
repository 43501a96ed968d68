"""Dates and times: which columns are, and in which format; a whole column decides between day and month first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.contract import Choice
from connectors.profile.findings import Profile, read_as_text, tolerates
from connectors.profile.shapes import Shapes, fitting

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CLOCK = re.compile(r"9{1,2}:99(:99(\.9+)?)?( ?[AaPp]\.?[Mm]\.?)?")
_ISO = re.compile(r"9999-99-99")
_ISO_STAMP = re.compile(r"9999-99-99[ T]9{1,2}:99(:99(\.9{1,9})?)?(?P<zone> ?(Z|UTC|[+-]99(:?99)?))?")
_DAY_FIRST = re.compile(
    r"9{1,2}(?P<sep>[/.-])9{1,2}(?P=sep)(?P<year>9999|99)(?P<clock>,?[ T]9{1,2}:99(:99)?( ?[AaPp][Mm])?)?"
)
_YEAR_FIRST = re.compile(r"9999(?P<sep>[/.])9{1,2}(?P=sep)9{1,2}(?P<clock>[ T]9{1,2}:99(:99)?)?")
_MONTH_WORD = re.compile(r"9{1,2}(?P<sep>[ -])(?P<month>[A-Za-z]{3,9})\.?(?P=sep)(?P<year>9999|99)")


def is_clock(shape: str) -> bool:
    """Whether a form is one of a time of day."""
    return bool(_CLOCK.fullmatch(shape))


def is_date(shape: str) -> bool:
    """Whether a form is one of a date, or of a date with a time of day."""
    patterns = (_ISO, _ISO_STAMP, _DAY_FIRST, _YEAR_FIRST, _MONTH_WORD)
    return any(pattern.fullmatch(shape) for pattern in patterns)


def date_type(column: Shapes, found: Profile) -> str:
    """The type of a column that holds dates or times, VARCHAR where it does not."""
    stamps = fitting(column, lambda text: bool(_ISO_STAMP.fullmatch(text)))
    zoned = fitting(column, lambda text: bool((match := _ISO_STAMP.fullmatch(text)) and match["zone"]))
    days = fitting(column, lambda text: bool(_ISO.fullmatch(text)))
    if zoned and zoned == stamps and days == 0 and tolerates(column, stamps, found, "dates and times with a zone"):
        return "TIMESTAMP WITH TIME ZONE"
    if zoned:
        return "VARCHAR"
    if stamps and tolerates(column, stamps + days, found, "dates and times"):
        return "TIMESTAMP"
    if days and tolerates(column, days, found, "dates"):
        return "DATE"
    local = fitting(column, lambda text: bool(_DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)))
    clocks = fitting(
        column, lambda text: bool((m := _DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)) and m["clock"])
    )
    if local and clocks in {0, local} and tolerates(column, local, found, "dates"):
        return "TIMESTAMP" if clocks else "DATE"
    wordy = fitting(column, lambda text: bool(_month_format(text)))
    if wordy and tolerates(column, wordy, found, "dates"):
        return "DATE"
    return "VARCHAR"


def _month_format(shape: str) -> str:
    found = _MONTH_WORD.fullmatch(shape)
    if found is None:
        return ""
    word = found["month"].casefold()
    short = "jan feb mar apr may jun jul aug sep oct nov dec".split()
    long = "january february march april may june july august september october november december".split()
    if word not in short and word not in long:
        return ""
    month = "%b" if word in short else "%B"
    return f"%d{found['sep']}{month}{found['sep']}{'%Y' if found['year'] == '9999' else '%y'}"


def decide_date_formats(
    connection: DuckDBPyConnection,
    raw: exp.Table,
    spelled: Mapping[str, exp.Expression],
    columns: Sequence[Shapes],
    found: Profile,
) -> None:
    """Write the format of each date column that is not ISO; the whole column decides between day and month first."""
    open_: list[tuple[Shapes, str]] = []
    decided: set[str] = set()
    for column in columns:
        type_ = found.types[column.name]
        if type_ not in {"DATE", "TIMESTAMP"}:
            continue
        forms = Counter[str]()
        for shape in column.shapes:
            form = _local_format(shape.text) or _month_format(shape.text)
            # ISO needs no format to be read by, and is another form than the rest all the same.
            if form or _ISO.fullmatch(shape.text) or _ISO_STAMP.fullmatch(shape.text):
                forms[form] += shape.count
        if not any(forms):
            continue
        if len(forms) > 1:
            read_as_text(column, found, "is written in several forms")
            continue
        form = next(iter(forms))
        if not form.startswith("%d") or "%m" not in form:
            _set_format(column, found, form)
            continue
        first, second = _parts(connection, raw, spelled[column.name], form[2])
        if first > 12 and second > 12:
            read_as_text(column, found, "has the day first in some rows and the month first in others")
        elif first > 12 or second > 12:
            decided.add("day" if first > 12 else "month")
            _set_format(column, found, form if first > 12 else _month_first(form))
            order = "day" if first > 12 else "month"
            found.warnings.append(f"Dates of {column.name!r} have the {order} first: a value above 12 stands there.")
        else:
            open_.append((column, form))
    for column, form in open_:
        _undecided(column, form, decided, found)


def _undecided(column: Shapes, form: str, decided: set[str], found: Profile) -> None:
    example = column.shapes[0].example
    if len(decided) == 1:
        order = next(iter(decided))
        _set_format(column, found, form if order == "day" else _month_first(form))
        found.warnings.append(f"Dates of {column.name!r} have the {order} first, as the file's other dates do.")
        return
    day_first = form[2] == "." or found.decimal == ","
    _set_format(column, found, form)
    if day_first:
        found.warnings.append(f"Dates of {column.name!r} are read with the day first, as the file's numbers suggest.")
        return
    option = "date_format" if found.types[column.name] == "DATE" else "timestamp_format"
    found.warnings.append(
        f"Whether {example!r} in {column.name!r} has the day or the month first cannot be told from the data; "
        f"it is read with the day first. Set the option {option} to decide."
    )
    found.choices.append(
        Choice(
            option,
            column.name,
            f"In {column.name!r}, is {example!r} written with the day first or the month first?",
            ((form, "day first"), (_month_first(form), "month first")),
        )
    )


def _local_format(shape: str) -> str:
    found = _DAY_FIRST.fullmatch(shape)
    if found:
        sep = found["sep"]
        return f"%d{sep}%m{sep}{'%Y' if found['year'] == '9999' else '%y'}{_clock_format(found['clock'])}"
    found = _YEAR_FIRST.fullmatch(shape)
    if found:
        return f"%Y{found['sep']}%m{found['sep']}%d{_clock_format(found['clock'])}"
    return ""


def _clock_format(clock: str | None) -> str:
    if not clock:
        return ""
    lead = "".join(character for character in clock[:2] if character in ", T")
    half = "m" in clock.casefold()
    seconds = ":%S" if clock.count(":") == 2 else ""
    return f"{lead}{'%I' if half else '%H'}:%M{seconds}{' %p' if half and ' ' in clock[2:] else '%p' if half else ''}"


def _month_first(form: str) -> str:
    return form.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")


def _parts(connection: DuckDBPyConnection, raw: exp.Table, text: exp.Expression, sep: str) -> tuple[int, int]:
    numbers = [
        sql.template("max(TRY_CAST(split_part(trim(:x), :sep, :part) AS INTEGER))", x=text, sep=sep, part=part)
        for part in (1, 2)
    ]
    first, second = sql.row(connection, exp.select(*numbers).from_(raw))
    return int(str(first or 0)), int(str(second or 0))


def _set_format(column: Shapes, found: Profile, form: str) -> None:
    target = found.date_format if found.types[column.name] == "DATE" else found.timestamp_format
    target[column.name] = form
