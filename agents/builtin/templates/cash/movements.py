"""Each movement once: as often as the export says that has it most often, however many exports overlap."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, among, name, text
from agents.builtin.templates.cash.plan import Plan
from agents.builtin.templates.cash.reading import account_of, amount_of, left_out_of, text_of
from agents.builtin.templates.cash.roles import Statement
from spec.base import JsonValue

MOVEMENT = ("account", "day", "amount", "text", "place")
"""What tells movements apart; ``place`` counts those that are equal in all else."""
# Constant queries: nothing of the data's names or values is in them.
_EXPANDED = """
SELECT r.account, r.file, r.day, r.amount, r.text, u.place AS place
FROM once r, UNNEST(range(1, r.counted + 1)) AS u(place)
"""
_COPIES = """
SELECT r.account, r.file, r.day, r.amount, r.text, 'in another export, too' AS left_out, u.place AS place
FROM "once.duplicates" r, UNNEST(range(1, r.counted + 1)) AS u(place)
"""
_REPEATED = """
SELECT r.account, r.file, r.day, r.amount, r.text, 'the same again in one export' AS left_out, u.place AS place
FROM in_file r, UNNEST(range(1, r.copies - r.counted + 1)) AS u(place)
"""
_UNCOUNTED = """
SELECT account, file, day, amount, text, left_out, count(*) AS place
FROM "counted.rest" GROUP BY account, file, day, amount, text, left_out
"""


def write_movements(draft: Draftsman, plan: Plan) -> None:
    """``movements``, one row each, and ``left_out``: what stands in the files and is none, or stands there again."""
    several = len(plan.statements) > 1
    read = [
        _read(draft, plan, f"read_{place}" if several else "entries", one)
        for place, one in enumerate(plan.statements, 1)
    ]
    if several:
        draft.step("entries", "union", *read)
    draft.step("counted", "filter", "entries", where=[name("left_out").is_(exp.null())])
    draft.step(
        "copies",
        "aggregate",
        "counted",
        group_by=["account", "file", "day", "amount", "text"],
        measures={"copies": "count(*)"},
    )
    one: exp.Expr = name("copies")
    if plan.once:
        is_once = among(name("account"), sorted(plan.once))
        one = exp.Case(ifs=[exp.If(this=is_once, true=exp.cast(exp.Literal.number(1), "BIGINT"))], default=one)
    draft.step("in_file", "derive", "copies", columns={"counted": text(one)})
    draft.step(
        "once",
        "dedupe",
        "in_file",
        by=["account", "day", "amount", "text"],
        keep=["counted desc", "file"],
        note="Equal movements of one export are as many payments; those of two exports are the same ones again.",
    )
    draft.step("movements", "sql", "once", query=_EXPANDED.strip())
    draft.step("copies_left", "sql", "once.duplicates", query=_COPIES.strip())
    draft.step("repeated_left", "sql", "in_file", query=_REPEATED.strip())
    draft.step("uncounted", "sql", "counted.rest", query=_UNCOUNTED.strip())
    draft.step("left_out", "union", "copies_left", "repeated_left", "uncounted")
    draft.check(
        "conserve",
        "movements",
        params={"measure": "count(*)", "from": "counted", "plus": ["copies_left", "repeated_left"]},
        note="Each row of the exports is a movement, or stands among those left out as it is there already.",
    )
    draft.check(
        "conserve",
        "movements",
        params={"measure": "sum(amount)", "from": "counted", "plus": ["copies_left", "repeated_left"]},
        note="So is its money.",
    )


def _read(draft: Draftsman, plan: Plan, id_: str, one: Statement) -> str:
    label = "" if one.account else plan.label(one)
    left_out = left_out_of(one, plan.currency)
    if one.account and plan.not_own:
        theirs = among(account_of(one, ""), sorted(plan.not_own))
        told = exp.Case(ifs=[exp.If(this=theirs, true=exp.Literal.string("not an account of the business"))])
        left_out = exp.Coalesce(this=told, expressions=[left_out])
    columns: dict[str, JsonValue] = {
        "account": text(account_of(one, label)),
        "file": text(exp.Literal.string(plan.origins[one.table])),
        "day": text(exp.cast(name(one.day), "DATE")),
        "amount": text(amount_of(one)),
        "balance": text(exp.cast(name(one.balance) if one.balance else exp.null(), "DECIMAL(18,2)")),
        "text": text(text_of(plan.texts.get(one.table, one.texts))),
        "left_out": text(left_out),
    }
    # What one export of a bank has, another may have tomorrow.
    alike = [other for other in plan.statements if other.shape == one.shape]
    states = {value for other in alike for value in other.states}
    for column, values in ((one.state, states), (one.direction, set(one.directions))):
        if column:
            known: list[JsonValue] = [*sorted(values)]
            draft.check(
                "accepted_values",
                one.table,
                params={"column": column, "values": known},
                note=f"No {column} is new: whether it counts would have to be decided first.",
            )
    if one.account:
        accounts: list[JsonValue] = [*sorted({value for other in alike for value in other.accounts})]
        draft.check(
            "accepted_values",
            one.table,
            params={"column": one.account, "values": accounts},
            note="No account is new: whether it is yours would have to be said first.",
        )
    return draft.step(id_, "select", one.table, columns=columns)
