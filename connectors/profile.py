"""What the text of a column spells: decided from all of its values, then declared.

Values are reduced to shapes (digits to 9), so a million of them are judged by a handful of shapes. Money becomes
DECIMAL; codes that only look like numbers (leading zeros, phone numbers, postal codes, long ids) stay text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from connectors import sql
from connectors.contract import Choice
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DecimalMark = Literal[".", ","]
NOTHING_WORDS = frozenset({"n/a", "na", "#n/a", "n.a.", "null", "none", "nil", "nan", "-", "--", "\u2013", "\u2014"})
"""Words for an empty value. One that means 'not yet', such as ``tbd``, is none: its row is for a person to look at."""
_SHAPES = 400
_LONG_ID = 16
_TOLERATED = 0.1
_CODE_WORDS = re.compile(
    r"(?:^|[_\W]|(?<=[a-z])(?=[A-Z]))(?:phone|tel|telephone|telefono|mobile|cell|fax|zip|zipcode|postal|postcode|postleitzahl|plz|"
    r"cap|vat|vatno|iban|bic|swift|ean|gtin|upc|isbn|barcode|sku|code|codice|codigo|ssn|serial)(?:$|[_\W]|(?=[A-Z]))",
    re.IGNORECASE,
)
_CODES = (
    "AED AUD BGN BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS INR JPY KRW MXN NOK NZD PLN RON SAR SEK SGD THB TRY USD "
    "ZAR"
)
_CURRENCY = rf"(?:[€$£¥₹₽₺₩₫฿]|{_CODES.replace(' ', '|')}|kr|zł|Kč|Fr\.)"
_MONEY = re.compile(
    rf"^(?P<lead>{_CURRENCY})? ?(?P<sign>[+-]?) ?(?P<more>{_CURRENCY})? ?"
    rf"(?P<body>9[9.,' \u00a0\u202f]*|[.,]9+) ?(?P<tail>{_CURRENCY})?$"
)
_INTEGER = re.compile(r"[+-]?9+")
_SCIENCE = re.compile(r"[+-]?9+(\.9+)?[eE][+-]?9+")
_CLOCK = re.compile(r"9{1,2}:99(:99(\.9+)?)?( ?[AaPp]\.?[Mm]\.?)?")
_ISO = re.compile(r"9999-99-99")
_ISO_STAMP = re.compile(r"9999-99-99[ T]9{1,2}:99(:99(\.9{1,9})?)?(?P<zone> ?(Z|UTC|[+-]99(:?99)?))?")
_DAY_FIRST = re.compile(
    r"9{1,2}(?P<sep>[/.-])9{1,2}(?P=sep)(?P<year>9999|99)(?P<clock>,?[ T]9{1,2}:99(:99)?( ?[AaPp][Mm])?)?"
)
_YEAR_FIRST = re.compile(r"9999(?P<sep>[/.])9{1,2}(?P=sep)9{1,2}(?P<clock>[ T]9{1,2}:99(:99)?)?")
_MONTH_WORD = re.compile(r"9{1,2}(?P<sep>[ -])(?P<month>[A-Za-z]{3,9})\.?(?P=sep)(?P<year>9999|99)")
_WORDS = {"true": True, "false": False, "yes": True, "no": False, "t": True, "f": False, "y": True, "n": False}


@record(frozen=True)
class Shape:
    """A form of values: how many have it, the longest of them, whether one has a needless leading zero, an example."""

    text: str
    count: int
    leading_zero: bool
    example: str


@record(frozen=True)
class Shapes:
    """The forms of a column's values; ``other`` values have rarer forms."""

    name: str
    shapes: Sequence[Shape]
    values: int
    other: int


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
    _number_style(cleaned, found, likely)
    for column in cleaned:
        found.types[column.name] = _type_of(column, found, column.name in quoted)
    _dates(connection, raw, spelled, cleaned, found)
    found.types = {name: found.types[name] for name in names}
    return found


def shapes_of(connection: DuckDBPyConnection, raw: exp.Table, name: str, text: exp.Expression) -> Shapes:
    """The commonest forms of a column's values."""
    shape = sql.template(
        """CASE WHEN length(:x) <= 40 AND regexp_matches(:x, '[0-9]')
        THEN translate(trim(:x), '0123456789', '9999999999')
        WHEN length(:x) <= 10 THEN trim(:x) ELSE '~' END""",
        x=text,
    )
    inner = (
        exp.select(
            exp.alias_(shape, "shape"),
            exp.alias_(sql.template("regexp_matches(:x, '^ *[+-]?0[0-9]')", x=text), "zero"),
            exp.alias_(text.copy(), "x"),
        )
        .from_(raw)
        .where(sql.template(":x IS NOT NULL AND trim(:x) <> ''", x=text))
    )
    grouped = sql.template(
        """SELECT shape, count(*), bool_or(zero), min(x), sum(count(*)) OVER () FROM t
        GROUP BY shape ORDER BY 2 DESC, 1 LIMIT :most""",
        most=_SHAPES,
    )
    grouped.set("from_", exp.From(this=inner.subquery("t")))
    rows = sql.rows(connection, grouped)
    total = int(str(rows[0][4])) if rows else 0
    shapes = [Shape(str(row[0]), int(str(row[1])), bool(row[2]), str(row[3])) for row in rows]
    return Shapes(name, shapes, total, total - sum(shape.count for shape in shapes))


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
    return bool(_MONEY.match(shape) or _date_like(shape) or _CLOCK.fullmatch(shape))


