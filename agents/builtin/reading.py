"""The reading: one plain sentence that says what was computed."""

from __future__ import annotations

from agents.builtin.meaning import Compare, Condition, During, Either, Meaning, Nested, Out

_FUNCS = {"sum": "Sum", "avg": "Average", "max": "Highest", "min": "Lowest", "median": "Median"}
_OPS = {
    "=": "is",
    "!=": "is not",
    ">": "over",
    ">=": "at least",
    "<": "under",
    "<=": "at most",
    "start": "starts with",
    "end": "ends with",
    "in": "contains",
}


def reading_of(meaning: Meaning) -> str:
    """A sentence such as "Sum of orders.total, status is paid, by region."."""
    parts = [", ".join(_out(out) for out in meaning.outs if out.is_measure or not meaning.groups) or "Rows"]
    parts += [_condition(condition) for condition in meaning.scope.conditions]
    groups = [_out(out) for out in meaning.groups]
    if groups:
        parts.append("by " + " and ".join(groups))
    for out, op, number in meaning.having:
        parts.append(f"{_out(out)} {_OPS[op]} {number:g}")
    if meaning.order:
        out, descending = meaning.order[0]
        parts.append(f"{'highest' if descending else 'lowest'} {_out(out)} first")
    if meaning.limit:
        parts.append("the first with ties" if meaning.ties else f"the first {meaning.limit}")
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + "."


def _out(out: Out) -> str:
    if out.kind == "count":
        counted = f"{out.column[1]} of {out.column[0]}" if out.column else out.table
        return f"number of {'different ' if out.distinct else ''}{counted}"
    if out.kind == "agg" and out.column:
        return f"{_FUNCS.get(out.func, out.func)} of {out.column[0]}.{out.column[1]}"
    if out.kind == "column" and out.column:
        return f"{out.column[0]}.{out.column[1]}"
    if out.kind == "grain":
        return out.grain
    if out.parts:
        return f"{out.kind} of " + " and ".join(_out(part) for part in out.parts)
    return out.table or out.kind


def _condition(condition: Condition) -> str:
    if isinstance(condition, Compare):
        values = " or ".join(str(value) for value in condition.values)
        words = {"null": "is empty", "notnull": "is filled", "day": f"is on weekday {values}"}.get(
            condition.op
        ) or f"{_OPS.get(condition.op, condition.op)} {values}"
        return f"{'not: ' if condition.negated else ''}{condition.column[1]} {words}"
    if isinstance(condition, During):
        period = condition.period
        start = f"from {period.start:%-d %b %Y}" if period.start else ""
        end = f"before {period.end:%-d %b %Y}" if period.end else ""
        return f"{condition.column[1]} {start} {end}".replace("  ", " ").strip()
    if isinstance(condition, Either):
        return " or ".join(_condition(option) for option in condition.options)
    if isinstance(condition, Nested):
        inner = "; ".join(_condition(one) for one in condition.scope.conditions)
        words = {"exists": "with", "none": "without", "in": "in the", "measure": "whose"}[condition.kind]
        extra = f" {_out(condition.out)} {_OPS[condition.op]} {condition.value:g}" if condition.out else ""
        return f"{words} {condition.scope.table}{extra}" + (f" ({inner})" if inner else "")
    return f"{condition.column[1]} {_OPS[condition.op]} {_out(condition.out)}"
