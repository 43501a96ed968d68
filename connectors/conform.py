"""Text as a source wrote it becomes typed columns, exactly or not at all.

DuckDB's own casts are kinder than an accountant: ``'12.345'`` becomes ``12.35`` as DECIMAL(18,2), ``'7.5'`` becomes 8
as BIGINT, a time of day is dropped by DATE and a zone by TIMESTAMP, each without a word. So a value is matched before
it is cast, and what does not fit is an unreadable value, which the source's policy nulls and counts, quarantines, or
stops at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from connectors import instants, sql
from connectors.drift import drifted
from connectors.spelling import FALSE_WORDS, TRUE_WORDS, Spelling
from connectors.trees import exp
from spec.errors import DataError, SpecError
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from spec.pipeline import Source

Policy = Literal["null", "quarantine", "stop"]
LINE = "__line"
ROW = "__row"
"""Beside ``__line``: which row of data it is, from 1, blank ones not counted."""
UNREADABLE = "dreflow: unreadable value"
QUARANTINE = "__quarantine"
_EIGHT = 8
_SEVERAL = 2
EIGHT = "DECIMAL(18, 8)"
"""How numbers are read the quick way: so wide that one which is not of its type differs from itself as that."""
_SPACES = " \u00a0\u202f"
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_ISO_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6}0*)?)?"
_ZONE = r" ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?)"


@dataclass
class Outcome:
    """What a careful load did; ``bad`` counts the unreadable values of each column."""

    rows: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    nulled: dict[str, int] = field(default_factory=dict)


def typed(text: exp.Expression, name: str, type_: str, rules: Spelling) -> exp.Expression:
    """The value of type ``type_`` that ``text`` spells, NULL where it spells none."""
    kind = type_.upper().split("(", 1)[0].strip()
    if kind in {"VARCHAR", "TEXT"}:
        return text
    trimmed = sql.template("trim(:x)", x=text)
    if kind in _INTEGERS:
        return _number(_plain_number(trimmed, name, rules), r"[+-]?[0-9]+(_[0-9]+)*(\.0*)?", type_)
    if kind in {"DECIMAL", "NUMERIC"}:
        _, scale = decimal_size(type_)
        digits = rf"(\.[0-9]{{0,{scale}}}0*)?" if scale else r"(\.0*)?"
        pattern = rf"[+-]?([0-9]+(_[0-9]+)*{digits}|\.[0-9]{{1,{max(scale, 1)}}}0*)"
        return _number(_plain_number(trimmed, name, rules), pattern, type_)
    if kind in {"DOUBLE", "FLOAT", "REAL"}:
        return _guarded(
            _plain_number(trimmed, name, rules), r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", type_
        )
    if kind == "DATE":
        return _date(trimmed, _format(rules.date_format, name), rules)
    if kind in {"TIMESTAMP", "DATETIME"}:
        return _timestamp(trimmed, _format(rules.timestamp_format, name), rules)
    if kind in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}:
        return _zoned(trimmed, _format(rules.timestamp_format, name), type_)
    if kind == "TIME":
        return _time(trimmed, rules)
    if kind in {"BOOLEAN", "BOOL"}:
        return sql.template(
            "CASE WHEN list_contains(:yes, lower(:x)) THEN TRUE WHEN list_contains(:no, lower(:x)) THEN FALSE END",
            x=trimmed,
            yes=[word.lower() for word in rules.true_values],
            no=[word.lower() for word in rules.false_values],
        )
    return sql.try_cast(text, type_)


def strict(text: exp.Expression, name: str, type_: str, rules: Spelling) -> exp.Expression:
    """As ``typed``, but the first unreadable value ends the statement."""
    found = typed(text, name, type_, rules)
    if found is text:
        return text
    return sql.template(
        "CASE WHEN :x IS NOT NULL THEN coalesce(:found, error(:word)) END", found=found, x=text, word=UNREADABLE
    )


@record(frozen=True)
class Usual:
    """How DuckDB's CSV reader takes a column of a well-kept file: the type it reads, what is picked, and the condition
    under which that is exact.
    """

    reader: str
    pick: exp.Expression
    condition: exp.Expression | None = None


def usual(column: exp.Expression, name: str, type_: str, rules: Spelling) -> Usual:
    """The quick way to read a column, exact or seen not to be.

    The patterns of ``typed`` cost a third of reading a file of ten million rows, these conditions a tenth: a number is
    read with eight decimals, so that one which is not of its type differs from itself as that type. A file of which a
    row does not meet them is read in another way, so they decide about time and never about values.
    """
    kind = type_.upper().split("(", 1)[0].strip()
    if kind in {"VARCHAR", "TEXT"}:
        return Usual("VARCHAR", column)
    is_number = kind in _INTEGERS or (kind in {"DECIMAL", "NUMERIC"} and decimal_size(type_)[1] <= _EIGHT)
    if is_number and _is_plain_number(name, rules):
        same = sql.template(":read = :x", read=sql.cast(sql.cast(column, type_), EIGHT), x=column)
        return Usual(EIGHT, sql.cast(column, type_), same)
    if kind == "DATE" and not _format(rules.date_format, name) and not rules.serial_dates:
        return Usual(
            "VARCHAR", sql.cast(column, type_), sql.template("strlen(:x) = 10 AND strpos(:x, ' ') = 0", x=column)
        )
    if kind in {"TIMESTAMP", "DATETIME"} and not _format(rules.timestamp_format, name) and not rules.serial_dates:
        return Usual(
            "VARCHAR", sql.cast(column, type_), sql.template("strlen(:x) = 19 AND strpos(:x, ' ') = 11", x=column)
        )
    if kind in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"} and not _format(rules.timestamp_format, name):
        whole = "strlen(:x) = 20 AND strpos(:x, 'T') = 11 AND ends_with(:x, 'Z')"
        return Usual("VARCHAR", sql.cast(column, type_), sql.template(whole, x=column))
    words = (tuple(rules.true_values), tuple(rules.false_values))
    if kind in {"BOOLEAN", "BOOL"} and words == (TRUE_WORDS, FALSE_WORDS):
        return Usual("BOOLEAN", column)
    return Usual("VARCHAR", strict(column, name, type_, rules))


def _is_plain_number(name: str, rules: Spelling) -> bool:
    marks = rules.decimal_of(name) == "." and not rules.thousands_of(name)
    return marks and not rules.currency and not rules.negative


def decimal_size(type_: str) -> tuple[int, int]:
    """Precision and scale of a DECIMAL; DuckDB's own default is (18, 3)."""
    found = re.search(r"\((\d+)\s*(?:,\s*(\d+))?\)", type_)
    return (int(found[1]), int(found[2] or 0)) if found else (18, 3)