def _date_like(shape: str) -> bool:
    patterns = (_ISO, _ISO_STAMP, _DAY_FIRST, _YEAR_FIRST, _MONTH_WORD)
    return any(pattern.fullmatch(shape) for pattern in patterns)


def _amount(shape: str) -> str | None:
    """The digits and marks of an amount's shape, without currency and sign; None if it is no amount."""
    bare = shape
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1]
    elif re.fullmatch(r".*9 ?-", bare):
        bare = bare[:-1].rstrip()
    found = _MONEY.match(bare)
    if found is None or (found["lead"] and found["tail"]):
        return None
    return found["body"].rstrip()


def _marks(body: str) -> tuple[set[str], str]:
    """Which decimal marks an amount's digits allow, and its separator of thousands if it certainly has one."""
    allowed: set[str] = set()
    group = ""
    for mark, other in ((".", ","), (",", ".")):
        whole, _, rest = body.partition(mark)
        if rest and not re.fullmatch("9+", rest):
            continue
        groups = re.fullmatch(rf"9{{1,3}}(?P<sep>[{re.escape(other)}' \u00a0\u202f])999((?P=sep)999)*", whole)
        if re.fullmatch("9*", whole) or groups:
            allowed.add(mark)
            group = groups["sep"] if groups and len(allowed) == 1 else group
    return allowed, group


def _number_style(columns: Sequence[Shapes], found: Profile, likely: DecimalMark | None) -> None:
    """Decide the file's decimal mark, thousands, currency signs and minus from the amounts in all columns."""
    votes: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for column in columns:
        bodies = [(shape, _amount(shape.text)) for shape in column.shapes]
        amounts = sum(shape.count for shape, body in bodies if body)
        if not amounts or amounts < (1 - _TOLERATED) * column.values:
            continue
        for shape, body in bodies:
            if body is None:
                continue
            allowed, group = _marks(body)
            if len(allowed) == 1 and not re.fullmatch("9+", body):
                votes[allowed.pop()] += shape.count
            if group:
                groups[group] += shape.count
            _signs(shape, found)
    if votes["."] and votes[","]:
        found.warnings.append(
            "Amounts in this file are written with a decimal point and with a decimal comma; "
            "columns that use the rarer one are read as text."
        )
    if votes:
        found.decimal = "," if votes[","] > votes["."] else "."
    else:
        found.decimal = likely or "."
    usable = {mark: number for mark, number in groups.items() if mark != found.decimal}
    if usable:
        found.thousands = max(sorted(usable), key=lambda mark: usable[mark])
    elif found.decimal == "," and votes:
        found.thousands = "."


def _currencies(shape: str) -> set[str]:
    """Currency signs of an amount's shape."""
    bare = shape.strip("()")
    matched = _MONEY.match(bare) or _MONEY.match(bare.rstrip("-").rstrip())
    return {matched[part] for part in ("lead", "more", "tail") if matched[part]} if matched else set()


def _signs(shape: Shape, found: Profile) -> None:
    if shape.text.startswith("("):
        found.negative = "parentheses"
    elif shape.text.endswith("-"):
        found.negative = "trailing"
    found.currency = tuple(sorted({*found.currency, *_currencies(shape.text)}))


def _type_of(column: Shapes, found: Profile, is_quoted: bool) -> str:
    """The type of one column; dates get theirs here and their order in ``_dates``."""
    if not column.values:
        return "VARCHAR"
    words = {shape.text.casefold() for shape in column.shapes}
    if not column.other and words <= set(_WORDS) and (len(words) > 1 or words <= {"true", "false"}):
        return "BOOLEAN"
    if _share(column, lambda text: bool(_CLOCK.fullmatch(text))) == column.values:
        return "VARCHAR" if any("m" in shape.text.casefold() for shape in column.shapes) else "TIME"
    number = _number_type(column, found, is_quoted)
    if number:
        return number
    return _date_type(column, found)


def _share(column: Shapes, fits: Callable[[str], bool]) -> int:
    return sum(shape.count for shape in column.shapes if fits(shape.text))


def _number_type(column: Shapes, found: Profile, is_quoted: bool) -> str | None:
    currencies = {sign for shape in column.shapes for sign in _currencies(shape.text)}
    if len(currencies) > 1:
        found.warnings.append(
            f"Column {column.name!r} holds amounts in several currencies ({', '.join(sorted(currencies))}); "
            "it is read as text."
        )
        return None
    seen = _digits_of(column, found)
    if seen.good + seen.science == 0:
        return None
    if seen.science and seen.good + seen.science == column.values:
        return "DOUBLE"
    if seen.whole == seen.good:
        return _integer_type(column, seen.good, seen.digits, is_quoted, found)
    if not _tolerable(column, seen.good, found, "numbers"):
        return None
    return _decimal_type(seen.digits, seen.scale)


