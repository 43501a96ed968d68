r"""Writing a relation as one file, in exactly the formats a spec may name.

CSV and TSV: UTF-8, header, RFC 4180 quotes, ``\n``, ISO 8601 dates and instants (``Z``), plain decimals without
exponent, NULL as
nothing and an empty text as ``""``. A CSV value is the value; only with ``formulas: text`` an apostrophe stands before
a text that a spreadsheet would run (one that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end).
JSON and NDJSON: as the documents of the shell: DECIMAL and integers beyond 2^53 are strings, NaN and infinity null.
XLSX: one sheet, header row; text is always stored as text, so a cell never becomes a formula; numbers of more than 15
digits are stored as text because a workbook would round them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from connectors import extensions, sql
from connectors.trees import exp
from spec.base import JsonValue
from spec.errors import LimitError, SpecError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

XLSX_ROWS = 1_048_575
EXACT_DIGITS = 15
_DECIMAL = re.compile(r"^(?:DECIMAL|NUMERIC)\((\d+),\s*(\d+)\)$")
_WIDE = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "BIGNUM")
_FORMULA = r"^[=+\-@\t\r\n]"
_NESTED = re.compile(r"(\]$)|^(STRUCT|MAP|UNION)\b")
_OPTIONS = {
    "csv": "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR ''",
    "tsv": "FORMAT csv, HEADER true, DELIMITER '\t', QUOTE '\"', ESCAPE '\"', NULLSTR ''",
    "json": "FORMAT json, ARRAY true",
    "ndjson": "FORMAT json, ARRAY false",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "xlsx": "FORMAT xlsx, HEADER true",
}


def format_of(file: str) -> str:
    """The format a file's ending names; SpecError when there is none such."""
    ending = Path(file).suffix.lower().removeprefix(".")
    ending = {"jsonl": "ndjson"}.get(ending, ending)
    if ending not in _OPTIONS:
        raise SpecError(
            f"The ending of {file!r} names no format that can be written.",
            hint="Use .csv, .tsv, .json, .ndjson, .parquet or .xlsx.",
            where={"file": file},
            data={"unknown": ending, "known": sorted(_OPTIONS)},
        )
    return ending


def prepare(connection: DuckDBPyConnection, files: Sequence[str]) -> None:
    """Load what these files need, before the connection is locked."""
    if any(format_of(file) == "xlsx" for file in files):
        extensions.load(connection, "excel")


def write_file(
    connection: DuckDBPyConnection,
    query: exp.Query,
    path: Path,
    *,
    order_by: Sequence[str] = (),
    values: Mapping[str, JsonValue] | None = None,
    formulas: Literal["keep", "text"] = "keep",
) -> int:
    """Write the query's rows, ordered, and give their number. Columns keep the query's names and order."""
    kind = format_of(path.name)
    text = query.sql(dialect="duckdb")
    described = connection.execute(f"DESCRIBE {text}", dict(values or {})).fetchall()
    columns = {str(name): str(type_text) for name, type_text, *_ in described}
    delimited = _harmless if formulas == "text" else _csv
    ways = {"csv": delimited, "tsv": delimited, "json": _json, "ndjson": _json, "parquet": _parquet, "xlsx": _xlsx}
    shown = ways[kind]
    if kind == "xlsx":
        columns = _rounded_as_text(connection, query, columns, values or {})
    selected = [
        exp.alias_(shown(exp.column(name, table="rows", quoted=True), type_text), name, quoted=True)
        for name, type_text in columns.items()
    ]
    written = exp.select(*selected).from_(query.copy().subquery("rows"))
    if order_by:
        written = written.order_by(*(_ordering(item) for item in order_by))
    target = sql.quoted(str(path))
    result = connection.execute(
        f"COPY ({written.sql(dialect='duckdb')}) TO {target} ({_OPTIONS[kind]})", dict(values or {})
    ).fetchone()
    rows = int(result[0]) if result else 0
    if kind == "xlsx" and rows > XLSX_ROWS:
        raise LimitError(
            f"{path.name} would have {rows} rows; a worksheet holds {XLSX_ROWS}.",
            hint="Write it as .csv or .parquet, or aggregate it first.",
            where={"file": path.name},
        )
    return rows


def _ordering(item: str) -> exp.Expr:
    words = item.rsplit(None, 1)
    descending = len(words) == 2 and words[1].lower() == "desc"
    column = words[0] if len(words) == 2 and words[1].lower() in {"asc", "desc"} else item
    return exp.Ordered(this=exp.column(column, table="rows", quoted=True), desc=descending, nulls_first=False)


def _csv(value: exp.Expr, kind: str) -> exp.Expr:
    if kind.startswith("TIMESTAMP"):
        return _instant(value, kind)
    if kind in {"DOUBLE", "FLOAT"}:
        return _plain(value)
    return _nested_as_json(value, kind)


def _harmless(value: exp.Expr, kind: str) -> exp.Expr:
    """As ``_csv``, a text that begins like a formula after the mark that spreadsheets take for "this is text"."""
    written = _csv(value, kind)
    if kind != "VARCHAR":
        return written
    risky = _call("regexp_matches", value, exp.Literal.string(_FORMULA))
    marked = exp.DPipe(this=exp.Literal.string("'"), expression=value.copy())
    return exp.If(this=risky, true=marked, false=written)


