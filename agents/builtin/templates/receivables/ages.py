"""What is open of each document by its age, summed up for each customer and currency, and held against the books."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name, sum_where, text
from agents.builtin.pipelines.reconcile.evidence import count_if
from agents.builtin.templates.receivables.plan import (
    AMOUNT,
    BUCKETS,
    Plan,
    ages_of,
    books_of,
    customers_of,
    invoices_of,
    labels,
    literal,
    null,
    number,
)
from agents.builtin.templates.receivables.roles import Control
from spec.base import JsonValue


def write_ages(draft: Draftsman, plan: Plan, items: str) -> None:
    """``open_items``: what is open, with its customer and its age on the day of the run."""
    first, second = ("due", "issued") if plan.choices.age_from == "due" else ("issued", "due")
    draft.step(
        "items_dated",
        "derive",
        items,
        columns={"aged_from": text(exp.Coalesce(this=name(first), expressions=[name(second)]))},
    )
    late = exp.Sub(this=exp.Placeholder(this="today"), expression=name("aged_from"))
    draft.step("items_aged", "derive", "items_dated", columns={"days_late": text(exp.cast(late, "BIGINT"))})
    draft.step("items_named", "join", "items_aged", "customers_named", how="left", on="name_key")
    columns: dict[str, JsonValue] = {
        "currency": "currency",
        "customer": text(exp.Coalesce(this=name("customer"), expressions=[literal("(no customer)")])),
        "source": "source",
        "number": "number",
        "kind": "kind",
        "issued": "issued",
        "due": "due",
        "days_late": text(exp.Case(ifs=[exp.If(this=_is_invoice(), true=name("days_late"))], default=null("BIGINT"))),
        "age": text(_bucket()),
        "amount": "amount",
        "note": text(_note(plan)),
    }
    draft.step(
        "open_items",
        "select",
        "items_named",
        columns=columns,
        where=[exp.NEQ(this=name("amount"), expression=number(0))],
    )
    draft.check(
        "conserve",
        "open_items",
        params={"measure": "sum(amount)", "from": "counted"},
        note="All that is open of the documents that count is in the list, and nothing else.",
    )
    ages: list[JsonValue] = [*plan.buckets, "on_account"]
    draft.check(
        "accepted_values", "open_items", params={"column": "age", "values": ages}, note="Every amount has an age."
    )


def _is_invoice() -> exp.Expr:
    return exp.EQ(this=name("kind"), expression=literal("invoice"))


def _bucket() -> exp.Expr:
    days = name("days_late")
    told = exp.Case().when(exp.not_(_is_invoice()), literal("on_account"))
    told = told.when(name("aged_from").is_(exp.null()), literal("undated"))
    told = told.when(exp.LTE(this=days, expression=number(0)), literal("not_late"))
    for column, _, last in BUCKETS:
        if last is not None:
            told = told.when(exp.LTE(this=days.copy(), expression=number(last)), literal(column))
    return told.else_(literal(BUCKETS[-1][0]))


def _note(plan: Plan) -> exp.Expr:
    first, other = ("due", "invoice date") if plan.choices.age_from == "due" else ("issued", "due date")
    lacking = exp.and_(_is_invoice(), name(first).is_(exp.null()), exp.not_(name("aged_from").is_(exp.null())))
    wanted = "due date" if first == "due" else "invoice date"
    told = exp.Case().when(lacking, literal(f"no {wanted}: aged from its {other}"))
    told = told.when(exp.and_(_is_invoice(), name("aged_from").is_(exp.null())), literal("no date at all"))
    return told.else_(literal(""))


def write_sums(draft: Draftsman, plan: Plan) -> None:
    """``per_customer``: the sums by age, with the proofs that they are those of the documents and of the books."""
    amount = name("amount")

    def of(age: str) -> exp.Expr:
        return exp.EQ(this=name("age"), expression=literal(age))

    measures: dict[str, JsonValue] = {
        column: text(exp.cast(sum_where(amount.copy(), of(column)), AMOUNT)) for column in [*plan.buckets, "on_account"]
    }
    measures |= {
        "owed": text(exp.cast(exp.Sum(this=amount), AMOUNT)),
        "invoices": text(count_if(_is_invoice())),
        "longest": "max(days_late)",
    }
    draft.step("customer_totals", "aggregate", "open_items", group_by=["currency", "customer"], measures=measures)
    parts: exp.Expr = name("on_account")
    for column in plan.buckets:
        parts = exp.Add(this=parts, expression=name(column))
    # From the day it was written an invoice of a few days is not late; after a month it is old.
    old = [column for column, first, _ in BUCKETS if plan.choices.age_from == "due" or first > 30]
    late: exp.Expr = name(old[0])
    for column in old[1:]:
        late = exp.Add(this=late, expression=name(column))
    shown: dict[str, JsonValue] = {
        "late": text(late),
        "as_of": text(exp.Placeholder(this="today")),
        "difference": text(exp.Sub(this=name("owed"), expression=exp.Paren(this=parts))),
    }
    draft.step("per_customer", "derive", "customer_totals", columns=shown)
    draft.check(
        "range",
        "per_customer",
        params={"column": "difference", "min": 0, "max": 0},
        note="The ages of each customer add up to what the customer owes.",
    )
    for code in plan.currencies:
        where = text(exp.EQ(this=name("currency"), expression=literal(code)))
        params: dict[str, JsonValue] = {
            "value": "sum(owed)", "where": where, "to": "open_items", "to_value": "sum(amount)", "to_where": where
        }  # fmt: skip
        draft.check(
            "reconcile",
            "per_customer",
            params=params,
            note=f"The customers' sums in {code or 'the one currency'} are the open invoices' sum, less credits.",
        )
    codes: list[JsonValue] = list(plan.currencies)
    draft.check(
        "accepted_values",
        "open_items",
        params={"column": "currency", "values": codes},
        note="A currency that is new is never added to another one.",
    )
    for control in plan.controls:
        own = exp.EQ(this=name("currency"), expression=literal(control.currency))
        account = exp.EQ(this=name(control.account), expression=literal(control.name))
        draft.check(
                "reconcile",
                "per_customer",
                severity="warn",
                params={
                    "value": "sum(owed)", "where": text(own), "to": control.table, "to_value": control.value,
                    "to_where": text(account),
                },
                note=f"The books' account {control.name} says the same.",
            )  # fmt: skip


def write_totals(draft: Draftsman, plan: Plan) -> None:
    """The ages of each currency as rows, for the charts."""
    columns = [*plan.buckets, "on_account"]
    draft.step(
        "totals",
        "aggregate",
        "per_customer",
        group_by=["currency"],
        measures={column: f"sum({column})" for column in columns},
    )
    rows: list[JsonValue] = list(columns)
    draft.step("totals_rows", "unpivot", "totals", columns=rows, name="age", value="amount")
    label, place = exp.Case(), exp.Case()
    for at, (column, words) in enumerate(labels(plan).items()):
        this = exp.EQ(this=name("age"), expression=literal(column))
        label, place = label.when(this, literal(words)), place.when(this.copy(), number(at))
    draft.step(
        "ages",
        "select",
        "totals_rows",
        columns={"currency": "currency", "place": text(place), "label": text(label), "amount": "amount"},
    )
    for code in plan.currencies:
        draft.step(
            ages_of(code),
            "filter",
            "ages",
            where=[exp.EQ(this=name("currency"), expression=literal(code))],
        )
        draft.step(
            customers_of(code),
            "filter",
            "per_customer",
            where=[exp.EQ(this=name("currency"), expression=literal(code))],
        )
        draft.step(
            invoices_of(code),
            "filter",
            "open_items",
            where=[exp.EQ(this=name("currency"), expression=literal(code))],
        )
    for control in plan.controls:
        _books(draft, control)


def _books(draft: Draftsman, control: Control) -> None:
    """The books' total beside that of the customers, in one row."""

    def total(value: str) -> exp.Expr:
        return exp.Coalesce(this=exp.maybe_parse(value, dialect="duckdb"), expressions=[number(0)])

    own = exp.select(total("sum(owed)").as_("owed")).from_(customers_of(control.currency))
    account = exp.EQ(this=name(control.account), expression=literal(control.name))
    theirs = exp.select(total(control.value).as_("books")).from_(exp.table_(control.table, quoted=True)).where(account)
    owed, books = exp.column("owed", "o"), exp.column("books", "b")
    query = (
        exp.select(books.as_("books"), exp.Sub(this=owed, expression=books.copy()).as_("apart"))
        .from_(own.subquery("o"))
        .join(theirs.subquery("b"), join_type="cross")
    )
    inputs = (customers_of(control.currency), control.table)
    draft.step(books_of(control.currency), "sql", *inputs, query=query.sql(dialect="duckdb"))
