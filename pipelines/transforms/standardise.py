"""Bring the spellings of a column together: London, LONDON, Lodnon and london. become London.

Spellings are compared without regard to case, accents, punctuation and spaces; two whose numbers differ (Store 1 and
Store 2) are never the same. Without ``known`` the most frequent spelling gathers those that are at least ``at_least``
like it. With ``known``, a list of the right ones or a column of the second input that holds them, each spelling becomes
the known one that it is most like; what is like none stays as it is, and is counted. ``same`` says by hand what a
spelling becomes, ``keep`` which ones are right as they are. To look something up by names that are nearly the same,
name the table as the second input here, and join with it afterwards.

``<step>.mapping`` shows every spelling that was changed, what it became, and in how many rows. A 'map' step holds such
a list in the plan, when it has been looked through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import patterns, proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.spellings import grouped
from pipelines.sqltree import as_type, call, is_there, number, or_else, text
from spec.base import Document, JsonValue
from spec.errors import LimitError
from spec.pipeline import Strings
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

MAX_SPELLINGS = 5_000


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class Params(Document):
    """Which column, how alike spellings have to be, and what is known of them."""

    column: str = Field(description="Column of text.")
    at_least: Annotated[str, BeforeValidator(_as_text)] = Field(
        default="0.9", pattern=r"^(0(\.\d+)?|1(\.0+)?)$", description="Least Jaro-Winkler similarity, from 0 to 1."
    )
    known: Strings = Field(
        default=(),
        description="The right spellings, where they are known; with a second input, its column that holds them.",
    )
    same: dict[str, str] = Field(default={}, description="Spelling to what it becomes, said by hand.")
    keep: Strings = Field(default=(), description="Spellings that stay as they are and gather nothing.")
    name: str | None = Field(default=None, description="New column for the result; the column itself by default.")


arity: Final = (1, 2)
outputs: Final[Mapping[str, str]] = {
    "mapping": "Each spelling that was changed: what it became, how alike the two are, and in how many rows it stands."
}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "city": "VARCHAR"}, "primary_key": ["id"],
                          "rows": [[1, "London"], [2, "London"], [3, "Lodnon"], [4, "LONDON."], [5, "Leeds"]]}},
    "step": {"use": "standardise", "from": "orders", "column": "city"},
    "rows": {"": [[1, "London"], [2, "London"], [3, "London"], [4, "London"], [5, "Leeds"]],
             "mapping": [["LONDON.", "London", "1.000", 1], ["Lodnon", "London", "0.956", 1]]},
}  # fmt: skip
keywords: Final = (
    "fuzzy, typos, misspelled, misspellings, spelled differently, group similar names, cluster, clean up categories, "
    "same city written in different ways, variants, standardize, normalise names, near duplicates of a value, correct "
    "country names, spelling mistakes, one and the same, written in different ways, umlauts, same supplier under "
    "several names, unify spellings, inconsistent labels, harmonise categories, company names with and without Ltd, "
    "duplicates in a list of names"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The distinct spellings and those that are alike in SQL; who becomes whom in ``apply``."""
    relation, *right = inputs
    item = scope.field(params.column, relation, "column")
    _check_text(item, "column", scope)
    known = _known_column(params, right[0], scope) if right else None
    new = params.name or item.name
    if params.name is not None:
        scope.distinct([*relation.names, params.name], "name")
    spellings, mapped = f"{scope.name}._spellings", f"{scope.name}._mapped"
    listed = () if right else tuple(params.known)
    apply = _Grouping(scope.name, listed, dict(params.same), tuple(params.keep))
    joined = exp.Select(
        expressions=[
            aliased(or_else(column("becomes", "m"), column(name, "r")) if name == new else column(name, "r"), name)
            for name in (*relation.names, *([params.name] if params.name is not None else []))
        ],
        from_=exp.From(this=table_of(relation.name, "r")),
        joins=[
            exp.Join(
                this=table_of(mapped, "m"),
                side="LEFT",
                on=proofs.equals(column(item.name, "r"), column("spelling", "m")),
            )
        ],
    )
    if params.name is not None:
        joined.expressions[-1].set("this", or_else(column("becomes", "m"), column(item.name, "r")))
    found: dict[str, exp.Query] = {
        "_spellings": _spellings(params, item, relation, known),
        "_alike": _alike(params, spellings),
        MAIN: joined,
    }
    if scope.wants("mapping"):
        shown = select_from(mapped, [column("spelling"), column("becomes"), column("alike"), column("rows")])
        differs = exp.NEQ(this=column("spelling"), expression=column("becomes"))
        shown.set("where", exp.Where(this=exp.and_(differs, exp.GT(this=column("rows"), expression=number(0)))))
        found["mapping"] = shown
    fields = (
        Column("spelling", "VARCHAR", origins=item.origins),
        Column("becomes", "VARCHAR", origins=item.origins),
        Column("alike", "DECIMAL(4,3)"),
        Column("rows", "BIGINT"),
        Column("known", "BOOLEAN"),
    )
    return Built(
        found,
        keys={MAIN: relation.keys, "_mapped": frozenset({frozenset({"spelling"})})},
        order={MAIN: relation.order if new != item.name else ()},
        checks=(_unknown(mapped, scope),) if params.known else (_changed(mapped, scope),),
        apply=apply,
        fields={"_mapped": fields},
        feeds=("_spellings", "_alike"),
    )


