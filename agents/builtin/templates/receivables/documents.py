"""Lists of invoices, credits and payments as documents of one form, each once, and why some do not count."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, among, name, or_zero, text
from agents.builtin.templates.receivables.plan import AMOUNT, COLUMNS, Plan, literal, name_key, null, number
from agents.builtin.templates.receivables.roles import Documents, Payments
from agents.builtin.templates.receivables.words import Kind
from spec.base import JsonValue


def write_documents(draft: Draftsman, plan: Plan) -> None:
    """``counted``: what counts, from all lists; ``left_out``: the rest, each with its reason."""
    listed = []
    for place, one in enumerate(plan.books.documents, 1):
        step = f"listed_{place}"
        _known_values(draft, one)
        shown = _form(plan, one)
        if one.by_line:
            draft.step(f"{step}_lines", "select", one.table, columns=dict(shown))
            draft.step(step, "dedupe", f"{step}_lines", note="Each document stands once, however many lines it has.")
        else:
            draft.step(step, "select", one.table, columns=dict(shown))
        listed.append(step)
    if plan.choices.once:
        listed = _once(draft, plan, listed)
    paid = [_paid(draft, plan, place, paid) for place, paid in enumerate(plan.payments, 1)]
    parts = [*listed, *paid]
    if len(parts) == 1:
        draft.step("documents", "select", parts[0], columns=list(COLUMNS))
    else:
        draft.step("documents", "union", *parts)
    draft.step("counted", "filter", "documents", where=[name("left_out").is_(exp.null())])
    draft.step(
        "left_out",
        "select",
        "counted.rest",
        columns=["source", "number", "customer_as_written", "issued", "currency", "face_amount", "left_out"],
    )
    draft.check(
        "conserve",
        "counted",
        params={"measure": "count(*)", "from": "documents", "plus": "counted.rest"},
        note="Each document either counts or stands among those left out, with the reason.",
    )


def _known_values(draft: Draftsman, one: Documents) -> None:
    """A kind or state that is new is decided about before it counts."""
    for column, values in ((one.kind, one.kinds), (one.state, one.states)):
        if column:
            known: list[JsonValue] = [*sorted(values)]
            draft.check(
                "accepted_values",
                one.table,
                params={"column": column, "values": known},
                note=f"No {column} is new: whether it is owed would have to be decided first.",
            )


def _form(plan: Plan, one: Documents) -> dict[str, str]:
    """A table's documents in the form that all lists share; ``amount`` is what is left, below zero for credits."""
    raw = _remaining(one)
    away = exp.Neg(this=exp.Abs(this=exp.Paren(this=raw.copy())))
    kind, amount = exp.Case(), exp.Case()
    taking: tuple[Kind, ...] = ("credit", "payment")
    for found in taking:
        values = one.kinds_of(found)
        if one.kind and values:
            is_it = among(name(one.kind), values)
            kind, amount = kind.when(is_it, literal(found)), amount.when(is_it.copy(), away.copy())
    negative = exp.LT(this=name(one.total), expression=number(0))
    kind, amount = kind.when(negative, literal("credit")), amount.when(negative.copy(), away)
    return {
        "source": text(literal(plan.spoken(one.table))),
        "number": text(exp.cast(name(one.number), "VARCHAR") if one.number else null("VARCHAR")),
        "customer_as_written": text(exp.Trim(this=name(one.party))),
        "name_key": text(name_key(name(one.party))),
        "issued": text(exp.cast(name(one.issued), "DATE") if one.issued else null("DATE")),
        "due": text(exp.cast(name(one.due), "DATE") if one.due else null("DATE")),
        "currency": text(_currency(plan, one.table, one.currency)),
        "kind": text(kind.else_(literal("invoice"))),
        "face_amount": text(exp.cast(name(one.total), AMOUNT)),
        "amount": text(exp.cast(amount.else_(raw), AMOUNT)),
        "reference": text(
            exp.cast(name(one.reference), "VARCHAR")
            if one.reference and one.table in plan.references
            else null("VARCHAR")
        ),
        "left_out": text(_left_out(plan, one)),
    }


def _currency(plan: Plan, table: str, column: str | None) -> exp.Expr:
    if column:
        return exp.Upper(this=exp.Trim(this=name(column)))
    known = plan.currencies
    return literal(plan.choices.currency_of.get(table, known[0] if len(known) == 1 else ""))


def _remaining(one: Documents) -> exp.Expr:
    """What is left of a document, as the list itself says it."""
    settled = one.states_of("settled")
    is_settled = among(name(one.state), settled) if one.state and settled else None
    if one.open and one.open != one.total:
        return or_zero(one.open)
    if one.open:
        return or_zero(one.total)
    if one.paid:
        return exp.Sub(this=or_zero(one.total), expression=or_zero(one.paid))
    if is_settled is not None:
        return exp.Case(ifs=[exp.If(this=is_settled, true=number(0))], default=or_zero(one.total))
    return or_zero(one.total)