def _format(formats: str | Mapping[str, str], name: str) -> str:
    return formats if isinstance(formats, str) else formats.get(name, "")


def _guarded(text: exp.Expression, pattern: str, type_: str) -> exp.Expression:
    condition = sql.call("regexp_full_match", text, pattern)
    return exp.Case().when(condition, sql.try_cast(text.copy(), type_))


def _number(text: exp.Expression, pattern: str, type_: str) -> exp.Expression:
    """A number that is one of the type's, by its first eight decimals: those behind are the noise of binary fractions.

    One of ten digits and more before the point is held against the pattern of its type instead.
    """
    read = sql.try_cast(text, type_)
    plain = sql.call("regexp_full_match", text.copy(), pattern)
    if decimal_size(type_)[1] > _EIGHT and type_.upper().startswith(("DECIMAL", "NUMERIC")):
        return exp.Case().when(plain, read)
    # DuckDB compares both as DECIMAL(38,8), which a number of more than 30 digits before the point does not fit.
    short = sql.try_cast(read, EIGHT)
    same = sql.template(":wide = :short", wide=sql.try_cast(text.copy(), EIGHT), short=short)
    return exp.Case().when(exp.and_(same, sql.is_number(text)), read.copy()).when(plain, read.copy())


def _plain_number(text: exp.Expression, name: str, rules: Spelling) -> exp.Expression:
    """The number as DuckDB spells it; text whose groups of thousands are not groups of three stays unreadable."""
    for sign in rules.currency:
        text = sql.template("trim(replace(:x, :sign, ''))", x=text, sign=sign)
    if rules.negative == "parentheses":
        text = sql.template(r"regexp_replace(:x, '^\((.*)\)$', '-\1')", x=text)
    elif rules.negative == "trailing":
        text = sql.template(r"regexp_replace(:x, '^(.*[0-9]) ?-$', '-\1')", x=text)
    mark, group = rules.decimal_of(name), rules.thousands_of(name)
    if not group and mark == ".":
        return text
    point = re.escape(mark)
    bare = text
    grouped: exp.Expression | None = None
    if group:
        groups = f"[{_SPACES}]" if group in _SPACES else re.escape(group)
        grouped = sql.call("regexp_full_match", text, rf"[+-]?[0-9]{{1,3}}({groups}[0-9]{{3}})+({point}[0-9]*)?")
        bare = sql.template("regexp_replace(:x, :groups, '', 'g')", x=text, groups=groups)
    if mark == ".":
        return _grouped_or_plain(grouped, bare, text)
    # A point that is left after the thousands are gone would turn into a decimal point, so it is refused.
    swapped = sql.template("replace(:x, :mark, '.')", x=bare, mark=mark)
    plain = sql.template("CASE WHEN contains(:x, '.') THEN NULL ELSE replace(:x, :mark, '.') END", x=text, mark=mark)
    return _grouped_or_plain(grouped, swapped, plain)


