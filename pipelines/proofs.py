"""Proofs as queries: each gives one row ``(passed, expected, found, detail)``, all but the first as text."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from pipelines.contract import ImpliedCheck
from pipelines.expressions import aliased, column, quoted, select_from, table_of
from pipelines.job import Relation

TEXT = exp.DataType(this=exp.DType.TEXT)
BIGINT = exp.DataType(this=exp.DType.BIGINT)


def text(value: exp.Expr) -> exp.Expr:
    """A value as it is shown."""
    return exp.Cast(this=value, to=TEXT.copy())


def say(*parts: exp.Expr | str) -> exp.Expr:
    """Constants and values joined into a sentence; a null value shows as nothing."""
    values = [exp.Literal.string(part) if isinstance(part, str) else text(part) for part in parts]
    return exp.Concat(expressions=values, safe=True, coalesce=True) if len(values) > 1 else values[0]


def verdict(passed: exp.Expr, expected: exp.Expr, found: exp.Expr, detail: exp.Expr, source: exp.Expr) -> exp.Select:
    """SELECT passed, expected, found, detail FROM source."""
    return exp.Select(
        expressions=[
            aliased(passed, "passed"),
            aliased(expected, "expected"),
            aliased(found, "found"),
            aliased(detail, "detail"),
        ],
        from_=exp.From(this=source),
    )


def subquery(query: exp.Query, alias: str) -> exp.Subquery:
    """A query to select from."""
    return exp.Subquery(this=query, alias=exp.TableAlias(this=quoted(alias)))


def count_all() -> exp.Expr:
    """count(*)."""
    return exp.Count(this=exp.Star(), big_int=True)


def equals(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Equality of two values."""
    return exp.EQ(this=left, expression=right)


def zero() -> exp.Expr:
    """The number 0."""
    return exp.Literal.number(0)


def number_of(n: exp.Expr, many: str, one: str) -> exp.Expr:
    """``n`` followed by ``many``, or by ``one`` where it is 1."""
    single = exp.If(this=equals(n.copy(), exp.Literal.number(1)), true=exp.Literal.string(f"1{one}"))
    return exp.Case(ifs=[single], default=say(n, many))


def no_rows(rows: exp.Select, expected: str, many: str, one: str) -> exp.Select:
    """Passes when ``rows`` selects none; ``many`` (or ``one``) is said after the number of rows."""
    counted = exp.Select(expressions=[aliased(count_all(), "n")], from_=exp.From(this=subquery(rows, "bad")))
    return none_counted(counted, expected, many, one)


def none_counted(counted: exp.Select, expected: str, many: str, one: str) -> exp.Select:
    """The same for rows that are counted already: ``counted`` gives one row with their number ``n``."""
    n = column("n")
    return verdict(
        equals(n, zero()),
        exp.Literal.string(expected),
        number_of(n.copy(), many, one),
        exp.Literal.string(""),
        subquery(counted, "counted"),
    )


def present(columns: Sequence[str], table: str | None = None) -> exp.Expr:
    """None of the columns is null."""
    tests = [exp.Not(this=exp.Is(this=column(name, table), expression=exp.Null())) for name in columns]
    return exp.and_(*tests, copy=False)


def repeated(relation: str, columns: Sequence[str]) -> exp.Select:
    """Each combination of the columns that stands in more than one row, with its number of rows as ``rows``."""
    keys = [column(name) for name in columns]
    query = select_from(relation, [*keys, aliased(count_all(), "rows")])
    query.set("where", exp.Where(this=present(columns)))
    if columns:
        query.set("group", exp.Group(expressions=[key.copy() for key in keys]))
    query.set("having", exp.Having(this=exp.GT(this=count_all(), expression=exp.Literal.number(1))))
    return query


def fan_out(step: str, many: Relation, columns: Sequence[str], other: Relation) -> ImpliedCheck:
    """No key of ``many`` stands in two rows, so that no row of ``other`` is doubled by joining."""
    rows = repeated(many.name, columns)
    n, most, total = column("n"), column("most"), column("total")
    counted = exp.Select(
        expressions=[
            aliased(count_all(), "n"),
            aliased(exp.Max(this=column("rows")), "most"),
            aliased(exp.Sum(this=column("rows")), "total"),
        ],
        from_=exp.From(this=subquery(rows, "keys")),
    )
    detail = exp.Case(
        ifs=[exp.If(this=equals(n.copy(), zero()), true=exp.Literal.string(""))],
        default=say(total, f" rows of {many.name} share a key, up to ", most, " rows a key"),
    )
    query = verdict(
        equals(n, zero()),
        exp.Literal.string(f"each row of {other.name} meets at most one row of {many.name}"),
        number_of(
            n.copy(),
            f" values of {', '.join(columns)} stand in several rows of {many.name}",
            f" value of {', '.join(columns)} stands in several rows of {many.name}",
        ),
        detail,
        subquery(counted, "counted"),
    )
    return ImpliedCheck("join_fan_out", step, "block", query, (many.name,), evidence=repeated(many.name, columns))