def _left_out(plan: Plan, one: Documents) -> exp.Expr:
    """Why a document does not count; empty for those that do."""
    reasons: list[tuple[exp.Expr, str]] = []
    days = [name(day) for day in (one.issued, one.due) if day]
    if one.number and days:
        blank = exp.and_(*(column.is_(exp.null()) for column in (name(one.number), *days)))
        reasons.append((blank, "neither number nor date: a line of the report, no document"))
    if one.kind:
        reasons.append((among(name(one.kind), one.kinds_of("other")), "no invoice, credit or payment of a customer"))
        unknown = sorted(value for value, kind in one.kinds.items() if kind is None and value in plan.choices.left_out)
        reasons.append((among(name(one.kind), unknown), "left out as you said"))
    if one.state:
        reasons.append((among(name(one.state), one.states_of("void")), "void"))
        reasons.append((among(name(one.state), one.states_of("draft")), "draft, not sent"))
        unknown = sorted(
            value for value, state in one.states.items() if state is None and value in plan.choices.left_out
        )
        reasons.append((among(name(one.state), unknown), "left out as you said"))
    told = exp.Case()
    for condition, reason in reasons:
        if not isinstance(condition, exp.Boolean):
            told = told.when(condition, literal(reason))
    return told.else_(null("VARCHAR")) if told.args.get("ifs") else null("VARCHAR")


def _once(draft: Draftsman, plan: Plan, listed: list[str]) -> list[str]:
    """Lists in which what stands in a newer one, too, is set aside with that reason."""
    tables = [one.table for one in plan.books.documents]
    found = list(listed)
    for place, (newer, older, _) in enumerate(plan.books.twice, 1):
        left, right = found[tables.index(older)], listed[tables.index(newer)]
        keys = ["number", "name_key", "face_amount"]
        draft.step(f"twin_{place}", "aggregate", right, group_by=list(keys), measures={"newer_rows": "count(*)"})
        draft.step(f"{left}_beside_{place}", "join", left, f"twin_{place}", how="left", on=list(keys))
        stands = exp.Case(
            ifs=[
                exp.If(this=name("left_out").is_(exp.null()).not_(), true=name("left_out")),
                exp.If(
                    this=name("newer_rows").is_(exp.null()).not_(),
                    true=literal(f"stands in {plan.spoken(newer)}, too, and counts there"),
                ),
            ]
        )
        columns: dict[str, JsonValue] = {column: text(name(column)) for column in COLUMNS}
        draft.step(f"{left}_once", "select", f"{left}_beside_{place}", columns={**columns, "left_out": text(stands)})
        found[tables.index(older)] = f"{left}_once"
    return found


def _paid(draft: Draftsman, plan: Plan, place: int, paid: Payments) -> str:
    """Payments as documents; who paid and in which currency stands on the invoice that each names."""
    of = [one.table for one in plan.books.documents].index(paid.of) + 1
    draft.step(
        f"numbers_{place}",
        "aggregate",
        f"listed_{of}",
        group_by=["number"],
        where=[exp.not_(name("number").is_(exp.null()))],
        measures={"its_customer": "min(customer_as_written)", "its_currency": "min(currency)"},
    )
    draft.step(
        f"paid_{place}_listed",
        "select",
        paid.table,
        columns={
            "reference": text(exp.cast(name(paid.reference), "VARCHAR")),
            "paid": text(exp.cast(exp.Neg(this=exp.Abs(this=name(paid.amount))), AMOUNT)),
            "payer": text(exp.Trim(this=name(paid.party)) if paid.party else null("VARCHAR")),
            "paid_in": text(exp.Upper(this=exp.Trim(this=name(paid.currency))) if paid.currency else null("VARCHAR")),
        },
    )
    draft.step(
        f"paid_{place}_of",
        "join",
        f"paid_{place}_listed",
        f"numbers_{place}",
        how="left",
        on={"reference": "number"},
    )
    who = exp.Coalesce(this=name("its_customer"), expressions=[name("payer")])
    return draft.step(
        f"paid_{place}",
        "select",
        f"paid_{place}_of",
        columns={
            "source": text(literal(plan.spoken(paid.of))),
            "number": text(null("VARCHAR")),
            "customer_as_written": text(who),
            "name_key": text(name_key(who.copy())),
            "issued": text(null("DATE")),
            "due": text(null("DATE")),
            "currency": text(exp.Coalesce(this=name("paid_in"), expressions=[name("its_currency")])),
            "kind": text(literal("payment")),
            "face_amount": "paid",
            "amount": "paid",
            "reference": "reference",
            "left_out": text(null("VARCHAR")),
        },
    )