def _grouped_or_plain(grouped: exp.Expression | None, bare: exp.Expression, plain: exp.Expression) -> exp.Expression:
    """The number without its groups where it has well-formed ones, else as it stands."""
    if grouped is None:
        return plain
    return exp.Case().when(grouped, bare).else_(plain)


def _date(text: exp.Expression, form: str, rules: Spelling) -> exp.Expression:
    if form in instants.FORMS:
        return instants.day(text, form)
    if form:
        read = sql.template("CAST(try_strptime(:x, :form) AS DATE)", x=text, form=form)
    else:
        read = _guarded(text, _ISO_DATE + r"([ T]0?0:00(:00(\.0+)?)?)?", "DATE")
    if not rules.serial_dates:
        return read
    serial = sql.template(
        r"""CASE WHEN regexp_full_match(:x, '[0-9]{1,7}(\.0+)?')
        THEN CAST(:zero AS DATE) + CAST(TRY_CAST(:x AS DOUBLE) AS INTEGER) END""",
        x=text,
        zero=_serial_zero(rules),
    )
    return sql.template("coalesce(:serial, :read)", serial=serial, read=read)


def _timestamp(text: exp.Expression, form: str, rules: Spelling) -> exp.Expression:
    if form:
        read = sql.template("CAST(try_strptime(:x, :form) AS TIMESTAMP)", x=text, form=form)
    else:
        read = _guarded(text, rf"{_ISO_DATE}([ T]{_CLOCK})?", "TIMESTAMP")
    if not rules.serial_dates:
        return read
    serial = sql.template(
        r"""CASE WHEN regexp_full_match(:x, '[0-9]{1,7}(\.[0-9]+)?') THEN CAST(:zero AS TIMESTAMP)
        + to_microseconds(CAST(round(TRY_CAST(:x AS DOUBLE) * 86400000) AS BIGINT) * 1000) END""",
        x=text,
        zero=_serial_zero(rules),
    )
    return sql.template("coalesce(:serial, :read)", serial=serial, read=read)


