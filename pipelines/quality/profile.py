"""What a table holds: types, empty and different values, forms, distribution, keys, and personal data by kind.

Everything is counted in DuckDB, in one pass for the figures and one for values and forms. A table of more than
``MOST_ROWS`` rows is looked at in a part that its rows' content alone decides; keys are proven on all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final, cast

from sqlglot import exp

from connectors import sql
from pipelines.quality.personal import VALUES, kind_of_name
from pipelines.scope import family
from spec.catalog import Column, Table
from spec.records import record

Ask = Callable[[exp.Query], Sequence[Sequence[object]]]
"""The rows of a query over the tables at hand, as Python values."""
MOST_ROWS = 200_000
SHOWN = 16
PERSONAL_SHARE = 0.05
"""Part of a column's values from which one kind of value makes the column personal."""
MOST_PAIRS = 60
_SHAPE: Final = (
    "regexp_replace(regexp_replace(regexp_replace(regexp_replace(:x, '[[:upper:]]+', 'A', 'g'), "
    "'[[:lower:]]+', 'a', 'g'), '[0-9]', '9', 'g'), '9{5,}', '9+', 'g')"
)


@record(frozen=True)
class Share:
    """A value or a form, and how many rows have it."""

    text: str
    rows: int


@record(frozen=True)
class ColumnProfile:
    """One column. ``filled`` of ``looked`` rows have a value, ``distinct`` different ones, ``once`` stand in one row.

    ``least`` and ``greatest`` are shown for whatever has an order; ``quartiles`` (lower, middle, upper) and ``mean``
    for numbers. ``top`` are the most frequent values and ``forms`` the most frequent forms (digits 9, capitals A, other
    letters a), both at most ``SHOWN``. ``personal`` is the kind of personal data, empty where it is none.
    """

    name: str
    type: str
    looked: int
    filled: int
    distinct: int
    least: str
    greatest: str
    mean: float | None
    quartiles: tuple[float, float, float] | None
    top: tuple[Share, ...]
    forms: tuple[Share, ...]
    personal: str

    @property
    def empty(self) -> int:
        """How many rows have no value."""
        return self.looked - self.filled

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own, among those looked at."""
        return self.looked > 0 and self.distinct == self.looked


@record(frozen=True)
class TableProfile:
    """One table of ``rows`` rows, of which ``looked`` were looked at; ``repeated`` of those are the same as another.

    ``keys`` are the column sets found to identify a row, proven on all rows, the likeliest first.
    """

    name: str
    rows: int
    looked: int
    repeated: int
    columns: tuple[ColumnProfile, ...]
    keys: tuple[tuple[str, ...], ...]

    @property
    def is_sample(self) -> bool:
        """Whether only a part was looked at."""
        return self.looked < self.rows

    def column(self, name: str) -> ColumnProfile:
        """The column of that name."""
        return next(one for one in self.columns if one.name == name)


def profile_table(ask: Ask, table: Table, *, most_rows: int = MOST_ROWS) -> TableProfile:
    """Look at a table that ``ask`` can query under its name."""
    named = exp.Table(this=sql.identifier(table.name))
    rows = sql.whole(ask(exp.select(exp.Count(this=exp.Star())).from_(named))[0][0])
    source = sampled(table, rows, most_rows)
    columns = list(table.columns)
    whole = _row_of(columns)
    looked, different = map(
        sql.whole,
        ask(exp.select(exp.Count(this=exp.Star()), _distinct(whole)).from_(source.copy()))[0],
    )
    figures = _figures(ask, columns, source) if columns else []
    texts = [sql.cast(sql.column(one.name), "VARCHAR") for one in columns]
    top = _frequent(ask, texts, source, None)
    forms = _frequent(ask, texts, source, _SHAPE)
    profiled = tuple(
        _column(table.name, column, looked, figures[place], top.get(place, ()), forms.get(place, ()))
        for place, column in enumerate(columns)
    )
    keys = _keys(ask, table, profiled, rows)
    return TableProfile(table.name, rows, looked, looked - different, profiled, keys)


def sampled(table: Table, rows: int, most_rows: int) -> exp.Expression:
    """The table, or the part of it that its rows' content decides: about ``most_rows``, the same at every look."""
    named = exp.Table(this=sql.identifier(table.name))
    if rows <= most_rows:
        return named
    every = -(-rows // most_rows)
    kept = sql.template("hash(:row) % :every = 0", row=_row_of(table.columns), every=every)
    return exp.select("*").from_(named).where(kept).subquery("sampled")


def _row_of(columns: Sequence[Column]) -> exp.Expression:
    """A whole row as one value; an empty text and nothing are two."""
    return exp.Tuple(expressions=[sql.column(one.name) for one in columns]) if len(columns) > 1 else sql.column(
        columns[0].name
    )  # fmt: skip


def _distinct(value: exp.Expression) -> exp.Count:
    return exp.Count(this=exp.Distinct(expressions=[value]))


def _figures(ask: Ask, columns: Sequence[Column], source: exp.Expression) -> list[Sequence[object]]:
    """Of each column: filled, distinct, least, greatest, mean, three quartiles, and each personal kind's count."""
    wanted: list[exp.Expression] = []
    for one in columns:
        value, kind = sql.column(one.name), family(one.type)
        filled = sql.template("CASE WHEN trim(CAST(:x AS VARCHAR)) <> '' THEN :x END", x=value)
        wanted += [exp.Count(this=filled), _distinct(filled.copy())]
        ordered = kind in ("number", "date", "time")
        wanted += [_text(f"{name}(:x)", value) if ordered else exp.null() for name in ("min", "max")]
        if kind == "number":
            wanted.append(sql.template("CAST(avg(:x) AS DOUBLE)", x=value))
            wanted.append(sql.template("quantile_cont(CAST(:x AS DOUBLE), [0.25, 0.5, 0.75])", x=value))
        else:
            wanted += [exp.null(), exp.null()]
        for _, pattern in VALUES:
            test = sql.template("count_if(regexp_matches(:x, :pattern))", x=value, pattern=pattern)
            wanted.append(test if kind == "text" else sql.value(0))
    named = [exp.alias_(one, f"f{place}") for place, one in enumerate(wanted)]
    found = ask(exp.select(*named).from_(source.copy()))[0]
    width = len(wanted) // len(columns)
    return [found[start : start + width] for start in range(0, len(found), width)]


def _text(template: str, value: exp.Expression) -> exp.Expression:
    return sql.cast(sql.template(template, x=value), "VARCHAR")


def _frequent(
    ask: Ask, texts: Sequence[exp.Expression], source: exp.Expression, form: str | None
) -> dict[int, tuple[Share, ...]]:
    """Of each column the most frequent values, or forms of values; ties in the order of the texts."""
    value: exp.Expression = sql.column("v")
    shown = value if form is None else sql.template(form, x=value)
    cells = exp.select(
        exp.alias_(exp.Explode(this=sql.value(list(range(len(texts))))), "place"),
        exp.alias_(exp.Explode(this=exp.Array(expressions=[text.copy() for text in texts])), "v"),
    ).from_(source.copy())
    counted = (
        exp.select(sql.column("place"), exp.alias_(shown, "text"), exp.alias_(exp.Count(this=exp.Star()), "m"))
        .from_(cells.subquery("cells"))
        .where(sql.template("trim(v) <> ''"))
        .group_by("1", "2")
    )
    query = sql.template(
        """SELECT place, text, m FROM c
        QUALIFY row_number() OVER (PARTITION BY place ORDER BY m DESC, text) <= :shown ORDER BY place, m DESC, text""",
        shown=SHOWN,
    )
    query.set("from_", exp.From(this=counted.subquery("c")))
    found: dict[int, list[Share]] = {}
    for place, text, rows in ask(cast("exp.Query", query)):
        found.setdefault(sql.whole(place), []).append(Share(str(text), sql.whole(rows)))
    return {place: tuple(shares) for place, shares in found.items()}


def _column(
    table: str, column: Column, looked: int, figures: Sequence[object], top: tuple[Share, ...], forms: tuple[Share, ...]
) -> ColumnProfile:
    filled, distinct, least, greatest, mean, quartiles, *kinds = figures
    number = sql.whole(filled)
    by_name: str = kind_of_name(table, column) or ""
    by_values = next(
        (
            kind
            for (kind, _), count in zip(VALUES, kinds, strict=True)
            if number and sql.whole(count) >= PERSONAL_SHARE * number
        ),
        "",
    )
    parts = [float(str(one)) for one in quartiles] if isinstance(quartiles, list | tuple) else []
    return ColumnProfile(
        name=column.name,
        type=column.type,
        looked=looked,
        filled=number,
        distinct=sql.whole(distinct),
        least=str(least or ""),
        greatest=str(greatest or ""),
        mean=float(str(mean)) if mean is not None else None,
        quartiles=(parts[0], parts[1], parts[2]) if parts else None,
        top=top,
        forms=forms,
        personal=by_name or by_values,
    )


_KEY_WORDS: Final = ("id", "key", "code", "number", "no", "nr", "sku", "uuid", "index")


def _keys(ask: Ask, table: Table, columns: Sequence[ColumnProfile], rows: int) -> tuple[tuple[str, ...], ...]:
    """The declared key, single columns that identify a row, else pairs; each proven on all rows."""
    if not rows:
        return ()
    found: list[tuple[str, ...]] = [table.primary_key] if table.primary_key else []
    singles = sorted((one for one in columns if one.is_unique), key=lambda one: _likelihood(one, columns))
    found += [(one.name,) for one in singles if (one.name,) not in found and _proven(ask, table, (one.name,), rows)]
    if found:
        return tuple(found)
    usable = [one for one in columns if one.filled == one.looked and one.distinct > 1]
    usable = [one for one in usable if family(one.type) != "number" or not one.type.startswith(("DOUBLE", "DECIMAL"))]
    pairs = [pair for pair in combinations(usable, 2) if pair[0].distinct * pair[1].distinct >= max(pair[0].looked, 1)]
    pairs.sort(key=lambda pair: (sum(_likelihood(one, columns)[0] for one in pair), [one.name for one in pair]))
    for pair in pairs[:MOST_PAIRS]:
        names = tuple(one.name for one in pair)
        if _proven(ask, table, names, rows):
            return (names,)
    return ()


def _likelihood(one: ColumnProfile, columns: Sequence[ColumnProfile]) -> tuple[int, int]:
    """Smaller is likelier: named like a key, no number with decimals or free text, further left."""
    words = one.name.casefold().replace("-", "_").split("_")
    named = words[-1] in _KEY_WORDS or one.name.endswith(("Id", "ID"))
    odd = one.type.startswith(("DOUBLE", "DECIMAL", "TIMESTAMP", "DATE"))
    place = [column.name for column in columns].index(one.name)
    return (0 if named else 3 if odd else 1 if place == 0 else 2), place


def _proven(ask: Ask, table: Table, names: Sequence[str], rows: int) -> bool:
    named = exp.Table(this=sql.identifier(table.name))
    value = sql.column(names[0]) if len(names) == 1 else exp.Tuple(expressions=[sql.column(name) for name in names])
    test = exp.and_(*(exp.Not(this=exp.Is(this=sql.column(name), expression=exp.Null())) for name in names))
    counted = ask(exp.select(_distinct(value)).from_(named).where(test))[0][0]
    return sql.whole(counted) == rows
