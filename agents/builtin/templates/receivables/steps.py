"""The steps from lists of documents to what each customer owes, and the checks that nothing is lost on the way."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name, or_zero, text
from agents.builtin.templates.receivables.ages import write_ages, write_sums, write_totals
from agents.builtin.templates.receivables.documents import write_documents
from agents.builtin.templates.receivables.names import write_names, write_review
from agents.builtin.templates.receivables.plan import AMOUNT, COLUMNS, Plan, literal, null
from spec.base import JsonValue


def write_steps(plan: Plan) -> Draftsman:
    """All steps and checks; ``per_customer``, ``open_items``, ``to_review`` and ``left_out`` are their results."""
    draft = Draftsman()
    write_documents(draft, plan)
    write_names(draft)
    items = _applied(draft) if plan.applies else "counted"
    write_ages(draft, plan, items)
    write_sums(draft, plan)
    write_review(draft)
    write_totals(draft, plan)
    return draft


def _applied(draft: Draftsman) -> str:
    """Invoices less the credits and payments that name them; what is over stays on the customer's account."""
    draft.step(
        "invoices_counted", "filter", "counted", where=[exp.EQ(this=name("kind"), expression=literal("invoice"))]
    )
    draft.step("credits_free", "filter", "invoices_counted.rest", where=[name("reference").is_(exp.null())])
    draft.step(
        "credits_named",
        "aggregate",
        "credits_free.rest",
        group_by=["source", "reference", "currency"],
        measures={"credit": "-sum(amount)", "its_key": "min(name_key)", "its_name": "min(customer_as_written)"},
    )
    draft.step(
        "invoices_credited",
        "join",
        "invoices_counted",
        "credits_named",
        how="left",
        on={"source": "source", "number": "reference", "currency": "currency"},
        take=["credit"],
    )
    taken = exp.Least(this=or_zero("credit"), expressions=[name("amount")])
    draft.step(
        "invoices_open",
        "derive",
        "invoices_credited",
        columns={"amount": text(exp.Sub(this=name("amount"), expression=taken))},
    )
    draft.step(
        "credits_beside",
        "join",
        "credits_named",
        "invoices_counted",
        how="left",
        on={"source": "source", "reference": "number", "currency": "currency"},
        take=["amount"],
    )
    over = exp.Sub(this=name("credit"), expression=exp.Least(this=name("credit"), expressions=[or_zero("amount")]))
    columns: dict[str, JsonValue] = {
        "source": "source",
        "number": "reference",
        "customer_as_written": "its_name",
        "name_key": "its_key",
        "issued": text(null("DATE")),
        "due": text(null("DATE")),
        "currency": "currency",
        "kind": text(literal("credit")),
        "face_amount": text(exp.Neg(this=name("credit"))),
        "amount": text(exp.cast(exp.Neg(this=exp.Paren(this=over)), AMOUNT)),
        "reference": "reference",
        "left_out": text(null("VARCHAR")),
    }
    draft.step("credits_over", "select", "credits_beside", columns=columns)
    kept: list[JsonValue] = list(COLUMNS)
    draft.step("invoices_left", "select", "invoices_open", columns=kept)
    draft.step("items", "union", "invoices_left", "credits_free", "credits_over")
    draft.check(
        "conserve",
        "items",
        params={"measure": "sum(amount)", "from": "counted"},
        note="What is owed in all is the same before and after credits and payments are applied.",
    )
    return "items"