def _time(text: exp.Expression, rules: Spelling) -> exp.Expression:
    read = _guarded(text, _CLOCK, "TIME")
    if not rules.serial_dates:
        return read
    # A workbook's time of day is a fraction of the day.
    serial = sql.template(
        r"""CASE WHEN regexp_full_match(:x, '0(\.[0-9]+)?') AND TRY_CAST(:x AS DOUBLE) < 0.999994
        THEN CAST(TIMESTAMP '2000-01-01' + to_seconds(round(TRY_CAST(:x AS DOUBLE) * 86400)) AS TIME) END""",
        x=text,
    )
    return sql.template("coalesce(:serial, :read)", serial=serial, read=read)


def _zoned(text: exp.Expression, form: str, type_: str) -> exp.Expression:
    """An instant; a text without its zone only where ``utc`` says that it is in that one."""
    if form in instants.FORMS:
        return instants.instant(text, form)
    if form and form != "utc":
        return sql.try_cast(sql.template("try_strptime(:x, :form)", x=text, form=form), type_)
    whole = _guarded(text, rf"{_ISO_DATE}[ T]{_CLOCK}{_ZONE}", type_)
    if not form:
        return whole
    naive = _guarded(text.copy(), rf"{_ISO_DATE}([ T]{_CLOCK})?", "TIMESTAMP")
    return sql.template("coalesce(:whole, timezone('UTC', :naive))", whole=whole, naive=naive)


def _serial_zero(rules: Spelling) -> str:
    # Day 60 of the 1900 system is 29 February 1900, which never was; counting from 30 December mends every later day.
    return "1904-01-01" if rules.serial_dates == 1904 else "1899-12-30"


def complaint(type_: str, name: str) -> str:
    """Why a value of this column was set aside, in a person's words."""
    kind = type_.upper().split("(", 1)[0].strip()
    if kind in _INTEGERS:
        return f"not a whole number: {name}"
    if kind in {"DECIMAL", "NUMERIC"}:
        return f"not a number with at most {decimal_size(type_)[1]} decimals: {name}"
    words = {
        "DOUBLE": "a number",
        "FLOAT": "a number",
        "REAL": "a number",
        "DATE": "a date",
        "TIMESTAMP": "a date and time",
        "TIMESTAMP WITH TIME ZONE": "a date and time with its time zone",
        "TIMESTAMPTZ": "a date and time with its time zone",
        "TIME": "a time of day",
        "BOOLEAN": "yes or no",
    }
    return f"not {words.get(kind, f'a value of type {type_}')}: {name}"


def said(text: exp.Expression, rules: Spelling) -> exp.Expression:
    """The text, NULL where it is one that means 'nothing', whatever blanks stand around it."""
    if not rules.null_values:
        return text
    marks = list(rules.null_values)
    return sql.template("CASE WHEN list_contains(:marks, trim(:x)) THEN NULL ELSE :x END", x=text, marks=marks)


def strict_query(
    raw: exp.Expression, texts: Mapping[str, exp.Expression], columns: Mapping[str, str], rules: Spelling
) -> exp.Select:
    """One SELECT that reads ``raw`` straight into ``columns`` and fails at the first unreadable value."""
    picked = [
        exp.alias_(strict(texts[name], name, type_, rules), sql.identifier(name)) for name, type_ in columns.items()
    ]
    return exp.select(*picked).from_(raw)


def usual_query(
    raw: exp.Expression, texts: Mapping[str, exp.Expression], columns: Mapping[str, str], rules: Spelling
) -> exp.Select:
    """As ``strict_query``, in a third of the time, and failing also at values that are only unusual."""
    picked = []
    for name, type_ in columns.items():
        text = texts[name]
        reader = usual(text, name, type_, rules).reader
        found = usual(text if reader == "VARCHAR" else sql.cast(text.copy(), reader), name, type_, rules)
        node = found.pick
        if found.condition is not None:
            fits: exp.Expression = found.condition
            if reader != "VARCHAR":
                fits = exp.And(this=exp.paren(fits), expression=sql.is_number(text))
            node = sql.template(
                "CASE WHEN :x IS NULL THEN NULL WHEN :fits THEN :pick ELSE error(:word) END",
                x=text.copy(),
                fits=fits,
                pick=found.pick,
                word=UNREADABLE,
            )
        picked.append(exp.alias_(node, sql.identifier(name)))
    return exp.select(*picked).from_(raw)