def _json(value: exp.Expr, kind: str) -> exp.Expr:
    if kind.startswith("TIMESTAMP"):
        return _finite(value, _instant(value.copy(), kind))
    if kind in {"DOUBLE", "FLOAT", "DATE"}:
        return _finite(value, value.copy())
    if _DECIMAL.match(kind):
        return _cast(value, "VARCHAR")
    if kind in _WIDE:
        # By value, not by type: most BIGINTs are small, and a number should look like one.
        safe = exp.Between(this=value, low=exp.Literal.number(-(2**53)), high=exp.Literal.number(2**53))
        text = _call("to_json", _cast(value, "VARCHAR"))
        return exp.If(this=safe, true=_call("to_json", value.copy()), false=text)
    return value


def _parquet(value: exp.Expr, kind: str) -> exp.Expr:
    # Parquet has no 128-bit integer, and DuckDB would write one as DOUBLE.
    return _cast(value, "DECIMAL(38,0)") if kind in {"HUGEINT", "UHUGEINT"} else value


def _xlsx(value: exp.Expr, kind: str) -> exp.Expr:
    if kind == "TIMESTAMP WITH TIME ZONE":
        # A workbook knows no zones; the instant is shown in UTC.
        return _finite(value, _cast(value.copy(), "TIMESTAMP"))
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return _finite(value, value.copy())
    if kind in _WIDE or _DECIMAL.match(kind):
        return _cast(value, "DOUBLE")
    if kind.startswith(("VARCHAR", "BLOB", "UUID", "INTERVAL", "ENUM", "BIT")):
        return _cast(value, "VARCHAR")
    return _nested_as_json(value, kind)


def _rounded_as_text(
    connection: DuckDBPyConnection, query: exp.Query, columns: Mapping[str, str], values: Mapping[str, JsonValue]
) -> dict[str, str]:
    """The columns with those as VARCHAR that hold a number of more digits than a workbook keeps."""
    limits: dict[str, int] = {}
    for name, kind in columns.items():
        decimal = _DECIMAL.match(kind)
        if kind in _WIDE:
            limits[name] = EXACT_DIGITS
        elif decimal and int(decimal[1]) > EXACT_DIGITS:
            limits[name] = EXACT_DIGITS - int(decimal[2])
    if not limits:
        return dict(columns)
    largest = [
        exp.Max(this=exp.Abs(this=_cast(exp.column(name, table="rows", quoted=True), "DOUBLE"))) for name in limits
    ]
    found = exp.select(*largest).from_(query.copy().subquery("rows"))
    row = connection.execute(found.sql(dialect="duckdb"), dict(values)).fetchone() or ()
    too_long = {
        name
        for (name, digits), value in zip(limits.items(), row, strict=True)
        if value is not None and value >= 10.0**digits
    }
    return {name: "VARCHAR" if name in too_long else kind for name, kind in columns.items()}


def _nested_as_json(value: exp.Expr, kind: str) -> exp.Expr:
    return _cast(_call("to_json", value), "VARCHAR") if _NESTED.search(kind) else value


def _instant(value: exp.Expr, kind: str) -> exp.Expr:
    """ISO 8601 with ``T``, a fraction only where there is one, and ``Z`` for instants."""
    zoned = kind == "TIMESTAMP WITH TIME ZONE"
    text = _cast(_cast(value, "TIMESTAMP") if zoned else value, "VARCHAR")
    iso: exp.Expr = _call("replace", text, exp.Literal.string(" "), exp.Literal.string("T"))
    if zoned:
        iso = exp.If(
            this=_call("isfinite", value.copy()),
            true=exp.DPipe(this=iso, expression=exp.Literal.string("Z")),
            false=text.copy(),
        )
    return iso


def _finite(value: exp.Expr, shown: exp.Expr) -> exp.Expr:
    """``shown``, or nothing where the value is infinite (PostgreSQL's 'no end'), which no such file can say."""
    return exp.If(this=_call("isfinite", value), true=shown, false=exp.Null())


def _plain(value: exp.Expr) -> exp.Expr:
    """A float's shortest exact text without an exponent: 1e-07 is 0.0000001."""
    text = _cast(value, "VARCHAR")
    sign = exp.If(
        this=_call("starts_with", text, exp.Literal.string("-")),
        true=exp.Literal.string("-"),
        false=exp.Literal.string(""),
    )
    mantissa = _call(
        "ltrim", _call("split_part", text, exp.Literal.string("e"), exp.Literal.number(1)), exp.Literal.string("-")
    )
    power: exp.Expr = exp.TryCast(
        this=_call("split_part", text, exp.Literal.string("e"), exp.Literal.number(2)),
        to=exp.DataType.build("INTEGER", dialect="duckdb"),
    )
    digits = _call("replace", mantissa, exp.Literal.string("."), exp.Literal.string(""))
    zeros_before = _call(
        "repeat", exp.Literal.string("0"), exp.Sub(this=exp.Neg(this=power), expression=exp.Literal.number(1))
    )
    small = _joined(sign, exp.Literal.string("0."), zeros_before, digits)
    decimals = exp.Sub(this=_call("length", digits), expression=exp.Literal.number(1))
    zeros_after = _call(
        "repeat", exp.Literal.string("0"), exp.Sub(this=power.copy(), expression=exp.Paren(this=decimals))
    )
    large = _joined(sign.copy(), digits.copy(), zeros_after)
    return (
        exp.case()
        .when(exp.Not(this=_call("contains", text, exp.Literal.string("e"))), text.copy())
        .when(exp.Not(this=_call("isfinite", value)), text.copy())
        .when(exp.LT(this=power.copy(), expression=exp.Literal.number(0)), small)
        .else_(large)
    )


def _joined(*parts: exp.Expr) -> exp.Expr:
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(this=joined, expression=part)
    return joined


def _call(function: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=function, expressions=[item.copy() for item in arguments])


def _cast(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value.copy(), to=exp.DataType.build(kind, dialect="duckdb"))