def _decimal_type(digits: int, scale: int) -> str | None:
    if scale > 10 and digits + scale <= 18:
        return "DOUBLE"  # a binary fraction written out, e.g. 0.30000000000000004
    if digits + scale > 38:
        return None
    scale = max(scale, 2)
    return f"DECIMAL({18 if digits + scale <= 16 else 38},{scale})"


@dataclass
class _Digits:
    """Of a column's numbers: how many, how many of them whole, most digits before and after the mark."""

    good: int = 0
    whole: int = 0
    science: int = 0
    digits: int = 0
    scale: int = 0


def _digits_of(column: Shapes, found: Profile) -> _Digits:
    seen = _Digits()
    for shape in column.shapes:
        body = _amount(shape.text)
        if body is None:
            seen.science += shape.count if _SCIENCE.fullmatch(shape.text) else 0
            continue
        before, _, after = body.partition(found.decimal)
        is_grouped = "9" * len(before) != before
        if found.decimal not in _marks(body)[0] or (is_grouped and not found.thousands):
            continue
        seen.good += shape.count
        seen.whole += shape.count if _INTEGER.fullmatch(shape.text) else 0
        seen.digits = max(seen.digits, before.count("9"))
        seen.scale = max(seen.scale, len(after))
    return seen


def _integer_type(column: Shapes, good: int, digits: int, is_quoted: bool, found: Profile) -> str | None:
    signs = {shape.text[0] for shape in column.shapes}
    if any(shape.leading_zero for shape in column.shapes) or digits >= _LONG_ID or is_quoted:
        return "VARCHAR"
    if signs == {"+"} or _CODE_WORDS.search(column.name):
        return "VARCHAR"
    if good == column.values:
        return "BIGINT"
    # Letters among whole numbers are codes as a rule; only words without any digit may be taken for mistakes.
    strays = [shape for shape in column.shapes if not _INTEGER.fullmatch(shape.text)]
    wordy = all(not re.search("9", shape.text) for shape in strays) and not column.other
    return "BIGINT" if wordy and _tolerable(column, good, found, "whole numbers") else "VARCHAR"


def _tolerable(column: Shapes, good: int, found: Profile, what: str) -> bool:
    """Whether the values that do not fit are few enough to be mistakes rather than the column's nature."""
    bad = column.values - good
    if bad == 0:
        return True
    if bad > _TOLERATED * column.values:
        return False
    found.unreadable[column.name] = bad
    found.warnings.append(
        f"{bad} of the {column.values} values of {column.name!r} are no {what}; their rows are set aside."
    )
    return True


def _date_type(column: Shapes, found: Profile) -> str:
    stamps = _share(column, lambda text: bool(_ISO_STAMP.fullmatch(text)))
    zoned = _share(column, lambda text: bool((match := _ISO_STAMP.fullmatch(text)) and match["zone"]))
    days = _share(column, lambda text: bool(_ISO.fullmatch(text)))
    if zoned and zoned == stamps and days == 0 and _tolerable(column, stamps, found, "dates and times with a zone"):
        return "TIMESTAMP WITH TIME ZONE"
    if zoned:
        return "VARCHAR"
    if stamps and _tolerable(column, stamps + days, found, "dates and times"):
        return "TIMESTAMP"
    if days and _tolerable(column, days, found, "dates"):
        return "DATE"
    local = _share(column, lambda text: bool(_DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)))
    clocks = _share(
        column, lambda text: bool((m := _DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)) and m["clock"])
    )
    if local and clocks in {0, local} and _tolerable(column, local, found, "dates"):
        return "TIMESTAMP" if clocks else "DATE"
    wordy = _share(column, lambda text: bool(_month_format(text)))
    if wordy and _tolerable(column, wordy, found, "dates"):
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


def _dates(
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
            _as_text(column, found, "is written in several forms")
            continue
        form = next(iter(forms))
        if not form.startswith("%d") or "%m" not in form:
            _set_format(column, found, form)
            continue
        first, second = _parts(connection, raw, spelled[column.name], form[2])
        if first > 12 and second > 12:
            _as_text(column, found, "has the day first in some rows and the month first in others")
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


def _as_text(column: Shapes, found: Profile, why: str) -> None:
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


def key_of(connection: DuckDBPyConnection, raw: exp.Table, types: Mapping[str, str], called: str) -> tuple[str, ...]:
    """The column that identifies each row, if one is named so (``id``, or ``order_id`` in orders) and does."""
    own = f"{singular(re.split(r'[^A-Za-z]+', called.strip('_'))[-1])}_id".casefold()
    for name, type_ in types.items():
        if name.casefold() not in {"id", own} or type_ not in {"BIGINT", "VARCHAR"}:
            continue
        ids = sql.template("count(DISTINCT :x)", x=sql.column(name))
        unique, rows = sql.row(connection, exp.select(ids, exp.Count(this=exp.Star())).from_(raw))
        if rows and unique == rows:
            return (name,)
    return ()


def singular(noun: str) -> str:
    """An English plural's singular, near enough to name a key."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