def quarantine_table(connection: DuckDBPyConnection, table: exp.Table) -> exp.Table:
    """Make (once) the table beside ``table`` that takes the rows set aside."""
    aside = sql.sibling(table, QUARANTINE)
    shape = exp.select(
        *(
            exp.alias_(sql.cast(exp.null(), type_), sql.identifier(name))
            for name, type_ in (("file", "VARCHAR"), ("line", "BIGINT"), ("reason", "VARCHAR"), ("record", "VARCHAR"))
        )
    ).where(exp.false())
    statement = sql.create(aside, shape)
    statement.set("exists", True)
    sql.run(connection, statement)
    return aside


def load(
    connection: DuckDBPyConnection,
    raw: exp.Table,
    table: exp.Table,
    columns: Mapping[str, str],
    rules: Spelling,
    *,
    policy: Policy,
    file: str,
    hidden: frozenset[str] = frozenset(),
    append: bool = False,
    texts: Mapping[str, exp.Expression] | None = None,
    drift: str = "quarantine",
) -> Outcome:
    """Fill ``table`` from the text table ``raw``, which has a ``__line`` column, following the policy.

    ``hidden`` names columns whose values no message may show; ``append`` adds to a table that is already there. A
    column of which no value can be read is another column than the spec was made for: DriftError unless
    ``drift`` is ``quarantine``, since an empty table would take the place of a good one.
    """
    spelled = texts or {name: sql.column(name) for name in columns}
    values = {name: typed(spelled[name], name, type_, rules) for name, type_ in columns.items()}
    bad = {
        name: sql.template("(:x IS NOT NULL AND :found IS NULL)", x=spelled[name], found=found)
        for name, found in values.items()
        if found is not spelled[name]
    }
    outcome = Outcome()
    counts = _counts(connection, raw, bad)
    if any(counts.values()):
        if drift != "quarantine" and policy != "stop":
            _refuse_retyped(connection, raw, spelled, columns, counts, file, hidden)
        if policy == "stop":
            raise _first_unreadable(connection, raw, spelled, columns, bad, file, hidden)
        if policy == "null":
            outcome.nulled = counts
        else:
            outcome.reasons = {complaint(columns[name], name): number for name, number in counts.items()}
            outcome.quarantined = _set_aside(connection, raw, table, columns, spelled, bad, file)
    picked = [exp.alias_(values[name], sql.identifier(name)) for name in columns]
    query = exp.select(*picked).from_(raw)
    if outcome.quarantined:
        query = query.where(exp.not_(exp.paren(sql.any_of(list(bad.values())))))
    sql.run(connection, exp.insert(query, table) if append else sql.create(table, query))
    outcome.rows = sql.count(connection, raw) - outcome.quarantined
    return outcome


def _counts(connection: DuckDBPyConnection, raw: exp.Table, bad: Mapping[str, exp.Expression]) -> dict[str, int]:
    if not bad:
        return {}
    found = sql.row(connection, exp.select(*(sql.call("count_if", item) for item in bad.values())).from_(raw))
    return {name: int(str(number)) for name, number in zip(bad, found, strict=True) if number}


