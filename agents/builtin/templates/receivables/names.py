"""One customer a name: spellings brought together, and names that are nearly the same listed and kept apart."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name, text
from agents.builtin.templates.receivables.plan import literal, number, replaced

_LEGAL_FORMS = (
    "ltd limited llc llp inc incorporated corp corporation co company plc gmbh "
    "ag kg ohg ug mbh srl spa sas snc sa sarl eurl sl bv nv ab oy as aps the and und e et y"
).split()


def write_names(draft: Draftsman) -> None:
    """One spelling for each customer, the commonest; names that are nearly the same are listed and kept apart."""
    draft.step(
        "names_as_written",
        "aggregate",
        "counted",
        group_by=["name_key", "customer_as_written"],
        measures={"documents": "count(*)"},
    )
    draft.step(
        "spellings", "dedupe", "names_as_written", by="name_key", keep=["documents desc", "customer_as_written desc"]
    )
    shown = exp.Coalesce(
        this=exp.Nullif(this=name("customer_as_written"), expression=literal("")),
        expressions=[literal("(no customer)")],
    )
    draft.step("customers_named", "select", "spellings", columns={"name_key": "name_key", "customer": text(shown)})
    left, right = (exp.table_("customers_named").as_(alias) for alias in ("a", "b"))
    key_a, key_b = exp.column("name_key", "a"), exp.column("name_key", "b")
    distance = exp.Levenshtein(this=key_a.copy(), expression=key_b.copy())
    shorter = exp.Least(this=exp.Length(this=key_a.copy()), expressions=[exp.Length(this=key_b.copy())])
    one_slip = exp.and_(exp.LTE(this=distance, expression=number(1)), exp.GTE(this=shorter, expression=number(5)))
    two_slips = exp.and_(
        exp.LTE(this=distance.copy(), expression=number(2)), exp.GTE(this=shorter.copy(), expression=number(9))
    )
    same_core = exp.and_(
        exp.EQ(this=_core(key_a.copy()), expression=_core(key_b.copy())),
        exp.NEQ(this=_core(key_a.copy()), expression=literal("")),
    )
    why = exp.Case(
        ifs=[exp.If(this=same_core, true=literal("the same but for the legal form"))],
        default=literal("differ in a letter or two"),
    )
    near = (
        exp.select(
            exp.column("customer", "a").as_("customer"), exp.column("customer", "b").as_("similar_to"), why.as_("why")
        )
        .from_(left)
        .join(right, on=exp.LT(this=key_a.copy(), expression=key_b.copy()))
        .where(exp.or_(same_core.copy(), one_slip, two_slips))
    )
    draft.step("near_names", "sql", "customers_named", query=near.sql(dialect="duckdb"))


def _core(key: exp.Expr) -> exp.Expr:
    """A name without its legal form and without spaces: ``acme ltd`` and ``ac me limited`` are alike."""
    forms = "|".join(_LEGAL_FORMS)
    return replaced(replaced(key, rf"\b(?:{forms})\b", ""), r"\s+", "")


def write_review(draft: Draftsman) -> None:
    """Spellings that were brought together and names that were not, each pair in a row."""
    draft.step(
        "together",
        "join",
        "spellings.duplicates",
        "customers_named",
        how="left",
        on="name_key",
    )
    empty = exp.Nullif(this=name("customer_as_written"), expression=literal(""))
    draft.step(
        "brought_together",
        "select",
        "together",
        columns={
            "what": text(literal("counted as one customer")),
            "customer": "customer",
            "also_written": text(exp.Coalesce(this=empty, expressions=[literal("(no customer)")])),
            "why": text(literal("the same but for capitals, accents, spaces or punctuation")),
        },
    )
    draft.step(
        "kept_apart",
        "select",
        "near_names",
        columns={
            "what": text(literal("kept apart: please look")),
            "customer": "customer",
            "also_written": "similar_to",
            "why": "why",
        },
    )
    draft.step("to_review", "union", "kept_apart", "brought_together")