def _check_text(item: Column, field: str, scope: StepScope) -> None:
    if family(item.type) != "text":
        raise scope.fail(f"{item.name!r} is {item.type}, not text.", field=field, hint="Name a column of text.")


def _known_column(params: Params, table: Relation, scope: StepScope) -> exp.Select:
    """The right spellings that stand in the second input."""
    if len(params.known) != 1:
        raise scope.fail(
            f"'known' names the one column of {table.name!r} that holds the right spellings.",
            field="known",
            hint=f"It has: {', '.join(table.names)}. A list of spellings is for a step without a second input.",
        )
    item = scope.field(params.known[0], table, "known")
    _check_text(item, "known", scope)
    query = select_from(table.name, [aliased(column(item.name), "spelling")])
    query.set("where", exp.Where(this=is_there(column(item.name))))
    return query


def _folded(value: exp.Expr) -> exp.Expr:
    """Letters and digits alone, small, without accents."""
    return patterns.replaced(call("strip_accents", exp.Lower(this=value)), r"[^\p{L}\p{N}]+", "")


def _spellings(params: Params, item: Column, relation: Relation, known: exp.Select | None) -> exp.Select:
    """Each spelling with how often it stands; known ones too, which may stand nowhere."""
    counted = select_from(
        relation.name,
        [aliased(column(item.name), "spelling"), aliased(proofs.count_all(), "rows"), aliased(exp.false(), "known")],
    )
    counted.set("where", exp.Where(this=is_there(column(item.name))))
    counted.set("group", exp.Group(expressions=[column(item.name)]))
    every: exp.Query = counted
    if known is not None:
        none = known.copy()
        none.select(aliased(number(0), "rows"), aliased(exp.true(), "known"), copy=False)
        every = exp.Union(this=every, expression=none, distinct=False)
    listed = () if known is not None else params.known
    for word in dict.fromkeys([*listed, *params.same.values()]):
        values = {"spelling": as_type(text(word), "VARCHAR"), "rows": number(0), "known": exp.convert(word in listed)}
        none = exp.Select(expressions=[aliased(value, name) for name, value in values.items()])
        every = exp.Union(this=every, expression=none, distinct=False)
    total = exp.Select(
        expressions=[
            column("spelling"),
            aliased(as_type(exp.Sum(this=column("rows")), "BIGINT"), "rows"),
            aliased(_folded(column("spelling")), "folded"),
            aliased(patterns.replaced(column("spelling"), r"[^\p{Nd}]+", " "), "digits"),
            aliased(exp.LogicalOr(this=column("known")), "known"),
        ],
        from_=exp.From(this=proofs.subquery(every, "every")),
    )
    total.set("group", exp.Group(expressions=[column("spelling")]))
    return total