def _refuse_retyped(
    connection: DuckDBPyConnection,
    raw: exp.Table,
    spelled: Mapping[str, exp.Expression],
    columns: Mapping[str, str],
    counts: Mapping[str, int],
    file: str,
    hidden: frozenset[str],
) -> None:
    picked = [part for name in counts for part in (exp.Count(this=spelled[name].copy()), exp.Min(this=spelled[name]))]
    found = sql.row(connection, exp.select(*picked).from_(raw))
    retyped: dict[str, tuple[str, str]] = {}
    for at, (name, unreadable) in enumerate(counts.items()):
        # Of a single value it cannot be told whether it is a slip or the column's new form.
        if unreadable == sql.whole(found[2 * at]) and unreadable >= _SEVERAL:
            example = "" if name in hidden else f", such as {str(found[2 * at + 1])[:40]!r}"
            retyped[name] = columns[name], f"something else in all {unreadable} values{example},"
    if retyped:
        raise drifted(where={"file": file}, retyped=retyped)


def _set_aside(
    connection: DuckDBPyConnection,
    raw: exp.Table,
    table: exp.Table,
    columns: Mapping[str, str],
    spelled: Mapping[str, exp.Expression],
    bad: Mapping[str, exp.Expression],
    file: str,
) -> int:
    aside = quarantine_table(connection, table)
    reasons = [exp.Case().when(item, sql.value(complaint(columns[name], name))) for name, item in bad.items()]
    record = exp.Struct(
        expressions=[exp.PropertyEQ(this=sql.identifier(name), expression=spelled[name].copy()) for name in columns]
    )
    query = (
        exp.select(
            sql.value(file),
            sql.column(LINE),
            sql.call("concat_ws", "; ", *reasons),
            sql.cast(sql.call("to_json", record), "VARCHAR"),
        )
        .from_(raw)
        .where(sql.any_of(list(bad.values())))
    )
    before = sql.count(connection, aside)
    sql.run(connection, exp.insert(query, aside))
    return sql.count(connection, aside) - before


def _first_unreadable(
    connection: DuckDBPyConnection,
    raw: exp.Table,
    spelled: Mapping[str, exp.Expression],
    columns: Mapping[str, str],
    bad: Mapping[str, exp.Expression],
    file: str,
    hidden: frozenset[str],
) -> DataError:
    query = (
        exp.select(sql.column(LINE), *(item.copy() for item in bad.values()), *(spelled[name].copy() for name in bad))
        .from_(raw)
        .where(sql.any_of(list(bad.values())))
        .order_by(sql.column(LINE))
        .limit(1)
    )
    line, *rest = sql.row(connection, query)
    flags, texts = rest[: len(bad)], rest[len(bad) :]
    name, found = next((name, text) for name, flag, text in zip(bad, flags, texts, strict=True) if flag)
    shown = "" if name in hidden else f" It is {str(found)[:40]!r}."
    return DataError(
        f"A value is {complaint(columns[name], name)}.{shown}",
        hint="Mend it at the source, or let the source's on_error be 'quarantine' or 'null'.",
        where={"file": file, "line": int(str(line)), "column": name},
        data={"type": columns[name]},
    )


def after_cursor(
    connection: DuckDBPyConnection, table: exp.Table, source: Source, since: str | None
) -> tuple[str | None, int]:
    """Keep rows whose cursor is ``since`` or later, or that have none; the highest cursor as text, and how many rows
    there are.
    """
    if source.cursor is None:
        return None, sql.count(connection, table)
    type_ = source.columns.get(source.cursor)
    if type_ is None:
        raise no_cursor(source)
    cursor = sql.column(source.cursor)
    if since is not None:
        older = sql.template(":x < :since", x=cursor, since=sql.cast(sql.value(since), type_))
        sql.run(connection, exp.delete(table.copy()).where(older))
    highest = sql.cast(exp.Max(this=cursor.copy()), "VARCHAR")
    found, rows = sql.row(connection, exp.select(highest, exp.Count(this=exp.Star())).from_(table))
    return None if found is None else str(found), sql.whole(rows)


def no_cursor(source: Source) -> SpecError:
    """The cursor that a source names is not among its columns."""
    return SpecError(
        f"The cursor {source.cursor!r} is no column of the source.",
        hint=f"Its columns: {', '.join(source.columns)}.",
        data={"unknown": source.cursor, "known": list(source.columns)},
    )
