"""Tables held against the ones that somebody else's task expects, cell by cell, by what each column means.

The task's ``config.json`` says of each file which columns identify a row and what every column holds: ``number``,
``date``, ``datetime``, ``boolean``, ``text_exact``, or ``text_date:FORMAT`` for a date that is text of that form.
Numbers are the same to 1e-4 of the expected one, dates are read in any of the usual forms, and text has to be the same
letter by letter. The order of rows does not count, that of columns neither; each column has to be there and no other.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import product
from pathlib import Path

TOLERANCE = Decimal("1e-4")
_NO = frozenset({"false", "no", "n", "0"})
_YES = frozenset({"true", "yes", "y", "1"})
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%a %d %b %Y", "%d %b %Y", "%d-%m-%Y")
_CLOCKS = ("", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p")
_INSTANTS = (
    *(" ".join(part for part in pair if part) for pair in product(_DAYS, _CLOCKS)),
    "%Y-%m-%dT%H:%M:%S",
)

Value = Decimal | datetime | bool | str | tuple[str, Decimal] | None
Reader = Callable[[str], Value]


@dataclass(frozen=True)
class Expected:
    """One expected file: columns that identify a row, the kind of each column, and its rows as text."""

    file: str
    key: tuple[str, ...]
    kinds: Mapping[str, str]
    rows: tuple[Mapping[str, str], ...]


def read_expected(folder: Path) -> list[Expected]:
    """The files that a task's folder of expected tables holds."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    found: list[Expected] = []
    for file, told in config["files"].items():
        _, rows = _read(folder / file)
        found.append(Expected(file, tuple(told["key"]), dict(told["columns"]), tuple(rows)))
    return found


def difference(expected: Expected, found: Path) -> str:
    """The first thing in which a written CSV file is not as expected, in words; empty where it is right."""
    if not found.is_file():
        return f"{expected.file} was not written"
    names, rows = _read(found)
    odd = _odd_columns(names, list(expected.kinds))
    if odd:
        return f"{expected.file} {odd}"
    readers = {name: _readers(kind, name, expected.rows, rows) for name, kind in expected.kinds.items()}
    wanted = [{name: readers[name][0](row[name]) for name in readers} for row in expected.rows]
    got = [{name: readers[name][1](row[name]) for name in readers} for row in rows]
    told = _unlike(expected, wanted, got)
    return f"{expected.file} {told}" if told else ""


def _read(file: Path) -> tuple[list[str], list[dict[str, str]]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        names, *rows = csv.reader(lines)
    # A table of one column writes an empty value as an empty line.
    return names, [dict(zip(names, row or [""], strict=True)) for row in rows if row or len(names) == 1]


def _odd_columns(found: Sequence[str], expected: Sequence[str]) -> str:
    repeated = [name for name, times in Counter(found).items() if times > 1]
    lacking = [name for name in expected if name not in found]
    further = [name for name in found if name not in expected]
    told = [
        f"{what} {', '.join(map(repr, names))}"
        for what, names in (("lacks", lacking), ("has besides", further), ("has twice", repeated))
        if names
    ]
    return " and ".join(told)


def _readers(
    kind: str, name: str, expected: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, str]]
) -> tuple[Reader, Reader]:
    if kind == "number":
        return _number, _number
    if kind == "boolean":
        return _boolean, _boolean
    if kind in ("date", "datetime"):
        return _dates([row[name] for row in expected], [row[name] for row in found])
    return _text, _text


def _dates(expected: Sequence[str], found: Sequence[str]) -> tuple[Reader, Reader]:
    """How either column is written; where several forms fit a column, those in which most of its days agree."""
    best: tuple[int, Reader, Reader] | None = None
    for one, other in product(_forms(expected), _forms(found)):
        read_one, read_other = partial(_instant, one), partial(_instant, other)
        shared = Counter(map(read_one, expected)) & Counter(map(read_other, found))
        if best is None or shared.total() > best[0]:
            best = (shared.total(), read_one, read_other)
    return (best[1], best[2]) if best else (_text, _text)


def _forms(values: Sequence[str]) -> list[str]:
    """Forms in which each value reads; one that no form fits stays text and is like nothing but itself."""
    filled = [value for value in values if value]
    return [form for form in _INSTANTS if all(isinstance(_instant(form, value), datetime) for value in filled)] or [""]


def _instant(form: str, text: str) -> Value:
    if not text:
        return None
    if not form:
        return text
    try:
        # Day names that are not cut to three letters, as in 'Tues 12 May 2020'.
        head, space, rest = text.partition(" ")
        return datetime.strptime(head[:3] + space + rest if form.startswith("%a") else text, form)  # noqa: DTZ007
    except ValueError:
        return text


def _number(text: str) -> Value:
    """A number, one with a percent sign (which is another thing than the bare number), or text that is neither."""
    bare = text.strip().removesuffix("%")
    if not bare:
        return None
    try:
        value = Decimal(bare)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    return ("%", value) if text.strip().endswith("%") else value


def _boolean(text: str) -> Value:
    folded = text.strip().casefold()
    if folded in _YES | _NO:
        return folded in _YES
    return text or None


def _text(text: str) -> Value:
    return text or None


def _unlike(expected: Expected, wanted: Sequence[Mapping[str, Value]], got: Sequence[Mapping[str, Value]]) -> str:
    exact = [name for name in expected.key if expected.kinds[name] != "number"]
    groups: defaultdict[tuple[Value, ...], tuple[list[Mapping[str, Value]], list[Mapping[str, Value]]]]
    groups = defaultdict(lambda: ([], []))
    for place, rows in enumerate((wanted, got)):
        for row in rows:
            groups[tuple(row[name] for name in exact)][place].append(row)
    counts = "" if len(wanted) == len(got) else f"has {len(got)} rows, not {len(wanted)}; "
    for due, there in groups.values():
        told = _unlike_group(expected, due, there)
        if told:
            return counts + told
    return counts


def _unlike_group(expected: Expected, due: list[Mapping[str, Value]], there: list[Mapping[str, Value]]) -> str:
    """Rows alike in the exact part of their key: each due one takes one that is like it."""
    names = list(expected.kinds)
    left = list(there)
    for row in due:
        alike = next((other for other in left if all(_same(row[name], other[name]) for name in names)), None)
        if alike is not None:
            left.remove(alike)
            continue
        near = next((other for other in left if all(_same(row[name], other[name]) for name in expected.key)), None)
        if near is None:
            return f"has no row {_shown(row, expected.key)}; it has {_some(left, expected)}"
        name = next(name for name in names if not _same(row[name], near[name]))
        return f"has {near[name]!s} as {name!r} where {row[name]!s} is due, in the row {_shown(row, expected.key)}"
    return f"has a row that is not due: {_shown(left[0], names)}" if left else ""


def _some(rows: Sequence[Mapping[str, Value]], expected: Expected) -> str:
    return "; ".join(_shown(row, expected.key) for row in rows[:2]) or "none like it"


def _shown(row: Mapping[str, Value], names: Sequence[str]) -> str:
    return ", ".join(f"{name}={row[name]!s}" for name in names)


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return _near(one[1], other[1])
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return _near(one, other)
    return type(one) is type(other) and one == other


def _near(expected: Decimal, found: Decimal) -> bool:
    return abs(expected - found) <= TOLERANCE * abs(expected)