def _alike(params: Params, spellings: str) -> exp.Select:
    likeness = call("jaro_winkler_similarity", column("folded", "a"), column("folded", "b"))
    rounded = as_type(likeness, "DECIMAL(4,3)")
    small = exp.Select(
        expressions=[exp.LTE(this=proofs.count_all(), expression=number(MAX_SPELLINGS))],
        from_=exp.From(this=table_of(spellings)),
    )
    digits = [exp.Trim(this=column("digits", side)) for side in ("a", "b")]
    tests = [
        exp.LT(this=column("spelling", "a"), expression=column("spelling", "b")),
        proofs.equals(*digits),
        *([exp.NEQ(this=column("known", "a"), expression=column("known", "b"))] if params.known else []),
        exp.NEQ(this=column("folded", "a"), expression=text("")),
        exp.GTE(this=rounded.copy(), expression=exp.Literal.number(params.at_least)),
        # Of too many spellings no pair is looked at: the run stops and says so.
        exp.Subquery(this=small),
    ]
    return exp.Select(
        expressions=[
            aliased(column("spelling", "a"), "one"),
            aliased(column("spelling", "b"), "other"),
            aliased(rounded, "alike"),
        ],
        from_=exp.From(this=table_of(spellings, "a")),
        joins=[exp.Join(this=table_of(spellings, "b"), kind="INNER", on=exp.and_(*tests, copy=False))],
    )


@record(frozen=True)
class _Grouping:
    """Says what each spelling becomes. Inputs: the spellings, and the pairs that are alike."""

    step: str
    known: tuple[str, ...]
    same: Mapping[str, str]
    keep: tuple[str, ...]

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """Each spelling, what it becomes, how alike both are, its rows; ``seed`` is not used: nothing is drawn."""
        import pyarrow as pa

        del seed
        table = inputs[0].read_all()
        counts = dict(zip(table.column("spelling").to_pylist(), table.column("rows").to_pylist(), strict=True))
        if len(counts) > MAX_SPELLINGS:
            raise LimitError(
                f"The column has {len(counts):,} spellings; {MAX_SPELLINGS:,} can be compared.",
                hint="It is a name of its own in each row rather than a category: use a 'text' step to clean it.",
                where={"step": self.step},
                data={"step": self.step, "limit": MAX_SPELLINGS},
            )
        alike = inputs[1].read_all()
        pairs = zip(*(alike.column(name).to_pylist() for name in ("one", "other", "alike")), strict=True)
        held = zip(table.column("spelling").to_pylist(), table.column("known").to_pylist(), strict=True)
        right = self.known or tuple(sorted(spelling for spelling, is_known in held if is_known))
        fixed = {*self.same, *self.keep}
        free = {spelling: rows for spelling, rows in counts.items() if spelling not in fixed}
        made = {
            one.spelling: (one.becomes, one.alike)
            for one in grouped(free, ((a, b, float(c)) for a, b, c in pairs if not {a, b} & fixed), right)
        }
        made |= {spelling: (spelling, 1.0) for spelling in self.keep if spelling in counts}
        made |= {spelling: (becomes, 1.0) for spelling, becomes in self.same.items() if spelling in counts}
        names = sorted(made)
        known = {*right, *self.same.values(), *self.keep}
        likeness = [round(made[name][1] * 1000) for name in names]
        return {
            "_mapped": pa.table(
                {
                    "spelling": pa.array(names, pa.string()),
                    "becomes": pa.array([made[name][0] for name in names], pa.string()),
                    "alike": pa.array([f"{one // 1000}.{one % 1000:03d}" for one in likeness], pa.string()),
                    "rows": pa.array([counts[name] for name in names], pa.int64()),
                    "known": pa.array([made[name][0] in known for name in names], pa.bool_()),
                }
            )
        }


def _changed(mapped: str, scope: StepScope) -> ImpliedCheck:
    bad = select_from(mapped, [column("spelling"), column("becomes"), column("rows")])
    bad.set("where", exp.Where(this=exp.NEQ(this=column("spelling"), expression=column("becomes"))))
    query = proofs.no_rows(
        bad.copy(),
        "spellings stand as they are written",
        f" spellings were changed; {scope.name}.mapping shows them",
        f" spelling was changed; {scope.name}.mapping shows it",
    )
    return ImpliedCheck("standardise_changes", scope.name, "warn", query, (mapped,), evidence=bad)


def _unknown(mapped: str, scope: StepScope) -> ImpliedCheck:
    bad = select_from(mapped, [column("spelling"), column("rows")])
    bad.set("where", exp.Where(this=exp.Not(this=column("known"))))
    query = proofs.no_rows(
        bad.copy(),
        "each spelling is like a known one",
        " spellings are like none and stay as they are",
        " spelling is like none and stays as it is",
    )
    return ImpliedCheck("standardise_unknown", scope.name, "warn", query, (mapped,), evidence=bad)