def one_partner(
    step: str, many: Relation, side: str, other: Relation, beside: str, condition: exp.Expr | None
) -> ImpliedCheck:
    """No row of ``other`` meets two rows of ``many`` by a condition that is more than equal keys.

    ``side`` and ``beside`` are the names that the condition has for ``many`` and ``other``.
    """

    def met_twice(projections: list[exp.Expr]) -> exp.Select:
        partners = exp.Select(
            expressions=[count_all()],
            from_=exp.From(this=table_of(many.name, side)),
            where=exp.Where(this=condition.copy()) if condition is not None else None,
        )
        several = exp.GT(this=exp.Subquery(this=partners), expression=exp.Literal.number(1))
        return exp.Select(
            expressions=projections, from_=exp.From(this=table_of(other.name, beside)), where=exp.Where(this=several)
        )

    query = no_rows(
        met_twice([exp.Literal.number(1)]),
        f"each row of {other.name} meets at most one row of {many.name}",
        f" rows of {other.name} meet several rows of {many.name}",
        f" row of {other.name} meets several rows of {many.name}",
    )
    evidence = met_twice([aliased(column(name, beside), name) for name in other.names])
    return ImpliedCheck("join_fan_out", step, "block", query, (many.name, other.name), evidence=evidence)


def lost_rows(step: str, left: Relation, right: Relation, condition: exp.Expr, side: str, beside: str) -> ImpliedCheck:
    """How many rows of ``left`` have no partner in ``right`` and so leave the result; a warning with the number.

    ``side`` and ``beside`` are the names that the condition has for ``left`` and ``right``.
    """

    def without_partner(projections: list[exp.Expr]) -> exp.Select:
        partner = exp.Select(
            expressions=[exp.Literal.number(1)],
            from_=exp.From(this=table_of(right.name, beside)),
            where=exp.Where(this=condition.copy()),
        )
        return exp.Select(
            expressions=projections,
            from_=exp.From(this=table_of(left.name, side)),
            where=exp.Where(this=exp.Not(this=exp.Exists(this=partner))),
        )

    query = no_rows(
        without_partner([exp.Literal.number(1)]),
        f"each row of {left.name} has a partner in {right.name}",
        f" rows of {left.name} have none and are left out",
        f" row of {left.name} has none and is left out",
    )
    evidence = without_partner([aliased(column(name, side), name) for name in left.names])
    return ImpliedCheck("join_lost_rows", step, "warn", query, (left.name, right.name), evidence=evidence)


def no_ties(
    step: str,
    relation: Relation,
    per: Sequence[str],
    order: Sequence[exp.Ordered],
    field: str,
    *,
    first: exp.Expr | None = None,
) -> ImpliedCheck:
    """No two different rows of equal ``per`` are equal in ``order``.

    With ``first`` only rows count of which that leaves open whether they are among the first so many.
    """
    keys = [*(column(name) for name in per), *(item.this.copy() for item in order)]
    rows = select_from(relation.name, [column(name) for name in relation.names])
    # Rows that are alike in all columns are interchangeable.
    rows.set("distinct", exp.Distinct())
    several = first is not None and first != exp.Literal.number(1)
    source = table_of(relation.name) if several else subquery(rows, "rows")
    tied = exp.Window(this=count_all(), partition_by=[key.copy() for key in keys], over="OVER")
    place = exp.Window(
        this=exp.Rank(),
        partition_by=[column(name) for name in per],
        order=exp.Order(expressions=[item.copy() for item in order]),
        over="OVER",
    )
    marked = exp.Select(
        expressions=[
            *(column(name) for name in relation.names),
            aliased(tied, "_tied"),
            *([aliased(place, "_place")] if first is not None else []),
        ],
        from_=exp.From(this=source),
    )
    tests: list[exp.Expr] = [exp.GT(this=column("_tied"), expression=exp.Literal.number(1))]
    if first is not None:
        behind = exp.Add(this=column("_place"), expression=column("_tied"))
        beyond = exp.Add(this=first.copy(), expression=exp.Literal.number(1))
        tests += [
            exp.LTE(this=column("_place"), expression=first.copy()),
            exp.GT(this=behind, expression=exp.Paren(this=beyond)),
        ]
    bad = exp.Select(
        expressions=[column(name) for name in relation.names],
        from_=exp.From(this=subquery(marked, "marked")),
        where=exp.Where(this=exp.and_(*tests, copy=False)),
    )
    named = ", ".join(dict.fromkeys([*per, *(item.this.name or item.this.sql("duckdb") for item in order)]))
    query = no_rows(
        bad.copy(),
        f"no two rows of {relation.name} come at once by {named}",
        f" rows are equal in {named}, so that none of them is first; add to '{field}' what tells them apart",
        f" row is equal to another in {named}; add to '{field}' what tells them apart",
    )
    return ImpliedCheck("order", step, "block", query, (relation.name,), evidence=bad)


def unique_key(on: Relation, columns: Sequence[str]) -> tuple[exp.Select, exp.Select]:
    """Proof that the columns identify a row: none stands twice, none is empty; and a query for those that do."""
    keys = [column(name) for name in columns]

    def bad() -> exp.Select:
        query = select_from(on.name, [*(key.copy() for key in keys), aliased(count_all(), "rows")])
        query.set("group", exp.Group(expressions=[key.copy() for key in keys]))
        several = exp.GT(this=count_all(), expression=exp.Literal.number(1))
        empty = exp.Not(this=exp.Paren(this=present(columns)))
        query.set("having", exp.Having(this=exp.Or(this=several, expression=empty)))
        return query

    named = ", ".join(columns)
    query = no_rows(
        bad(),
        f"{named} identifies a row of {on.name}",
        f" values of {named} stand in several rows or are empty",
        f" value of {named} stands in several rows or is empty",
    )
    return query, bad()
